import { jobResourcesSchema } from '@genesis/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPartition } from './partition.ts';
import { changeSeconds, needOf, planBatch, requestArguments } from './request.ts';

const job = (seconds: number, cpuCores = 1) =>
  jobResourcesSchema.parse({
    durationSeconds: seconds,
    cpuCores,
    memoryBytes: 2 ** 28,
    outputBytes: 2 ** 20,
  });
const partition = { nodes: [{ count: 2, cpus: 8, mebibytes: 4_000, gpus: 0 }], seconds: 86_400 };

test('as many runners as fit at once, and no more than jobs', () => {
  // 513 MiB each: seven fit the memory of a node
  expect(planBatch(Array(100).fill(job(10)), partition).tasks).toBe(14);
  expect(planBatch(Array(3).fill(job(10)), partition).tasks).toBe(3);
  expect(planBatch(Array(100).fill(job(10, 4)), partition).tasks).toBe(4);
  expect(planBatch([job(10, 64)], partition).tasks).toBe(1);
});

test('a job with GPUs asks Slurm for them, and as many runners as there are GPUs for run at once', () => {
  const trained = { ...job(10), gpus: 2 };
  const where = { output: '/dev/null' };
  expect(requestArguments(needOf(trained), where)).toContain('--gres=gpu:2');
  expect(requestArguments(needOf(job(10)), where).join(' ')).not.toContain('--gres');
  const nodes = [{ count: 2, cpus: 64, mebibytes: 64_000, gpus: 4 }];
  const planned = planBatch(Array(100).fill(trained), { nodes, seconds: null });
  expect([planned.tasks, planned.need.gpus]).toEqual([4, 2]);
});

test('runners ask for what the largest job needs, and for a whole day only when one job does', () => {
  expect(planBatch([job(10), job(10, 2)], partition).need).toMatchObject({ cpus: 2, mebibytes: 513 });
  expect(planBatch(Array(500).fill(job(3_600)), partition).need.seconds).toBe(4 * 3_600);
  expect(planBatch([job(10), job(80_000)], partition).need.seconds).toBeGreaterThan(80_000);
});

test('the runners together have time for every job, in whatever order they take them', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(lengths, fc.infiniteStream(fc.nat()), (seconds, choices) => {
      const { tasks, need } = planBatch(
        seconds.map((length) => job(length)),
        partition,
      );
      const used = Array<number>(tasks).fill(0);
      const fits = (task: number, length: number): boolean =>
        used[task]! + length + changeSeconds <= need.seconds;
      for (const length of seconds) {
        const free = used.map((_, task) => task).filter((task) => fits(task, length));
        expect(free.length).toBeGreaterThan(0);
        used[free[(choices.next().value as number) % free.length]!]! += length + changeSeconds;
      }
    }),
  );
});

test('what sinfo says is read, the default partition among several', () => {
  const text =
    'short|2|16+|64000+|30:00|(null)\ndebug*|1|8|8000|1-00:00:00|(null)\ndebug*|3|4|4000|1-00:00:00|gpu:a100:4(S:0-1)\n';
  expect(readPartition(text)).toEqual({
    nodes: [
      { count: 1, cpus: 8, mebibytes: 8_000, gpus: 0 },
      { count: 3, cpus: 4, mebibytes: 4_000, gpus: 4 },
    ],
    seconds: 86_400,
  });
  expect(readPartition('short|2|16+|64000+|30:00|(null)\n')).toEqual({
    nodes: [{ count: 2, cpus: 16, mebibytes: 64_000, gpus: 0 }],
    seconds: 1_800,
  });
  expect(readPartition('long*|1|1|1|infinite|(null)').seconds).toBeNull();
});
