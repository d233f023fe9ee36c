import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { createSpaceGuard } from './space-guard.ts';

/*
 * Of several writes at once after the start the first measured the disk, and the others took what was known until then:
 * nothing. They were refused as if the disk were full, and tried again later.
 */

test('writes that begin together all learn how much room there is', async () => {
  const guard = createSpaceGuard({ folder: tmpdir(), reserveBytes: 1 });
  await expect(Promise.all([1, 2, 3, 4].map(() => guard.assertRoom(1)))).resolves.toHaveLength(4);
});

test('a disk that cannot be measured is told to everyone, and is measured again', async () => {
  const guard = createSpaceGuard({ folder: '/nowhere/at/all', reserveBytes: 1 });
  const told = await Promise.allSettled([guard.assertRoom(1), guard.assertRoom(1)]);
  expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
