import { expect, test } from 'vitest';
import { bufferMiB } from './embedded-postgres.ts';

const gibibyte = 2 ** 30;

test.each([
  // nothing bounds it: 0, or more than there is
  [0, 24 * gibibyte, 2048],
  [2 ** 63, 8 * gibibyte, 1024],
  [2 * gibibyte, 24 * gibibyte, 256],
  [0, 512 * 2 ** 20, 128],
])('an eighth of the memory, within bounds: %d of %d', (constrained, total, expected) => {
  expect(bufferMiB(constrained, total)).toBe(expected);
});
