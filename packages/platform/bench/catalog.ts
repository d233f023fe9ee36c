/**
 * What a catalog costs as it grows: searches with facets, decisions about a page, import of cards; and slices of HDF5 files
 * against plain reads: each beside its limit.
 * Ends with status 1 when a figure does not hold.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLog, openDatabase } from '../src/kernel/index.ts';
import { type ImportCardsFigures, measureImportCards } from './catalog-import.ts';
import { createLoader } from './catalog-load.ts';
import { compareSample } from './catalog-sample.ts';
import { measureSearch, type SearchFigures } from './catalog-search.ts';
import { measureSlices, type SliceFigures } from './hdf5-slices.ts';

const usage = `Usage: node packages/platform/bench/catalog.ts [--quick] [--json]

  --quick  10 and 50 thousand datasets in the place of 10 thousand and a million
  --json   one object with everything measured, on the last line

It ends with status 1 when a figure does not hold.`;

const promised = { searchMs: 150, decisionMs: 10, cardsPerMinute: 10_000 };

type Step = {
  datasets: number;
  documents: number;
  loadSeconds: number;
  bytes: number;
  search: SearchFigures;
  cards: ImportCardsFigures;
};
type Figure = { what: string; ours: number; limit: number; unit: string; holds: boolean };

async function measureAll(sizes: readonly number[], quick: boolean): Promise<Step[]> {
  const folder = await mkdtemp(join(tmpdir(), 'genesis-catalog-bench-'));
  const database = await openDatabase({
    dataFolder: folder,
    log: createLog({ level: 'error' }),
    connections: 3,
  });
  try {
    const loader = createLoader(database.pool, folder);
    const steps: Step[] = [];
    for (const datasets of sizes) {
      process.stderr.write(`loading ${datasets} datasets ...\n`);
      const { documents, seconds } = await loader.loadTo(datasets);
      await compareSample(database, datasets);
      process.stderr.write('searching ...\n');
      const search = await measureSearch(database, datasets, quick ? 4 : 10);
      process.stderr.write('importing cards ...\n');
      const cards = await measureImportCards(database, quick ? 1000 : 10_000);
      const { rows } = await database.pool.query<{ bytes: number }>(
        `select pg_total_relation_size('search_document')::float8 as bytes`,
      );
      steps.push({ datasets, documents, loadSeconds: seconds, bytes: rows[0]!.bytes, search, cards });
    }
    return steps;
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function figuresOf({ datasets, search, cards }: Step): Figure[] {
  const most = (what: string, ours: number, limit: number): Figure => ({
    ...{ what: `${what}, ${datasets} datasets`, ours, limit, unit: 'ms (under)', holds: ours < limit },
  });
  return [
    most('search with facets (p95)', search.times.p95, promised.searchMs),
    most('decision for a page of 50 hits (p95)', search.decision.p95, promised.decisionMs),
    {
      ...{ what: `import of cards, beside ${datasets} datasets`, ours: cards.perMinute },
      ...{
        limit: promised.cardsPerMinute,
        unit: '/min (at least)',
        holds: cards.perMinute >= promised.cardsPerMinute,
      },
    },
  ];
}

const sliceFigure = ({ cold, promisedShare, holds }: SliceFigures): Figure => ({
  ...{ what: 'HDF5 slice reads over plain reads', ours: cold.share * 100 },
  ...{ limit: promisedShare * 100, unit: '% (at least)', holds },
});

const printSlices = ({ bytes, evicted, cold, warm }: SliceFigures): void => {
  console.log(`Slices of ${bytes / 2 ** 20} MiB of an HDF5 file, and plain reads of as much (medians):`);
  console.table(
    [cold, warm].map(({ sliceMiBs, plainMiBs, share, startMs, freshStartMs }, index) => ({
      'file in the cache': index === 0 ? (evicted ? 'no' : 'perhaps') : 'yes',
      ...{ 'slice, MiB/s': brief(sliceMiBs), 'plain, MiB/s': brief(plainMiBs) },
      ...{ share: share.toFixed(2), 'until the first byte, ms': brief(startMs) },
      'where no child waits, ms': brief(freshStartMs),
    })),
  );
};

const brief = (value: number): string =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : value.toPrecision(3);

function printGrowth(steps: readonly Step[]): void {
  console.log('How each cost grows:');
  console.table(
    steps.map(({ datasets, documents, loadSeconds, bytes, search, cards }) => ({
      ...{
        datasets,
        documents,
        'MiB of documents and indexes': Math.round(bytes / 2 ** 20),
        'load, s': brief(loadSeconds),
      },
      ...{
        'search p50, ms': brief(search.times.p50),
        'p95, ms': brief(search.times.p95),
        'most, ms': brief(search.times.most),
      },
      ...{ 'p95 without waits, ms': brief(search.undisturbed.p95), 'classes seen': search.classes },
      ...{ 'decision p95, ms': brief(search.decision.p95), 'cards/min': brief(cards.perMinute) },
    })),
  );
  for (const { datasets, search } of steps) {
    console.log(
      `The slowest at ${datasets} datasets, of ${search.searches} searches (${search.inexact} with "more than" as their total):`,
    );
    for (const { what, p95 } of search.worst) console.log(`  ${brief(p95)} ms  ${what}`);
  }
  console.log(
    'All by the clock; "without waits" leaves out how long other programs had the processor of a search.',
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return console.log(usage);
  const { quick } = values;
  const steps = await measureAll(quick ? [10_000, 50_000] : [10_000, 1_000_000], quick);
  process.stderr.write('reading slices of an HDF5 file ...\n');
  const slices = await measureSlices({ quick });
  const figures = [...steps.slice(-1).flatMap(figuresOf), sliceFigure(slices)];
  console.table(
    figures.map(({ what, ours, limit, unit, holds }) => ({
      ...{
        what,
        ours: brief(ours),
        limit: brief(limit),
        unit,
        ratio: (ours / limit).toFixed(3),
        'holds?': holds ? 'yes' : 'NO',
      },
    })),
  );
  printSlices(slices);
  printGrowth(steps);
  const load = loadavg()[0] ?? 0;
  if (load > cpus().length)
    console.log(
      `This machine is busy (load ${load.toFixed(1)} on ${cpus().length} cores): times by the clock are too long.`,
    );
  const ok = figures.every(({ holds }) => holds);
  console.log(ok ? 'All figures hold.' : 'A figure does NOT hold.');
  if (values.json) console.log(JSON.stringify({ ok, quick, load, figures, slices, steps }));
  process.exitCode = ok ? 0 : 1;
}

await main();
