/** A few of the trials of `npm run test:crash-training`, with a training that needs no packages. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { sandboxMissing } from '../../src/compute/executors/local/sandbox-for-tests.ts';
import { differences, leftBehind, leftOf } from './checks.ts';
import { openPlace } from './place.ts';
import { places, planTrials, type Trial } from './plan.ts';
import { trainerOf } from './processes.ts';
import { tinyTraining } from './training.ts';
import { runTrial } from './trial.ts';

test('the same seed gives the same trials, with every victim, and some that die twice', () => {
  const wanted = { trials: 40, seed: 7, only: places };
  const trials = planTrials(wanted);
  expect(planTrials(wanted)).toEqual(trials);
  expect(planTrials({ ...wanted, seed: 8 })).not.toEqual(trials);
  const victims = new Set(trials.flatMap(({ kills }) => kills.map(({ victim }) => victim)));
  expect(victims).toEqual(new Set(['trainer', 'platform', 'slurmctld', 'slurmd', 'node']));
  expect(trials.filter(({ where }) => where === 'slurm')).toHaveLength(10);
  expect(trials.filter(({ kills }) => kills.length === 2)).toHaveLength(13);
});

const skip = await sandboxMissing();
/** A trainer comes only once it is there; so long after, the training is surely under way, and not yet over. */
const trials: Trial[] = [
  { number: 0, where: 'local', kills: [{ victim: 'trainer', share: 0.5, awayMs: 0 }] },
  {
    ...{ number: 1, where: 'local' },
    kills: [
      { victim: 'platform', share: 0.6, awayMs: 200 },
      { victim: 'trainer', share: 0.1, awayMs: 0 },
    ],
  },
];

describe.skipIf(skip !== null)(skip === null ? 'a training' : `a training (skipped: ${skip})`, () => {
  test('ends with the same weights and metrics, whatever is killed', async () => {
    const place = await openPlace(tinyTraining(40, 0.1), false);
    if ('missing' in place) throw new Error(place.missing);
    const { server, training, ask, undisturbed } = place;
    const results = [];
    try {
      for (const trial of trials) results.push(await runTrial(place, trial, `trial-${trial.number}`));
      // the trainer dies, and then the platform between taking over the checkpoint and letting go of the job
      await server.stop();
      await server.start('run.kept');
      const id = await training.submit(ask, 'at-run.kept', 'local');
      let pid = trainerOf(id, training.word);
      for (; pid === undefined; pid = trainerOf(id, training.word)) await pause(20);
      const kept = join(place.data, 'jobs', `${id}-1`, 'kept');
      const isCopy = (name: string): boolean => /^\d+$/.test(name);
      while (!existsSync(kept) || !readdirSync(kept).some(isCopy)) await pause(20);
      process.kill(pid, 'SIGKILL');
      await server.ended();
      expect(server.killed).toBe(true);
      await server.start();
      const { left, seen, broken } = await leftOf(place, id, { isTracked: true });
      expect([...broken, ...differences(left, undisturbed.left, true)]).toEqual([]);
      expect(seen).toMatchObject({ attempts: 2, resumed: 1 });
      expect(await leftBehind(place, id)).toEqual([]);
    } finally {
      await place.close({ keep: false });
    }
    expect(results.flatMap(({ broken }) => broken)).toEqual([]);
    expect(results.map(({ killed, seen }) => ({ killed, attempts: seen?.attempts }))).toEqual([
      { killed: ['trainer'], attempts: 2 },
      { killed: ['platform', 'trainer'], attempts: 3 },
    ]);
  }, 900_000);
});
