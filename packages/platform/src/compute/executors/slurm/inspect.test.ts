import { describe, expect, test } from 'vitest';
import { readInspection } from './inspect.ts';

const gib = 2 ** 30;

describe('what a partition is', () => {
  test('by its smallest node, with the accelerators of that which has most', () => {
    const text =
      'gpu*|idle|2|64|262144|1-00:00:00|gpu:a100:2(S:0-1)\ngpu*|mixed|1|32|131072|1-00:00:00|gpu:a100:4\n' +
      'gpu*|drained*|1|64|262144|1-00:00:00|(null)\n';
    expect(readInspection(text, undefined)).toEqual({
      ...{ status: 'degraded', reason: '1 of 4 nodes take no jobs: idle, mixed, drained*.' },
      hardware: {
        ...{ nodes: 4, coresPerNode: 32, memoryPerNode: 128 * gib },
        ...{ acceleratorsPerNode: 4, acceleratorType: 'a100' },
      },
    });
  });

  test('nodes that take no jobs make it degraded, and all of them down', () => {
    const some = 'debug*|idle|1|8|8000|1:00:00|(null)\ndebug*|drained|3|8|8000|1:00:00|(null)\n';
    expect(readInspection(some, 'debug')).toMatchObject({
      status: 'degraded',
      reason: '3 of 4 nodes take no jobs: idle, drained.',
    });
    expect(readInspection('debug*|down*|1|8|8000|1:00:00|(null)\n', 'debug')).toMatchObject({
      status: 'down',
      reason: 'No node takes jobs: down*.',
      hardware: { acceleratorsPerNode: 0 },
    });
  });

  test('a partition that is not there is down', () => {
    expect(readInspection('debug*|idle|1|8|8000|1:00:00|(null)\n', 'long')).toEqual({
      ...{ status: 'down', reason: 'Slurm has no partition long.' },
    });
  });
});
