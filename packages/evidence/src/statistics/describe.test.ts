import { expect, test } from 'vitest';
import { describeArms, describePrediction } from './describe.ts';
import { deriveSeeds, seededUniform } from './seeded.ts';

const units = (offset: number) =>
  [1, 2, 3, 4, 5, 6].map((y, index) => ({
    unit: String(index),
    y: y + offset,
    mean: y + offset + (index % 2 === 0 ? 0.5 : -1),
    covered: index === 0 ? 0 : 1,
  }));

test('metrics follow their definitions, whatever the offset of the objective', () => {
  for (const offset of [0, 1e6]) {
    const described = describePrediction(units(offset), 'seed');
    const values = new Map(described.map(({ name, value }) => [name, value!]));
    expect(values.get('rmse')).toBeCloseTo(Math.sqrt((3 * 0.25 + 3) / 6), 6);
    expect(values.get('mae')).toBeCloseTo(0.75, 6);
    expect(values.get('r2')).toBeCloseTo(1 - 3.75 / 17.5, 6);
    expect(values.get('coverage-95')).toBeCloseTo(5 / 6, 12);
    for (const { value, interval } of described) {
      if (interval === null) continue;
      expect(interval.lo!).toBeLessThanOrEqual(value!);
      expect(interval.hi!).toBeGreaterThanOrEqual(value!);
    }
  }
});

test('nothing is invented where nothing was measured', () => {
  expect(
    describePrediction([], 'seed').every(({ value, interval }) => value === null && interval === null),
  ).toBe(true);
  const [mean] = describeArms([{ unit: 'a', difference: 2 }], 'seed');
  expect(mean).toEqual({ name: 'mean-difference', value: 2, interval: null });
  const flat = units(0).map((unit) => ({ ...unit, y: 3, covered: null }));
  const described = describePrediction(flat, 'seed');
  expect(described.map(({ name }) => name)).toEqual(['rmse', 'mae', 'r2']);
  expect(described[2]).toMatchObject({ value: null, interval: null });
});

test('the bootstrap interval of a mean has about its normal width, and repeats with its seed', () => {
  const differences = Array.from({ length: 200 }, (_, index) => ({
    unit: String(index),
    difference: index % 2,
  }));
  const [mean] = describeArms(differences, 'seed');
  expect(mean!.interval!.hi! - mean!.interval!.lo!).toBeGreaterThan(0.12);
  expect(mean!.interval!.hi! - mean!.interval!.lo!).toBeLessThan(0.16);
  expect(describeArms(differences, 'seed')[0]).toEqual(mean);
  expect(describeArms(differences, 'other')[0]).not.toEqual(mean);
});

test('seeded integers are uniform and seeds of different purposes are unrelated', () => {
  const drawn = new Int32Array(60_000);
  seededUniform('x')(drawn, 6);
  for (let face = 0; face < 6; face++) {
    const count = drawn.filter((value) => value === face).length;
    expect(Math.abs(count - 10_000)).toBeLessThan(4 * Math.sqrt(60_000 * (1 / 6) * (5 / 6)));
  }
  const root = 'f'.repeat(64);
  const seeds = deriveSeeds(root, 'a', 100);
  expect(deriveSeeds(root, 'a', 120).slice(0, 100)).toEqual(seeds);
  expect(deriveSeeds(root, 'b', 100).some((seed) => seeds.includes(seed))).toBe(false);
});
