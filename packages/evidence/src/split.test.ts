import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignSplit, planSplit, sideOf } from './split.ts';
import { canonicalRowKey } from './split-cells.ts';

const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `design ${index}`);
const confirmed = (sides: Map<string, string>): string[] =>
  [...sides].filter(([, side]) => side === 'confirm').map(([key]) => key);

test('the order and the repetitions of rows do not matter', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string(), { minLength: 10, maxLength: 60 }),
      fc.string(),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      fc.integer({ min: 1, max: 5 }),
      (distinct, seed, confirmFraction, fewest) => {
        const options = { seed, confirmFraction, fewest };
        const { rule, sides } = assignSplit(distinct, options);
        expect(planSplit([...distinct.toReversed(), ...distinct], options)).toEqual(rule);
        for (const [key, side] of sides) expect(sideOf(rule, key)).toBe(side);
        const confirm = confirmed(sides).length;
        expect(confirm).toBeGreaterThanOrEqual(fewest);
        expect(distinct.length - confirm).toBeGreaterThanOrEqual(fewest);
      },
    ),
    { numRuns: 200 },
  );
});

test('a design keeps its side when rows are added, unless a side would have been too small', () => {
  const options = { seed: 'a', confirmFraction: 0.3 };
  const small = assignSplit(keys(200), options);
  const large = assignSplit(keys(5000), options);
  expect(large.rule.cut).toBe(small.rule.cut);
  for (const [key, side] of small.sides) expect(large.sides.get(key)).toBe(side);
  const share = confirmed(large.sides).length / 5000;
  expect(Math.abs(share - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / 5000));
});

test('a side that would be too small gets exactly the fewest', () => {
  const { sides } = assignSplit(keys(100), { seed: 's', confirmFraction: 0.001, fewest: 7 });
  expect(confirmed(sides)).toHaveLength(7);
  const other = assignSplit(keys(100), { seed: 's', confirmFraction: 0.999, fewest: 7 });
  expect(confirmed(other.sides)).toHaveLength(93);
});

test('another seed cuts elsewhere', () => {
  const first = confirmed(assignSplit(keys(400), { seed: '1', confirmFraction: 0.5 }).sides);
  const second = new Set(confirmed(assignSplit(keys(400), { seed: '2', confirmFraction: 0.5 }).sides));
  const shared = first.filter((key) => second.has(key)).length;
  expect(shared).toBeGreaterThan(60);
  expect(shared).toBeLessThan(140);
});

test('too few designs and senseless fractions get an error that names the field', () => {
  expect(() => assignSplit(keys(9), { seed: 's', confirmFraction: 0.3 })).toThrow(
    /9 distinct .* at least 10/,
  );
  expect(() => assignSplit(keys(9), { seed: 's', confirmFraction: 1 })).toThrow(/^confirmFraction: /);
  expect(() => assignSplit(keys(9), { seed: 's', confirmFraction: Number.NaN })).toThrow(
    /^confirmFraction: /,
  );
});

test('replicates have one key, whatever the spelling of their inputs', () => {
  const key = canonicalRowKey({ b: 'ethanol', a: 1 });
  expect(canonicalRowKey({ a: '1.0', b: ' ethanol ' })).toBe(key);
  expect(canonicalRowKey({ a: 1n, b: 'ethanol' })).toBe(key);
  expect(canonicalRowKey({ a: 'ethanol', b: 1 })).not.toBe(key);
});
