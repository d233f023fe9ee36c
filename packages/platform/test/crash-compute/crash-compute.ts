/**
 * Kills Genesis, a Slurm or both while a batch of runs is on its way, starts again what was killed, and holds the end
 * against what is promised: every run has one recorded outcome, no user code starts twice, nothing is left.
 */
import { parseArgs } from 'node:util';
import { optionsBy, whenInterrupted } from '../crash/series-options.ts';
import type { Place } from './place.ts';
import { allPoints, kinds, planTrials } from './schedule.ts';
import { runSeries } from './series.ts';
import { heading, lineOf } from './table.ts';

const usage = `Usage: npm run test:crash-compute -- [options]

  --trials N    number of kills (60)
  --runs N      runs in the batch of each trial (50), a third of that at a facility
  --seed N      another seed gives other points and moments (1)
  --only KINDS  some of ${kinds.join(', ')}; separated by commas
  --quick       6 trials of 10 runs
  --json        one object with everything that was seen, on the last line
  --help        this text

It needs a Slurm (packages slurm-wlm, munge and bubblewrap of Debian) and the right to make mount namespaces. It ends
with status 1 when anything does not hold; the folders of a trial that failed are kept.`;

const { values: options } = parseArgs({
  options: {
    trials: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: kinds.join(',') },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const reading = optionsBy(usage);
reading.helpIf(options.help);
const only = reading.someOf('only', options.only, kinds);
const trials = reading.wholeNumber('trials', options.trials ?? (options.quick ? '6' : '60'));
const runs = reading.wholeNumber('runs', options.runs ?? (options.quick ? '10' : '50'));
const seed = reading.wholeNumber('seed', options.seed);

let current: Place | undefined;
const interruption = new AbortController();
whenInterrupted(async () => {
  interruption.abort();
  await current?.close({ keep: false });
});

const begun = Date.now();
console.log(heading);
const { results, missing } = await runSeries(planTrials({ trials, runs, seed, only }), {
  ...{ runs, patient: true },
  interrupted: interruption.signal,
  opened: (place) => {
    current = place;
  },
  say: (result, { folder, slurm }) => {
    console.log(lineOf(result));
    for (const one of result.broken.slice(0, 10)) console.log(`       - ${one}`);
    if (result.broken.length > 0) console.log(`       The folders are kept: ${folder} and ${slurm.folder}`);
  },
});
if (missing !== null) {
  console.error(`Nothing can be tried here: ${missing}`);
  process.exit(1);
}

const sum = (of: (result: (typeof results)[number]) => number): number =>
  results.reduce((all, result) => all + of(result), 0);
const failures = results.filter(({ broken }) => broken.length > 0).length;
const hit = new Set(results.filter(({ killed }) => killed).map(({ trial }) => trial.when.point));
const missed = allPoints.filter((point) => !hit.has(point));
const seconds = Math.round((Date.now() - begun) / 1_000);
console.log(
  `\n${results.length} trials of ${runs} runs, ${seconds} s: ${sum(({ succeeded }) => succeeded)} of ${sum((one) => one.runs)} runs succeeded, ` +
    `${sum(({ unknown }) => unknown)} unknown, ${sum(({ startedTwice }) => startedTwice)} started twice, ` +
    `${sum(({ leftOver }) => leftOver)} left over; ${failures === 0 ? 'everything held' : `${failures} trials FAILED`}`,
);
if (missed.length > 0) console.log(`Points at which nothing was killed: ${missed.join(', ')}`);
if (options.json) console.log(JSON.stringify({ trials, runs, seed, seconds, failures, missed, results }));
process.exit(failures === 0 ? 0 : 1);
