import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FittedSpheres, fitSpheres, type SphereFit } from './fit.ts';
import { createSphereModel, gridValues } from './form-factor.ts';
import { createRandom } from './random.ts';
import { expectedCounts, forwardCounts, INSTRUMENT_GRID, measureScattering } from './saxs.ts';

const q = Array.from(gridValues(INSTRUMENT_GRID));

function fitted(fit: SphereFit): FittedSpheres {
  if (fit.status !== 'fitted') throw new Error(fit.reason);
  return fit;
}

const relative = (found: number, known: number): number => Math.abs(found / known - 1);

test('without noise the known parameters come back', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 20, max: 900, noNaN: true }),
      fc.double({ min: 0.02, max: 0.2, noNaN: true }),
      (diameterNm, polydispersity) => {
        const sample = { diameterNm, polydispersity };
        const fit = fitted(fitSpheres({ q, counts: Array.from(expectedCounts(sample)) }));
        expect(fit.converged).toBe(true);
        expect(relative(2 * fit.radiusNm.value, diameterNm)).toBeLessThan(1e-6);
        expect(relative(fit.polydispersity.value, polydispersity)).toBeLessThan(1e-6);
        expect(relative(fit.scale.value, forwardCounts(sample))).toBeLessThan(1e-6);
        expect(relative(fit.background.value, 20)).toBeLessThan(1e-6);
        expect(fit.reducedChiSquare).toBeLessThan(1e-9);
      },
    ),
    { numRuns: 60 },
  );
});

test('a curve on another grid, with another scale and background, is fitted as well', () => {
  const grid = { minPerNm: 0.01, logStep: 0.06, count: 60 };
  const shape = new Float64Array(grid.count);
  createSphereModel(grid).evaluate(40, 0.06, shape);
  const counts = Array.from(shape, (value) => 5000 * value + 3.5);
  const fit = fitted(fitSpheres({ q: Array.from(gridValues(grid)), counts }));
  expect(relative(fit.radiusNm.value, 40)).toBeLessThan(1e-6);
  expect(relative(fit.polydispersity.value, 0.06)).toBeLessThan(1e-6);
  expect(relative(fit.background.value, 3.5)).toBeLessThan(1e-6);
});

test.each([
  [30, 0.09],
  [100, 0.05],
  [330, 0.036],
  [700, 0.033],
])('stated uncertainties are true over 400 exposures: %d nm, polydispersity %d', (diameterNm, s) => {
  const n = 400;
  const pulls: Record<'radius' | 'polydispersity' | 'background', number[]> = {
    radius: [],
    polydispersity: [],
    background: [],
  };
  let chiSquares = 0;
  for (let i = 0; i < n; i++) {
    const curve = measureScattering({ diameterNm, polydispersity: s }, createRandom(`pull ${i}`));
    const fit = fitted(fitSpheres(curve));
    expect(fit.converged && fit.acceptable).toBe(true);
    pulls.radius.push((fit.radiusNm.value - diameterNm / 2) / fit.radiusNm.uncertainty!);
    pulls.polydispersity.push((fit.polydispersity.value - s) / fit.polydispersity.uncertainty!);
    pulls.background.push((fit.background.value - 20) / fit.background.uncertainty!);
    chiSquares += fit.reducedChiSquare;
  }
  for (const [name, values] of Object.entries(pulls)) {
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
    const beyond = values.filter((value) => Math.abs(value) > 3).length;
    // Four standard errors of the mean and of the standard deviation of 400 normal numbers.
    expect(Math.abs(mean), `${name}: mean pull`).toBeLessThan(0.2);
    expect(Math.abs(deviation - 1), `${name}: sd of pulls ${deviation}`).toBeLessThan(0.142);
    // Expected 1.08; seven or more has a probability of 2e-4.
    expect(beyond, `${name}: pulls beyond 3`).toBeLessThan(7);
  }
  expect(Math.abs(chiSquares / n - 1)).toBeLessThan(4 * Math.sqrt(2 / 100 / n));
});

