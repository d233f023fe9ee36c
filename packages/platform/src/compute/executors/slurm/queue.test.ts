import { expect, test } from 'vitest';
import { failedOutcome, whyEnded } from './failed-outcome.ts';
import { hasHope, readQueue } from './queue.ts';

test('of several jobs of one name the one that can still run counts, and cancelled ones least', () => {
  const queue = readQueue(
    [
      '1|N/A|CANCELLED|None|a',
      '2|N/A|RUNNING|None|a',
      '3|N/A|FAILED|NonZeroExitCode|a',
      '4|N/A|CANCELLED|None|b',
      '5|N/A|COMPLETED|None|b',
    ].join('\n'),
  );
  expect(queue.get('a')).toMatchObject({ state: 'RUNNING', id: '2' });
  expect(queue.get('b')).toMatchObject({ state: 'COMPLETED' });
});

test('tasks of an array are found by name and index, those that wait together by name', () => {
  const queue = readQueue('9_3|3|FAILED|NonZeroExitCode|batch\n9_[4-7]|4-7|PENDING|Resources|batch\n');
  expect(queue.get('batch_3')).toMatchObject({ state: 'FAILED', id: '9_3' });
  expect(queue.get('batch')).toMatchObject({ state: 'PENDING' });
  expect(queue.get('batch_4')).toBeUndefined();
});

test('names of jobs of others do no harm', () => {
  const queue = readQueue('1|N/A|RUNNING|None|a|b|c\nnonsense\n');
  expect([...queue.keys()]).toEqual(['a|b|c']);
});

test('a job that waits for what will not come has no hope, one that waits its turn has', () => {
  const job = { id: '1', state: 'PENDING', why: 'Priority' };
  expect(hasHope(job)).toBe(true);
  expect(hasHope({ ...job, why: 'PartitionTimeLimit' })).toBe(false);
  expect(hasHope({ ...job, state: 'COMPLETED' })).toBe(false);
  expect(hasHope(undefined)).toBe(false);
});

test.each([
  ['TIMEOUT', 'F7_RUNTIME', 'time-limit'],
  ['DEADLINE', 'F7_RUNTIME', 'time-limit'],
  ['OUT_OF_MEMORY', 'F7_RUNTIME', 'out-of-memory'],
  ['NODE_FAIL', 'F6_HPC_QUEUE', 'killed'],
  ['PREEMPTED', 'F6_HPC_QUEUE', 'killed'],
  [null, 'F6_HPC_QUEUE', 'killed'],
] as const)('the last word of Slurm, %s, is told as %s, %s', (state, failureClass, reason) => {
  const outcome = failedOutcome('job', 'claim', new Date(), whyEnded(state));
  expect(outcome).toMatchObject({ state: 'failed', failureClass, reason, claim: 'claim' });
});
