import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from './random.ts';

const take = (seed: string, count: number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.uniform());
};

const moments = (values: number[]): { mean: number; variance: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
};

test('a seed fixes the stream to the bit, whatever else is drawn in between', () => {
  fc.assert(
    fc.property(fc.string(), (seed) => {
      const first = take(seed, 20);
      take(`${seed}!`, 5);
      expect(take(seed, 20)).toEqual(first);
    }),
  );
});

test('streams keep their values from release to release', () => {
  expect(take('genesis', 3)).toMatchInlineSnapshot(`
    [
      0.3641282026461921,
      0.890487171804728,
      0.8671120459944346,
    ]
  `);
});

test('seeds that differ in one character give unrelated streams', () => {
  const columns = Array.from({ length: 2000 }, (_, i) => take(`campaign/arm/${i}`, 2));
  const { mean, variance } = moments(columns.map(([first]) => first!));
  expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 2000));
  expect(variance).toBeCloseTo(1 / 12, 2);
  let covariance = 0;
  for (let i = 1; i < columns.length; i++) {
    covariance += (columns[i - 1]![0]! - 0.5) * (columns[i]![0]! - 0.5);
  }
  expect(Math.abs(covariance / 1999)).toBeLessThan(4 / 12 / Math.sqrt(1999));
});

test('uniform numbers fill the open unit interval evenly', () => {
  const counts = new Array<number>(50).fill(0);
  for (const value of take('even', 50_000)) {
    expect(value > 0 && value < 1).toBe(true);
    counts[Math.floor(value * 50)]! += 1;
  }
  const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  expect(chiSquare).toBeLessThan(49 + 5 * Math.sqrt(98));
});

test('normal numbers have the moments of the normal distribution', () => {
  const random = createRandom('bell');
  const values = Array.from({ length: 40_000 }, () => random.normal());
  const { mean, variance } = moments(values);
  expect(Math.abs(mean)).toBeLessThan(4 / 200);
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 40_000));
  const fourth = values.reduce((sum, value) => sum + value ** 4, 0) / values.length;
  expect(Math.abs(fourth - 3)).toBeLessThan(4 * Math.sqrt(96 / 40_000));
});

test('integers cover exactly their range', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 9 }), (seed, count) => {
      const random = createRandom(seed);
      const seen = new Set(Array.from({ length: 400 }, () => random.integer(count)));
      expect(seen).toEqual(new Set(Array.from({ length: count }, (_, i) => i)));
    }),
  );
});
