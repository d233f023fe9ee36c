/**
 * Kills the trainer, the platform or parts of a Slurm while a model is trained, and holds the end against that of a
 * training that nobody disturbed: the same weights to the byte, every step of every metric once, nothing left behind.
 */
import { parseArgs } from 'node:util';
import { type Checkpoint, checkLedger } from '../crash/ledger.ts';
import { optionsBy, whenInterrupted } from '../crash/series-options.ts';
import { openPlace, type Place } from './place.ts';
import { places, planTrials, wordsOf } from './plan.ts';
import { deepTraining, tinyTraining } from './training.ts';
import { type Result, runTrial } from './trial.ts';

const usage = `Usage: npm run test:crash-training -- [options]

  --trials N      number of trainings that are killed, a third of them twice (40)
  --seed N        another seed gives other moments (1)
  --only PLACES   some of ${places.join(', ')}; separated by commas
  --environments FOLDER
                  Python environments of a data folder, which are taken along instead of being made
  --python PATH   the Python of the environments
  --gpus N        GPUs that each training gets (0)
  --tiny          a training in plain Python, without PyTorch
  --quick         6 trials
  --json          one object with everything that was seen, on the last line
  --help          this text

It needs Python 3.11 and the packages of kits/deep/requirements.txt, and for Slurm slurm-wlm, munge and bubblewrap of
Debian. It ends with status 1 when anything does not hold; the folder is kept then.`;

const { values: options } = parseArgs({
  options: {
    trials: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: places.join(',') },
    environments: { type: 'string' },
    python: { type: 'string' },
    gpus: { type: 'string', default: '0' },
    tiny: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const reading = optionsBy(usage);
reading.helpIf(options.help);
const only = reading.someOf('only', options.only, places);
const trials = reading.wholeNumber('trials', options.trials ?? (options.quick ? '6' : '40'));
const seed = reading.wholeNumber('seed', options.seed);
const gpus = options.gpus === '0' ? 0 : reading.wholeNumber('gpus', options.gpus);

let current: Place | undefined;
whenInterrupted(async () => current?.close({ keep: false }));

const row = (cells: readonly (string | number)[]): string => {
  const widths = [7, 8, 40, 11, 10, 9, 9];
  return cells
    .map((cell, at) => String(cell).padEnd(widths[at] ?? 0))
    .join('')
    .trimEnd();
};
const lineOf = ({ trial, killed, seen, broken, seconds }: Result): string =>
  [
    row([
      ...[trial.number + 1, trial.where, wordsOf(trial), `${killed.length} of ${trial.kills.length}`],
      ...[seen?.attempts ?? '-', seen?.resumed ?? '-', seconds.toFixed(1)],
      broken.length === 0 ? '' : 'FAILED',
    ]),
    ...broken.slice(0, 10).map((what) => `       - ${what}`),
  ].join('\n');

const begun = Date.now();
const training = options.tiny ? tinyTraining(120, 0.05) : deepTraining(gpus);
const found = await openPlace(training, only.includes('slurm'), options);
if ('missing' in found) {
  console.error(`Nothing can be tried here: ${found.missing}`);
  process.exit(1);
}
current = found;
const { files, metrics } = found.undisturbed.left;
const points = Object.values(metrics).reduce((all, one) => all + one.length, 0);
console.log(
  `Undisturbed: ${(found.undisturbed.ms / 1_000).toFixed(1)} s, ${found.undisturbed.processorSeconds.toFixed(1)} s of processor time, ${Object.keys(files).length} files, ${points} points of metrics\n`,
);
console.log(row(['trial', 'where', 'killed', 'came', 'attempts', 'resumed', 'seconds']));
const results: Result[] = [];
let last: Checkpoint | undefined;
for (const trial of planTrials({ trials, seed, only })) {
  let result: Result;
  const from = Date.now();
  try {
    result = await runTrial(found, trial, `trial-${trial.number}`);
    last = await checkLedger(found.server, found.token, last);
  } catch (error) {
    const broken = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    result = { trial, killed: [], seen: null, broken, seconds: (Date.now() - from) / 1_000 };
  }
  results.push(result);
  console.log(lineOf(result));
  // what a trial broke may break the next one too
  if (!found.server.alive) break;
}
const failures = results.filter(({ broken }) => broken.length > 0).length;
await found.close({ keep: failures > 0 });
if (failures > 0) console.log(`\nThe folder is kept: ${found.folder}`);
const seconds = Math.round((Date.now() - begun) / 1_000);
const sum = (of: (result: Result) => number): number => results.reduce((all, one) => all + of(one), 0);
console.log(
  `\n${results.length} of ${trials} trials, ${seconds} s: ${sum(({ killed }) => killed.length)} kills, ` +
    `${sum(({ seen }) => (seen?.attempts ?? 1) - 1)} further attempts, ${sum(({ seen }) => seen?.resumed ?? 0)} of them from a checkpoint; ` +
    `${failures === 0 ? 'the same weights and the same metrics in all' : `${failures} FAILED`}`,
);
if (options.json) console.log(JSON.stringify({ trials, seed, seconds, failures, results }));
process.exit(failures === 0 && results.length === trials ? 0 : 1);
