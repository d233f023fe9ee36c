/** A few of the trials of `npm run test:crash-compute`, and what they are chosen by. */
import { describe, expect, test } from 'vitest';
import { sandboxMissing } from '../../src/compute/executors/local/sandbox-for-tests.ts';
import { placeMissing } from './place.ts';
import { allPoints, kinds, planTrials, type Trial } from './schedule.ts';
import { runSeries } from './series.ts';

test('the same seed gives the same trials, half of them at named points, and all points and kinds', () => {
  const wanted = { trials: 200, runs: 50, seed: 7, only: kinds };
  const trials = planTrials(wanted);
  expect(planTrials(wanted)).toEqual(trials);
  expect(planTrials({ ...wanted, seed: 8 })).not.toEqual(trials);
  const named = trials.filter(({ when }) => when.point !== null);
  // of each kind, the one more that an odd number leaves
  expect(Math.abs(named.length - trials.length / 2)).toBeLessThanOrEqual(kinds.length / 2);
  expect(new Set(trials.map(({ kind }) => kind))).toEqual(new Set(kinds));
  expect(new Set(named.map(({ when }) => when.point))).toEqual(new Set(allPoints));
});

const skip = placeMissing() ?? (await sandboxMissing());
const trials: Trial[] = [
  { number: 0, kind: 'genesis', when: { point: 'run.launched', nth: 3 }, awayMs: 500 },
  { number: 1, kind: 'slurmctld', when: { point: 'job.started', nth: 1 }, awayMs: 500 },
];

describe.skipIf(skip !== null)(
  skip === null ? 'runs on a Slurm' : `runs on a Slurm (skipped: ${skip})`,
  () => {
    test('end once and start once, whatever is killed', async ({ skip: leaveOut }) => {
      const { results, missing } = await runSeries(trials, { runs: 5, patient: false, say: () => undefined });
      if (missing !== null) leaveOut(missing);
      expect(results.flatMap(({ broken }) => broken)).toEqual([]);
      expect(results.map(({ killed, unknown, startedTwice }) => ({ killed, unknown, startedTwice }))).toEqual(
        trials.map(() => ({ killed: true, unknown: 0, startedTwice: 0 })),
      );
    }, 180_000);
  },
);
