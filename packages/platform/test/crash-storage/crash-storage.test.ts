/** A few of the trials of `npm run test:crash-storage`. */
import { expect, test } from 'vitest';
import { runSeries } from './series.ts';
import { planTrials, type Trial, victims } from './trial.ts';

test('the same seed gives the same trials, of both stores, all victims and both halves of an import', () => {
  const trials = planTrials(100, 7, ['folder', 's3']);
  expect(planTrials(100, 7, ['folder', 's3'])).toEqual(trials);
  expect(planTrials(100, 8, ['folder', 's3'])).not.toEqual(trials);
  expect(new Set(trials.map(({ victim }) => victim))).toEqual(new Set(victims));
  for (const store of ['folder', 's3'])
    expect(trials.filter((trial) => trial.store === store && 'share' in trial.when)).toHaveLength(25);
});

const plans: Trial[] = [
  { number: 0, store: 'folder', victim: 'platform', when: { share: 0.4, afterMs: 5 }, awayMs: 200 },
  { number: 1, store: 's3', victim: 'both', when: { importingMs: 1_500 }, awayMs: 200 },
];

test.for(plans)(
  'an import survives the kill of $victim, blobs in $store',
  { timeout: 240_000 },
  async (plan, { skip }) => {
    const { results, missing } = await runSeries([plan], 1, () => undefined);
    if (missing !== null) skip(missing);
    expect(results.flatMap(({ broken }) => broken)).toEqual([]);
  },
);
