/**
 * Kills the platform, its object store or both while big files are sent and imported, starts them again, and holds the
 * end against what is promised: no acknowledged byte is lost, every dataset is there once with the same bytes, and
 * neither drafts nor unfinished uploads stay.
 */
import { parseArgs } from 'node:util';
import type { Place, StoreKind } from './place.ts';
import { runSeries } from './series.ts';
import { planTrials, type Result } from './trial.ts';

const usage = `Usage: npm run test:crash-storage -- [options]

  --trials N     number of kills (60)
  --seed N       another seed gives other moments (1)
  --only STORES  some of folder, s3; separated by commas
  --quick        6 trials
  --json         one object with everything that was seen, on the last line
  --help         this text

S3 needs radosgw (packages radosgw, ceph-mon and ceph-osd of Debian). It ends with status 1 when anything does not
hold; the folders of a trial that failed are kept.`;

const { values: options } = parseArgs({
  options: {
    trials: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'folder,s3' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Ends the process where an option is none. */
function refuse(message: string): never {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}
const numberOf = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) refuse(`--${name}: expected a whole number from 1 on`);
  return value;
};
if (options.help) {
  console.log(usage);
  process.exit(0);
}
const stores = options.only.split(',').map((text): StoreKind => {
  if (text !== 'folder' && text !== 's3') return refuse(`--only: "${text}" is neither folder nor s3`);
  return text;
});
const seed = numberOf('seed', options.seed);
const trials = numberOf('trials', options.trials ?? (options.quick ? '6' : '60'));

const row = (cells: readonly string[]): string =>
  cells.map((cell, at) => cell.padEnd([6, 8, 10, 22, 9, 8, 0][at]!)).join('');
console.log(row(['trial', 'store', 'killed', 'when', 'resumed', 'seconds', '']));
const say = ({ trial, resumed, seconds, broken }: Result): void => {
  const { number, store, victim, when } = trial;
  const moment =
    'share' in when
      ? `at ${Math.round(when.share * 100)} % sent`
      : `${Math.round(when.importingMs)} ms after sending`;
  const end = broken.length === 0 ? '' : 'FAILED';
  console.log(row([String(number + 1), store, victim, moment, String(resumed), seconds.toFixed(1), end]));
  for (const what of broken) console.log(`  - ${what}`);
};

/** Daemons outlive whoever started them, so an interrupted series ends its own. */
const opened = new Set<Place>();
const interrupt = async (): Promise<never> => {
  for (const place of opened) await place.close({ keep: false });
  process.exit(130);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void interrupt());

const begun = Date.now();
const { results, missing, kept } = await runSeries(planTrials(trials, seed, stores), seed, say, (place) => {
  opened.add(place);
});
const seconds = Math.round((Date.now() - begun) / 1_000);
const failed = results.filter(({ broken }) => broken.length > 0).length;
if (missing !== null) console.log(`It cannot go on: ${missing}`);
for (const folder of kept) console.log(`Kept: ${folder}`);
const verdict = failed === 0 ? 'nothing lost, nothing half there' : `${failed} FAILED`;
console.log(`\n${results.length} of ${trials} trials, ${seconds} s: ${verdict}`);
if (options.json) console.log(JSON.stringify({ seed, trials, seconds, failed, missing, results }));
process.exit(failed === 0 && missing === null ? 0 : 1);
