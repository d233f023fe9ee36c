import { idSchema } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { createIds } from './ids.ts';

test('ids fit their schema, differ, and sort by time', () => {
  let time = 1_700_000_000_000;
  const ids = createIds({ ...systemClock, now: () => new Date(time++) });
  const made = Array.from({ length: 1000 }, () => ids.next('dataset'));
  for (const id of made) expect(idSchema('dataset').safeParse(id).success).toBe(true);
  expect(new Set(made).size).toBe(1000);
  expect(made.toSorted()).toEqual(made);
});

test('time and randomness are where the docstring says', () => {
  const ids = createIds({ ...systemClock, now: () => new Date(0) }, (bytes) => Buffer.alloc(bytes, 0xff));
  expect(ids.next('run')).toBe(`run_${'0'.repeat(10)}${'z'.repeat(16)}`);
});
