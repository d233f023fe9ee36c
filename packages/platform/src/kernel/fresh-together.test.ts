import { expect, test } from 'vitest';
import { freshTogether } from './fresh-together.ts';

test('whoever asks while a look is under way gets the next one, and many share it', async () => {
  const waiting: ((value: number) => void)[] = [];
  let looks = 0;
  const ask = freshTogether(() => {
    looks += 1;
    return new Promise<number>((resolve) => waiting.push(resolve));
  });
  const first = ask('a');
  const others = [ask('a'), ask('a'), ask('a')];
  expect(looks).toBe(1);
  waiting[0]?.(1);
  expect(await first).toBe(1);
  await expect.poll(() => looks).toBe(2);
  const later = ask('a');
  waiting[1]?.(2);
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
  await expect.poll(() => looks).toBe(3);
  waiting[2]?.(3);
  expect(await later).toBe(3);
  const alone = ask('a');
  expect(looks).toBe(4);
  waiting[3]?.(4);
  expect(await alone).toBe(4);
});

test('a look that fails fails those who shared it, and nobody else', async () => {
  let looks = 0;
  const ask = freshTogether(async () => {
    looks += 1;
    if (looks === 1) throw new Error('away');
    return looks;
  });
  const [first, second] = [ask('a'), ask('a')];
  await expect(first).rejects.toThrow('away');
  expect(await second).toBe(2);
  expect(await ask('b')).toBe(3);
});
