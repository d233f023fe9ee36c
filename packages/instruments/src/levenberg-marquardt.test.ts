import { expect, test } from 'vitest';
import { type LeastSquaresProblem, levenbergMarquardt } from './levenberg-marquardt.ts';

/** NIST Statistical Reference Datasets, nonlinear regression, Misra1a: y = b1 (1 - exp(-b2 x)). */
const misra1a = {
  x: [77.6, 114.9, 141.1, 190.8, 239.9, 289, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760],
  y: [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47, 81.78],
  certified: [2.3894212918e2, 5.5015643181e-4],
  deviations: [2.7070075241, 7.2668688436e-6],
  sumOfSquares: 1.2455138894e-1,
};

/** The same collection, MGH10 (higher difficulty): y = b1 exp(b2 / (x + b3)). */
const mgh10 = {
  x: Array.from({ length: 16 }, (_, i) => 50 + 5 * i),
  y: [34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872],
  certified: [5.609636471e-3, 6.1813463463e3, 3.4522363462e2],
  deviations: [1.5687892471e-4, 2.3309021107e1, 7.8486103508e-1],
  sumOfSquares: 8.7945855171e1,
};

function misraProblem(start: number[], options: Partial<LeastSquaresProblem> = {}): LeastSquaresProblem {
  return {
    start,
    residualCount: misra1a.x.length,
    residuals(p, out) {
      for (const [i, x] of misra1a.x.entries()) out[i] = p[0]! * (1 - Math.exp(-p[1]! * x)) - misra1a.y[i]!;
    },
    jacobian(p, out) {
      for (const [i, x] of misra1a.x.entries()) {
        const decay = Math.exp(-p[1]! * x);
        out[2 * i] = 1 - decay;
        out[2 * i + 1] = p[0]! * x * decay;
      }
    },
    ...options,
  };
}

function mgh10Problem(start: number[]): LeastSquaresProblem {
  return {
    start,
    residualCount: mgh10.x.length,
    maxIterations: 5000,
    residuals(p, out) {
      for (const [i, x] of mgh10.x.entries()) out[i] = p[0]! * Math.exp(p[1]! / (x + p[2]!)) - mgh10.y[i]!;
    },
    jacobian(p, out) {
      for (const [i, x] of mgh10.x.entries()) {
        const inverse = 1 / (x + p[2]!);
        const growth = Math.exp(p[1]! * inverse);
        out[3 * i] = growth;
        out[3 * i + 1] = p[0]! * growth * inverse;
        out[3 * i + 2] = -p[0]! * growth * p[1]! * inverse * inverse;
      }
    },
  };
}

test.each([
  ['Misra1a, start 1', misraProblem([500, 1e-4]), misra1a],
  ['Misra1a, start 2', misraProblem([250, 5e-4]), misra1a],
  ['MGH10, start 2', mgh10Problem([0.02, 4000, 250]), mgh10],
])('%s reaches the certified values', (_, problem, { certified, deviations, sumOfSquares }) => {
  const fit = levenbergMarquardt(problem);
  const n = certified.length;
  expect(fit.converged).toBe(true);
  expect(Math.abs(fit.sumOfSquares / sumOfSquares - 1)).toBeLessThan(1e-9);
  for (const [i, value] of certified.entries()) {
    expect(Math.abs(fit.parameters[i]! / value - 1)).toBeLessThan(1e-6);
    const deviation = Math.sqrt(fit.covariance![i * n + i]! * fit.reducedChiSquare!);
    expect(Math.abs(deviation / deviations[i]! - 1)).toBeLessThan(2e-6);
  }
});

test('MGH10 from its far start is too hard for a local search, and the fit says that it failed', () => {
  const fit = levenbergMarquardt(mgh10Problem([2, 4e5, 2.5e4]));
  expect(fit.sumOfSquares).toBeGreaterThan(mgh10.sumOfSquares * 10);
  expect(fit.converged).toBe(false);
});

test('bounds that do not bind change nothing', () => {
  const free = levenbergMarquardt(misraProblem([250, 5e-4]));
  const bounded = levenbergMarquardt(
    misraProblem([250, 5e-4], {
      bounds: [
        { lower: 100, upper: 1000 },
        { lower: 0, upper: 1 },
      ],
    }),
  );
  expect(bounded.parameters[0]! / free.parameters[0]!).toBeCloseTo(1, 8);
  expect(bounded.parameters[1]! / free.parameters[1]!).toBeCloseTo(1, 8);
});

test('a parameter that is pressed against a bound is held there and says so', () => {
  const fit = levenbergMarquardt(misraProblem([250, 5e-4], { bounds: [{ lower: 240, upper: 1000 }, {}] }));
  expect(fit.converged).toBe(true);
  expect(fit.parameters[0]).toBeCloseTo(240, 2);
  expect(fit.atBound).toEqual([true, false]);
  expect(fit.covariance![0]).toBe(0);
  expect(fit.covariance![3]).toBeGreaterThan(0);
});

test('bounds on one side bind from that side', () => {
  const below = levenbergMarquardt(misraProblem([250, 5e-4], { bounds: [{ lower: 240 }, {}] }));
  expect(below.parameters[0]).toBeCloseTo(240, 3);
  const above = levenbergMarquardt(misraProblem([200, 5e-4], { bounds: [{ upper: 230 }, {}] }));
  expect(above.parameters[0]).toBeCloseTo(230, 3);
  expect(above.atBound[0]).toBe(true);
});

test('too few iterations are reported', () => {
  const fit = levenbergMarquardt(misraProblem([500, 1e-4], { maxIterations: 2 }));
  expect(fit).toMatchObject({ converged: false, reason: 'max-iterations', iterations: 2 });
});

test('residuals that are not finite are reported', () => {
  const fit = levenbergMarquardt(misraProblem([500, 1e-4], { residuals: (_, out) => out.fill(Number.NaN) }));
  expect(fit).toMatchObject({ converged: false, reason: 'not-finite', covariance: null });
});

test('data that do not determine the parameters give no covariance', () => {
  const fit = levenbergMarquardt({
    start: [1, 1],
    residualCount: 3,
    residuals: (p, out) => out.set([1, 2, 3].map((y) => p[0]! + p[1]! - y)),
    jacobian: (_, out) => out.fill(1),
  });
  expect(fit.parameters[0]! + fit.parameters[1]!).toBeCloseTo(2, 8);
  expect(fit.covariance).toBeNull();
});

test('a linear problem is solved in a few steps, with its textbook covariance', () => {
  const x = [0, 1, 2, 3];
  const fit = levenbergMarquardt({
    start: [0, 0],
    residualCount: 4,
    residuals: (p, out) => out.set(x.map((xi) => p[0]! + p[1]! * xi - [1, 3, 2, 5][xi]!)),
    jacobian: (_, out) => out.set(x.flatMap((xi) => [1, xi])),
  });
  expect(fit.parameters[0]).toBeCloseTo(1.1, 9);
  expect(fit.parameters[1]).toBeCloseTo(1.1, 9);
  expect(Array.from(fit.covariance!, (value) => Number(value.toFixed(9)))).toEqual([0.7, -0.3, -0.3, 0.2]);
});
