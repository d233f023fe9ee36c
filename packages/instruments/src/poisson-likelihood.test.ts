import fc from 'fast-check';
import { expect, test } from 'vitest';
import { devianceResidual } from './poisson-likelihood.ts';

const residualOf = (observed: number, expected: number): { value: number; slope: number } => {
  const out = { value: 0, slope: 0 };
  devianceResidual(observed, expected, out);
  return out;
};

const counts = fc.integer({ min: 0, max: 1e6 });
const factors = fc.double({ min: 0.2, max: 5, noNaN: true });

test('its square is twice the loss of log-likelihood', () => {
  fc.assert(
    fc.property(counts, factors, (observed, factor) => {
      const expected = Math.max(observed, 1) * factor;
      const logRatio = observed === 0 ? 0 : observed * Math.log(expected / observed);
      const deviance = 2 * (expected - observed - logRatio);
      const { value } = residualOf(observed, expected);
      expect(Math.abs(value ** 2 - deviance)).toBeLessThan(1e-9 * (1 + expected));
      expect(Math.sign(value)).toBe(Math.sign(expected - observed));
    }),
  );
});

test('its slope agrees with central differences, also through expected = observed', () => {
  fc.assert(
    fc.property(
      counts,
      fc.oneof(factors, fc.double({ min: 0.97, max: 1.03, noNaN: true })),
      (observed, factor) => {
        const expected = Math.max(observed, 1) * factor;
        const h = 1e-5 * expected;
        const difference =
          (residualOf(observed, expected + h).value - residualOf(observed, expected - h).value) / (2 * h);
        expect(Math.abs(residualOf(observed, expected).slope / difference - 1)).toBeLessThan(1e-6);
      },
    ),
  );
});

test('near the data it is the familiar (expected - observed) / sqrt(observed)', () => {
  expect(residualOf(100, 100)).toEqual({ value: 0, slope: 0.1 });
  expect(residualOf(10_000, 10_001).value).toBeCloseTo(0.01, 5);
});
