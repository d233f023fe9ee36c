/**
 * Holds the explorer's defaults against published results on three measured pools, and measures its speed.
 * Usage: npm run bench:explorer -- [--quick] [--json] [--seeds 50] [--threads 2]
 *        [--only oerPlate | directArylation | crossedBarrel]
 * Exits 1 when a figure does not hold (with --quick: when its interval excludes it), 2 without the data.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { defaultSettings } from '../src/settings.ts';
import { dataFolder } from './pools.ts';
import type { Protocol, Trace } from './replay.ts';
import { costAgainstSize } from './speed.ts';
import { bootstrap, type Estimate, firstWithin, levelReached, mean, median } from './statistics.ts';
import { runTasks } from './workers.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});
const seeds = Number(flags.seeds ?? (flags.quick ? 4 : 50));
const partNames = ['oerPlate', 'directArylation', 'crossedBarrel'];
if (flags.only !== undefined && !partNames.includes(flags.only)) {
  console.error(`--only takes one of ${partNames.join(', ')}, not "${flags.only}". Nothing was measured.`);
  process.exit(2);
}

if (!existsSync(dataFolder)) {
  console.error(
    `No data at ${dataFolder}: set GENESIS_DATA to the folder that holds closedloop/. Nothing was measured.`,
  );
  process.exit(2);
}

/** A figure that has to hold: `estimate` at most or at least `limit`. */
type Figure = { name: string; estimate: Estimate; limit: number; atMost: boolean; references: string };
const figures: Figure[] = [];

function holds({ estimate, limit, atMost }: Figure): boolean {
  const value = flags.quick ? (atMost ? estimate.low : estimate.high) : estimate.value;
  return atMost ? value <= limit : value >= limit;
}

async function explore(pool: string, protocol: Protocol): Promise<Trace[]> {
  const tasks = Array.from({ length: seeds }, (_, seed) => ({
    pool,
    protocol,
    settings: defaultSettings,
    seed,
  }));
  return runTasks(tasks, Number(flags.threads));
}

function show(title: string, header: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`\n${title}`);
  const widths = header.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c]!.length)));
  for (const row of [header, ...rows])
    console.log(
      row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  '),
    );
}

