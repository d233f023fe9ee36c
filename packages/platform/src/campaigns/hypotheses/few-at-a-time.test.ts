import { expect, test } from 'vitest';
import { fewAtATime } from './few-at-a-time.ts';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const never = new AbortController().signal;

test('no more than a few are under way, and results keep their places', async () => {
  let [now, most] = [0, 0];
  const results = await fewAtATime([5, 1, 4, 2, 3], 2, never, async (item) => {
    most = Math.max(most, ++now);
    await pause(item);
    now -= 1;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test('the first failure aborts what is under way and begins nothing more', async () => {
  const begun: number[] = [];
  let aborted = false;
  const all = fewAtATime([0, 1, 2, 3], 2, never, async (item, signal) => {
    begun.push(item);
    if (item === 0) throw new Error('broken');
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    aborted = true;
  });
  await expect(all).rejects.toThrow('broken');
  await pause(1);
  expect({ begun, aborted }).toEqual({ begun: [0, 1], aborted: true });
});
