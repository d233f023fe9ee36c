import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { FollowedJob } from './followed-job.ts';
import { lookForEver } from './look.ts';
import { readQueue } from './queue.ts';

const over = { add: async () => undefined, sweep: () => undefined, pending: false };
const queue = readQueue('1|N/A|PENDING|None|one\n');

function looking(jobs: number, listJobs: () => Promise<typeof queue>) {
  let looks = 0;
  let reads = 0;
  const job: FollowedJob = {
    handle: { name: 'job', claim: 'claim', wait: () => new Promise(() => {}), cancel: () => undefined },
    read: () => {
      reads += 1;
    },
    look: () => {
      looks += 1;
    },
    leave: () => undefined,
  };
  const followed = new Map(Array.from({ length: jobs }, (_, index) => [`job-${index}`, job]));
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const ends = lookForEver({ commands: { listJobs }, over, followed, pollMilliseconds: 20, warn });
  return { ...ends, warnings, looks: () => looks, reads: () => reads };
}

test.each([1, 1_000])('a look at %i jobs is one call, and none waits for another look', async (jobs) => {
  let calls = 0;
  const { end, looks } = looking(jobs, async () => {
    calls += 1;
    return queue;
  });
  while (calls < 3) await pause(5);
  end();
  await pause(50);
  expect(looks()).toBe(calls * jobs);
});

test('nothing is asked while there is nothing to look for', async () => {
  const { end, looks } = looking(0, async () => {
    throw new Error('asked');
  });
  await pause(80);
  end();
  expect(looks()).toBe(0);
});

test('a queue that cannot be read is told and asked again', async () => {
  let calls = 0;
  const { end, looks, warnings } = looking(1, async () => {
    calls += 1;
    if (calls === 1) throw new Error('away');
    return queue;
  });
  while (looks() === 0) await pause(5);
  end();
  expect(warnings).toHaveLength(1);
});

test('many who ask for the queue at once share two answers', async () => {
  let calls = 0;
  const { end, recent } = looking(0, async () => {
    calls += 1;
    await pause(20);
    return queue;
  });
  await Promise.all(Array.from({ length: 1_000 }, recent));
  end();
  expect(calls).toBeLessThanOrEqual(2);
});

test('folders are read in turn, a bounded number at each beat', async () => {
  const { end, reads } = looking(10_000, async () => queue);
  await pause(300);
  end();
  expect(reads()).toBeGreaterThan(0);
  expect(reads()).toBeLessThanOrEqual(3 * 250);
});