test('a polydispersity pressed to its limit does not make the radius look better known than it is', () => {
  let atLimit = 0;
  let beyond = 0;
  for (let i = 0; i < 400; i++) {
    const curve = measureScattering({ diameterNm: 22, polydispersity: 0.07 }, createRandom(`small ${i}`));
    const { radiusNm, polydispersity } = fitted(fitSpheres(curve));
    if (polydispersity.uncertainty === null) atLimit++;
    if (Math.abs(radiusNm.value - 11) > 3 * radiusNm.uncertainty!) beyond++;
  }
  expect(atLimit).toBeGreaterThan(20);
  expect(beyond).toBeLessThan(7);
});

test('the residuals of the fitted curve are those reported', () => {
  const curve = measureScattering({ diameterNm: 200, polydispersity: 0.05 }, createRandom('residuals'));
  const fit = fitted(fitSpheres(curve));
  const chiSquare = curve.counts.reduce(
    (sum, count, i) => sum + (count - fit.expected[i]!) ** 2 / fit.expected[i]!,
    0,
  );
  expect(fit.degreesOfFreedom).toBe(q.length - 4);
  expect(relative(chiSquare / fit.degreesOfFreedom, fit.reducedChiSquare)).toBeLessThan(1e-12);
});

test('a polydispersity below the smallest of the fit has no uncertainty of its own', () => {
  const counts = Array.from(expectedCounts({ diameterNm: 200, polydispersity: 0.004 }));
  const fit = fitted(fitSpheres({ q, counts }));
  expect(fit.polydispersity.value).toBeCloseTo(0.01, 4);
  expect(fit.polydispersity.uncertainty).toBeNull();
  expect(fit.radiusNm.uncertainty).toBeGreaterThan(0);
});

test('a curve of something else is called unacceptable', () => {
  const two = expectedCounts({ diameterNm: 100, polydispersity: 0.05 }).map(
    (count, i) => count + expectedCounts({ diameterNm: 400, polydispersity: 0.05 })[i]! / 10,
  );
  const random = createRandom('mixture');
  const fit = fitted(fitSpheres({ q, counts: Array.from(two, (mean) => random.poisson(mean)) }));
  expect(fit.acceptable).toBe(false);
  expect(fit.reducedChiSquare).toBeGreaterThan(5);
});

test.each([
  ['nothing counted', q.map(() => 0)],
  ['counts that rise with q', q.map((_, i) => i * i)],
])('%s: no spheres', (_, counts) => {
  expect(fitSpheres({ q, counts })).toMatchObject({ status: 'no-spheres' });
});

test('any counts give an answer that can be stored as JSON', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: q.length, maxLength: q.length }),
      (counts) => {
        const fit = fitSpheres({ q, counts });
        expect(JSON.parse(JSON.stringify(fit))).toEqual(fit);
        if (fit.status === 'fitted') expect(fit.acceptable && fit.converged).toBe(false);
      },
    ),
    { numRuns: 25 },
  );
});

const good = { q, counts: q.map(() => 5) };
test.each([
  ['q: 3 wave numbers; allowed: at least 8', { q: [1, 2, 3], counts: [1, 1, 1] }],
  ['counts: 2 values; allowed: 104, one for each q', { ...good, counts: [1, 2] }],
  ['q: from -1 to', { ...good, q: [-1, ...q.slice(1)] }],
  ['equally spaced in the logarithm', { ...good, q: q.map((value, i) => (i === 5 ? value * 1.01 : value)) }],
  ['equally spaced in the logarithm', { ...good, q: q.map((value, i) => (i === 5 ? Number.NaN : value)) }],
  ['counts[4]: -1; allowed: finite, at least 0', { ...good, counts: good.counts.with(4, -1) }],
  ['counts[4]: NaN; allowed: finite, at least 0', { ...good, counts: good.counts.with(4, Number.NaN) }],
])('a bad curve is refused: %s', (message, curve) => {
  expect(() => fitSpheres(curve)).toThrow(message);
});
