/**
 * Kills the platform, its database or its object store while data is sent, imported, harvested, granted and relabelled,
 * starts again what was killed, and holds the end against what is promised: nothing that was acknowledged is lost,
 * nothing is half there, nothing happens twice.
 */
import { parseArgs } from 'node:util';
import { optionsBy, whenInterrupted } from '../crash/series-options.ts';
import { type Place, storeKinds } from './place.ts';
import { scenarios } from './scenarios.ts';
import { runSeries } from './series.ts';
import { heading, lineOf, tableOf } from './table.ts';
import { kinds, planTrials } from './trial.ts';

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

const reading = optionsBy(usage);
reading.helpIf(options.help);
const only = reading.someOf('only', options.only, kinds);
const stores = reading.someOf('stores', options.stores, storeKinds);
const atOnce = reading.wholeNumber('at-once', options['at-once']);
const seed = reading.wholeNumber('seed', options.seed);
const trials = reading.wholeNumber('trials', options.trials ?? (options.quick ? '10' : '60'));

const opened = new Set<Place>();
whenInterrupted(() => Promise.all([...opened].map((place) => place.close({ keep: false }))));

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