function text({ value, low, high }: Estimate, digits = 0): string {
  return `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

async function crossedBarrel(): Promise<object> {
  const traces = await explore('crossed-barrel', {
    budget: 140,
    starts: 2,
    startDesign: 'random',
    batch: 1,
  });
  const shares = traces.map(({ ranks }) => {
    let found = 0;
    return ranks.map((rank) => {
      if (rank < 30) found++;
      return found / 30;
    });
  });
  const half = bootstrap(shares, (sample) => levelReached(sample, 0.5), 'half');
  const most = bootstrap(shares, (sample) => levelReached(sample, 0.8), 'most');
  const first = bootstrap(
    traces.map(({ ranks }) => firstWithin(ranks, 30)),
    median,
    'first',
  );
  show(
    `Crossed barrel: measurements until the mean share of the 30 best of 600 is found (${seeds} seeds)`,
    ['method', '50 %', '80 %', 'median to first'],
    [
      ['this explorer [95 %]', text(half), text(most), text(first, 1)],
      ['plain GP, LCB0.5', '70', '140', '7'],
      ['GP isotropic, LCB2 (PV-Lab)', '83', '169', '11.5'],
      ['scikit-learn GP, LCB1', '82', '131', '11.5'],
      ['scikit-learn random forest', '103', 'above 130', '15'],
      ['random', '300', '480', '20'],
    ],
  );
  const at = [20, 40, 60, 80, 100, 125, 140];
  console.log(
    `share found after ${at.map((n) => `${n}: ${(100 * mean(shares.map((s) => s[n - 1]!))).toFixed(0)} %`).join(', ')}`,
  );
  figures.push(
    {
      name: 'crossed barrel, 50 % of the top set',
      estimate: half,
      limit: 70,
      atMost: true,
      references: 'plain 70',
    },
    {
      name: 'crossed barrel, 80 % of the top set',
      estimate: most,
      limit: 125,
      atMost: true,
      references: 'plain 140',
    },
  );
  return { half, most, first };
}

async function oerPlate(): Promise<object> {
  const best = 21;
  const traces = await explore('oer_plate_3496', { budget: 150, starts: 2, batch: 1, stopAtRank: best - 1 });
  const hits = traces.map(({ ranks }) => firstWithin(ranks, best));
  const first = bootstrap(hits, median, 'oer');
  show(
    `OER plate 3496: measurements to the first of the best 1 % of 2,121 (${seeds} seeds)`,
    ['method', 'median', 'mean'],
    [
      ['this explorer [95 %]', text(first, 1), mean(hits).toFixed(1)],
      ['plain GP', '20', ''],
      ['random', '92', ''],
    ],
  );
  figures.push({
    name: 'OER plate, first of the best 1 %',
    estimate: first,
    limit: 17,
    atMost: true,
    references: 'plain 20',
  });
  return { first };
}

async function directArylation(): Promise<object> {
  const traces = await explore('direct-arylation', { budget: 50, starts: 5, batch: 5 });
  const bests = traces.map(({ values }) => {
    let best = 0;
    return values.map((value) => {
      best = Math.max(best, value);
      return best;
    });
  });
  const after = (n: number): Estimate =>
    bootstrap(
      bests.map((curve) => curve[n - 1]!),
      mean,
      `after ${n}`,
    );
  const [five, ten, quarter, half] = [after(5), after(10), after(25), after(50)];
  show(
    `Direct arylation, names only, batches of five: mean best yield after n of 1,728 (${seeds} seeds)`,
    ['method', '5', '10', '25', '50'],
    [
      ['this explorer [95 %]', text(five, 1), text(ten, 1), text(quarter, 1), text(half, 1)],
      ['EDBO (knows the chemistry)', '50.0', '74.1', '95.6', '99.8'],
      ['50 chemists', '64.8', '79.8', '91.7', '94.2'],
      ['plain GP, names only, one at a time', '56.6', '73.6', '90.0', '97.8'],
      ['random', '51.7', '66.0', '81.3', '88.4'],
    ],
  );
  figures.push(
    {
      name: 'direct arylation, mean best yield after 25',
      estimate: quarter,
      limit: 92,
      atMost: false,
      references: 'chemists 91.7',
    },
    {
      name: 'direct arylation, mean best yield after 50',
      estimate: half,
      limit: 98.5,
      atMost: false,
      references: 'chemists 94.2',
    },
  );
  return { five, ten, quarter, half };
}

const begun = performance.now();
const sizes = flags.quick ? [25, 50, 100, 500] : [25, 50, 100, 200, 350, 500];
const costs = flags.only === undefined ? costAgainstSize(sizes, flags.quick ? 3 : 9) : [];
show(
  'One suggestion from 2,000 candidates in six inputs: milliseconds of processor time against observations',
  ['observations', 'median', 'slowest', 'median by the wall clock'],
  costs.map(({ n, median: middle, slowest, wall }) => [
    String(n),
    middle.toFixed(0),
    slowest.toFixed(0),
    wall.toFixed(0),
  ]),
);
for (const [n, limit] of [
  [100, 100],
  [500, 1000],
] as const) {
  const value = costs.find((cost) => cost.n === n)?.median;
  if (value === undefined) continue;
  figures.push({
    name: `median suggestion at n = ${n}, ms`,
    estimate: { value, low: value, high: value },
    limit,
    atMost: true,
    references: '',
  });
}
const parts = { oerPlate, directArylation, crossedBarrel };
const results: Record<string, object> = {};
for (const [name, part] of Object.entries(parts))
  if (flags.only === undefined || flags.only === name) results[name] = await part();
show(
  'Figures',
  ['figure', 'measured', 'asked for', 'holds'],
  figures.map((figure) => [
    figure.name,
    text(figure.estimate, 1),
    `${figure.atMost ? 'at most' : 'at least'} ${figure.limit}`,
    holds(figure) ? 'yes' : 'NO',
  ]),
);
const seconds = (performance.now() - begun) / 1000;
console.log(
  `\n${seconds.toFixed(0)} s${flags.quick ? '; few seeds: a figure fails only when its interval excludes it' : ''}`,
);
if (flags.json)
  console.log(
    JSON.stringify({
      seeds,
      ...results,
      costs,
      figures: figures.map((figure) => ({ ...figure, holds: holds(figure) })),
      seconds,
    }),
  );
if (!figures.every(holds)) process.exitCode = 1;
