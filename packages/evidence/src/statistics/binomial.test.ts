import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  binomialLowerBound,
  binomialLowerTail,
  binomialProbability,
  binomialUpperBound,
  binomialUpperTail,
  reaches,
} from './binomial.ts';

/** P(X >= k) for p = numerator / 1024 as an exact fraction, then as the nearest double to about 1e-17. */
function exactUpperTail(k: number, n: number, numerator: number): number {
  const hit = BigInt(numerator);
  const miss = 1024n - hit;
  let choose = 1n;
  let sum = 0n;
  for (let j = 0; j <= n; j++) {
    if (j >= k) sum += choose * hit ** BigInt(j) * miss ** BigInt(n - j);
    choose = (choose * BigInt(n - j)) / BigInt(j + 1);
  }
  const scale = 10n ** 320n;
  return Number(`${(sum * scale) / 1024n ** BigInt(n)}e-320`);
}

test('tails equal exact rational arithmetic', () => {
  const cases = fc
    .tuple(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 1023 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    .map(([n, numerator, where]) => ({ n, numerator, k: Math.round(where * (n + 1)) }));
  fc.assert(
    fc.property(cases, ({ n, numerator, k }) => {
      const p = numerator / 1024;
      const expected = exactUpperTail(k, n, numerator);
      const upper = binomialUpperTail(k, n, p);
      expect(Math.abs(upper - expected)).toBeLessThanOrEqual(2e-12 * Math.max(expected, 1e-300));
      expect(Math.abs(binomialLowerTail(k - 1, n, p) - (1 - expected))).toBeLessThan(1e-12);
    }),
    { numRuns: 300 },
  );
});

test('probabilities of a million trials still add up', () => {
  const n = 1_000_000;
  let sum = 0;
  for (let k = 295_000; k <= 305_000; k++) sum += binomialProbability(k, n, 0.3);
  expect(sum).toBeCloseTo(1, 11);
  expect(binomialUpperTail(300_000, n, 0.3) + binomialLowerTail(299_999, n, 0.3)).toBeCloseTo(1, 11);
});

test('p-values are super-uniform at and below the boundary, whatever alpha', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 1e-6, max: 0.5, noNaN: true }),
      (n, boundary, share, alpha) => {
        const truth = boundary * share;
        let rejected = 0;
        for (let k = 0; k <= n; k++) {
          if (reaches(binomialUpperTail(k, n, boundary), alpha)) rejected += binomialProbability(k, n, truth);
        }
        expect(rejected).toBeLessThanOrEqual(alpha * (1 + 1e-9));
      },
    ),
    { numRuns: 200 },
  );
});

test('bounds invert the tests, and the ends are closed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(0.05, 0.01, 1e-5),
      (n, where, alpha) => {
        const k = Math.round(where * n);
        const low = binomialLowerBound(k, n, alpha);
        const high = binomialUpperBound(k, n, alpha);
        if (k > 0) expect(binomialUpperTail(k, n, low)).toBeCloseTo(alpha, 10);
        else expect(low).toBe(0);
        if (k < n) expect(binomialLowerTail(k, n, high)).toBeCloseTo(alpha, 10);
        else expect(high).toBe(1);
        expect(low).toBeLessThanOrEqual(k / n);
        expect(high).toBeGreaterThanOrEqual(k / n);
      },
    ),
    { numRuns: 200 },
  );
});

test('equal in mathematics is equal in the decision', () => {
  expect(reaches(binomialUpperTail(5, 5, 0.5), 2 ** -5)).toBe(true);
  expect(reaches(0.0500001, 0.05)).toBe(false);
});
