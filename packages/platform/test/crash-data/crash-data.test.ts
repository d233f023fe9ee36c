/** A few of the trials of `npm run test:crash-data`, and what they are chosen by. */
import { expect, test } from 'vitest';
import { scenarios } from './scenarios.ts';
import { runSeries } from './series.ts';
import { kinds, planTrials, pointsOf, type Trial, victims } from './trial.ts';

const all = { only: kinds, stores: ['folder', 's3'] } as const;

test('the same seed gives the same trials: all kinds, stores, victims and points', () => {
  const trials = planTrials(200, 7, all);
  expect(planTrials(200, 7, all)).toEqual(trials);
  expect(planTrials(200, 8, all)).not.toEqual(trials);
  for (const kind of kinds) expect(trials.filter((trial) => trial.kind === kind)).toHaveLength(40);
  expect(new Set(trials.map(({ victim }) => victim))).toEqual(new Set(victims));
  for (const store of all.stores)
    expect(trials.filter((one) => one.kind === 'uploads' && one.store === store)).toHaveLength(20);
  const hit = new Set(trials.map(({ when }) => ('point' in when ? when.point : '')));
  for (const { point } of Object.values(pointsOf).flat()) expect(hit).toContain(point);
});

const away = { awayMs: 200 };
const plans: Trial[] = [
  { number: 0, kind: 'imports', store: 's3', victim: 'both', when: { afterMs: 1_500 }, ...away },
  {
    number: 1,
    kind: 'harvests',
    store: 'folder',
    victim: 'platform',
    when: { point: 'harvest.entered', nth: 6 },
    ...away,
  },
  { number: 2, kind: 'grants', store: 'folder', victim: 'platform', when: { afterMs: 600 }, ...away },
  { number: 3, kind: 'labels', store: 'folder', victim: 'platform', when: { afterMs: 400 }, ...away },
];

test.for(plans)('$kind survive the kill of $victim', { timeout: 240_000 }, async (plan, { skip }) => {
  const options = { seed: 1, atOnce: 1, open: scenarios, say: () => undefined, opened: () => undefined };
  const { results, missing } = await runSeries([plan], options);
  if (missing.length > 0) skip(missing.join('; '));
  expect(results.flatMap(({ broken }) => broken)).toEqual([]);
});
