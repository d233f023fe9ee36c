import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyCounter } from './key-counter.ts';

test('it counts as a set does', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 }), { maxLength: 200 }), (texts) => {
      const counter = new KeyCounter();
      for (const text of texts) counter.add(text);
      expect(counter.count).toBe(new Set(texts).size);
    }),
  );
});

test('it grows', () => {
  const counter = new KeyCounter();
  for (let round = 0; round < 2; round++) for (let i = 0; i < 50_000; i++) counter.add(String(i));
  expect(counter.count).toBe(50_000);
});
