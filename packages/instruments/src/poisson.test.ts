import { expect, test } from 'vitest';
import { logFactorial } from './poisson.ts';
import { createRandom } from './random.ts';

test.each([0.02, 0.7, 4, 9.99, 10, 14.5, 120, 5e4, 2e7])('mean and variance at a mean of %d', (mean) => {
  const random = createRandom(`poisson ${mean}`);
  const n = 40_000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const k = random.poisson(mean);
    expect(Number.isSafeInteger(k) && k >= 0).toBe(true);
    sum += k - mean;
    squares += (k - mean) ** 2;
  }
  expect(Math.abs(sum / n)).toBeLessThan(4 * Math.sqrt(mean / n));
  // Variance of the squared deviation: mean + 2 mean^2.
  expect(Math.abs(squares / n - mean)).toBeLessThan(4 * Math.sqrt((mean + 2 * mean * mean) / n));
});

test.each([3, 9.5, 10.5, 40])('the probabilities of single counts at a mean of %d', (mean) => {
  const random = createRandom(`cells ${mean}`);
  const n = 50_000;
  const seen = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const k = random.poisson(mean);
    seen.set(k, (seen.get(k) ?? 0) + 1);
  }
  let chiSquare = 0;
  let cells = 0;
  for (let k = 0; k < 4 * mean + 20; k++) {
    const expected = n * Math.exp(k * Math.log(mean) - mean - logFactorial(k));
    if (expected < 10) continue;
    cells++;
    chiSquare += ((seen.get(k) ?? 0) - expected) ** 2 / expected;
  }
  expect(cells).toBeGreaterThan(8);
  expect(chiSquare).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
});

test('a mean of zero always gives zero', () => {
  const random = createRandom('nothing');
  expect(Array.from({ length: 50 }, () => random.poisson(0))).toEqual(new Array(50).fill(0));
});

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('a mean of %d is refused', (mean) => {
  expect(() => createRandom('x').poisson(mean)).toThrow('finite, at least 0');
});

test('the logarithm of the factorial agrees with the sum of logarithms', () => {
  let sum = 0;
  for (let k = 1; k <= 3000; k++) {
    sum += Math.log(k);
    expect(Math.abs(logFactorial(k) - sum)).toBeLessThanOrEqual(1e-12 * Math.max(1, sum));
  }
});
