/**
 * Kills the platform, its database or its object store while data is sent, imported, harvested, granted and relabelled,
 * starts again what was killed, and holds the end against what is promised: nothing that was acknowledged is lost,
 * nothing is half there, nothing happens twice.
 */
import { parseArgs } from 'node:util';
import type { Place, StoreKind } from './place.ts';
import { scenarios } from './scenarios.ts';
import { runSeries } from './series.ts';
import { heading, lineOf, tableOf } from './table.ts';
import { type Kind, kinds, planTrials } from './trial.ts';

const usage = `Usage: npm run test:crash-data -- [options]

  --trials N       number of kills (60)
  --seed N         another seed gives other moments (1)
  --only KINDS     some of ${kinds.join(', ')}; separated by commas
  --stores STORES  where blobs lie in uploads and imports: some of folder, s3
  --at-once N      platforms that are tried at once (2)
  --quick          10 trials
  --json           one object with everything that was seen, on the last line
  --help           this text

S3 needs radosgw (packages radosgw, ceph-mon and ceph-osd of Debian). It ends with status 1 when anything does not
hold; the folders of a trial that failed are kept.`;

const { values: options } = parseArgs({
  options: {
    trials: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: kinds.join(',') },
    stores: { type: 'string', default: 'folder,s3' },
    'at-once': { type: 'string', default: '2' },
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
const isKind = (text: string): text is Kind => kinds.some((kind) => kind === text);
const only = options.only.split(',').map((text): Kind => {
  if (!isKind(text)) return refuse(`--only: "${text}" is none of ${kinds.join(', ')}`);
  return text;
});
const stores = options.stores.split(',').map((text): StoreKind => {
  if (text !== 'folder' && text !== 's3') return refuse(`--stores: "${text}" is neither folder nor s3`);
  return text;
});
const atOnce = numberOf('at-once', options['at-once']);
const seed = numberOf('seed', options.seed);
const trials = numberOf('trials', options.trials ?? (options.quick ? '10' : '60'));

/** Daemons outlive whoever started them, so an interrupted series ends its own. */
const opened = new Set<Place>();
const interrupt = async (): Promise<never> => {
  await Promise.all([...opened].map((place) => place.close({ keep: false })));
  process.exit(130);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void interrupt());

const begun = Date.now();
console.log(heading);
const { results, missing, kept } = await runSeries(planTrials(trials, seed, { only, stores }), {
  ...{ seed, atOnce, open: scenarios },
  say: (result) => console.log(lineOf(result)),
  opened: (place) => {
    opened.add(place);
  },
});
const seconds = Math.round((Date.now() - begun) / 1_000);
const failed = results.filter(({ broken }) => broken.length > 0).length;
console.log(`\n${tableOf(results)}\n`);
for (const what of missing) console.log(`Not tried: ${what}`);
for (const folder of kept) console.log(`Kept: ${folder}`);
const verdict = failed === 0 ? 'nothing lost, nothing half there, nothing twice' : `${failed} FAILED`;
console.log(`${results.length} of ${trials} trials, ${seconds} s: ${verdict}`);
if (options.json) console.log(JSON.stringify({ seed, trials, seconds, failed, missing, results }));
process.exit(failed === 0 && missing.length === 0 ? 0 : 1);
