import { levels, purposes } from '@genesis/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyConditions, anyLabel } from '../../test/policy-arbitraries.ts';
import {
  atLeastAsStrict,
  bottom,
  compare,
  describeLabel,
  dominates,
  equals,
  isPublic,
  isSubset,
  join,
  joinConditions,
  purposeFits,
  unrestricted,
} from './lattice.ts';

const runs = { numRuns: 2_000 };
const two = [anyLabel, anyLabel] as const;
const three = [anyLabel, anyLabel, anyLabel] as const;

test('join is commutative, associative and idempotent, with bottom as its identity', () => {
  fc.assert(
    fc.property(...three, (a, b, c) => {
      expect(join(a, b)).toEqual(join(b, a));
      expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
      expect(join(a, a)).toEqual(a);
      expect(join(a, bottom)).toEqual(a);
    }),
    runs,
  );
});

test('a label absorbs what it dominates, and a join absorbs its parts', () => {
  fc.assert(
    fc.property(...two, (a, b) => {
      expect(join(a, join(a, b))).toEqual(join(a, b));
      expect(equals(join(a, b), a)).toBe(dominates(a, b));
    }),
    runs,
  );
});

test('dominates is a partial order', () => {
  fc.assert(
    fc.property(...three, (a, b, c) => {
      expect(dominates(a, a)).toBe(true);
      expect(dominates(a, bottom)).toBe(true);
      if (dominates(a, b) && dominates(b, a)) expect(a).toEqual(b);
      if (dominates(a, b) && dominates(b, c)) expect(dominates(a, c)).toBe(true);
    }),
    runs,
  );
});

test('dominates says what the order is defined as: the level and every category', () => {
  fc.assert(
    fc.property(...two, (a, b) => {
      const level = levels.indexOf(a.level) >= levels.indexOf(b.level);
      const within = b.categories.every((category) => a.categories.includes(category));
      expect(dominates(a, b)).toBe(level && within);
    }),
    runs,
  );
});

test('join is the least upper bound, sorted and without repetitions', () => {
  fc.assert(
    fc.property(...three, (a, b, c) => {
      const joined = join(a, b);
      expect(dominates(joined, a) && dominates(joined, b)).toBe(true);
      if (dominates(c, a) && dominates(c, b)) expect(dominates(c, joined)).toBe(true);
      expect(joined.categories).toEqual([...new Set(joined.categories)].sort());
    }),
    runs,
  );
});

test('compare names the four ways in which two labels can stand', () => {
  fc.assert(
    fc.property(...two, (a, b) => {
      const opposite = { equal: 'equal', above: 'below', below: 'above', apart: 'apart' };
      expect(compare(b, a)).toBe(opposite[compare(a, b)]);
      expect(compare(a, b) === 'equal').toBe(equals(a, b));
      expect(['equal', 'above'].includes(compare(a, b))).toBe(dominates(a, b));
    }),
    runs,
  );
});

test('an unsorted list never makes dominates say yes wrongly, and join never loses a category', () => {
  const items = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 });
  fc.assert(
    fc.property(items, items, (a, b) => {
      if (isSubset(a, b)) expect(a.every((item) => b.includes(item))).toBe(true);
      const joined = new Set(
        join({ level: 'public', categories: a }, { level: 'public', categories: b }).categories,
      );
      expect(joined).toEqual(new Set([...a, ...b]));
    }),
    runs,
  );
});

test('joined conditions are commutative, associative, idempotent, and at least as strict as each part', () => {
  fc.assert(
    fc.property(anyConditions, anyConditions, anyConditions, (a, b, c) => {
      const joined = joinConditions(a, b);
      expect(joined).toEqual(joinConditions(b, a));
      expect(joinConditions(joined, c)).toEqual(joinConditions(a, joinConditions(b, c)));
      expect(joinConditions(a, a)).toEqual(a);
      expect(joinConditions(a, unrestricted)).toEqual(a);
      expect(atLeastAsStrict(joined, a) && atLeastAsStrict(joined, b)).toBe(true);
      if (atLeastAsStrict(c, a) && atLeastAsStrict(c, b)) expect(atLeastAsStrict(c, joined)).toBe(true);
    }),
    runs,
  );
});

test('leaving the purpose out never gives more than stating any', () => {
  fc.assert(
    fc.property(anyLabel, anyConditions, (label, conditions) => {
      if (!purposeFits(null, label, conditions)) return;
      expect(isPublic(label)).toBe(true);
      for (const purpose of purposes) expect(purposeFits(purpose, label, conditions)).toBe(true);
    }),
    runs,
  );
});

test('labels are told in words', () => {
  expect(describeLabel(bottom)).toBe('public');
  expect(describeLabel({ level: 'controlled', categories: ['cui'] })).toBe('controlled with category cui');
  expect(describeLabel({ level: 'classified', categories: ['a', 'b', 'c'] })).toBe(
    'classified with categories a, b and c',
  );
});
