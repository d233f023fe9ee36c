/**
 * Compares settings on the tuning pools: four measured tables and simulated functions. Never reads the pools that
 * the explorer is held against. Usage: node bench/tune.ts '{"bandwidth": 2}' '{"draws": 0}' [--seeds 10] [--pools a,b]
 */
import { parseArgs } from 'node:util';
import { defaultSettings, type Settings } from '../src/settings.ts';
import { loadPool, tuningPools } from './pools.ts';
import type { Protocol, Trace } from './replay.ts';
import { runTasks, type Task } from './workers.ts';

const PROTOCOLS: Record<string, Protocol & { size: number }> = {
  agnp: { budget: 60, starts: 2, batch: 1, size: 164 },
  colors_bob: { budget: 60, starts: 2, batch: 1, size: 241 },
  hplc: { budget: 60, starts: 2, batch: 1, size: 1386 },
  photo_wf3: { budget: 60, starts: 2, batch: 1, size: 1040 },
  grid: { budget: 90, starts: 2, batch: 1, size: 540 },
  box6: { budget: 60, starts: 2, batch: 1, size: 1000 },
  ridge: { budget: 60, starts: 2, batch: 1, size: 1000 },
  simplex6: { budget: 40, starts: 2, batch: 1, size: 2121 },
  screen: { budget: 50, starts: 5, batch: 5, size: 1728 },
  'screen-clipped': { budget: 50, starts: 5, batch: 5, size: 1728 },
  'screen-matched': { budget: 50, starts: 5, batch: 5, size: 1728 },
  'screen-rough': { budget: 50, starts: 5, batch: 5, size: 1728 },
  'screen-strong': { budget: 50, starts: 5, batch: 5, size: 1728 },
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '10' },
    first: { type: 'string', default: '0' },
    pools: { type: 'string', default: tuningPools.join(',') },
    batch: { type: 'string' },
    threads: { type: 'string', default: '2' },
  },
});
const seeds = Number(flags.seeds);
const first = Number(flags.first);
const pools = flags.pools.split(',');
const variants = positionals.length > 0 ? positionals : ['{}'];

type Figures = {
  top: number;
  first: number;
  best: number;
  halfway: number;
  early: number;
  value: number;
  time: number;
};

/**
 * top: share of the best 5 % (at most 30) found, averaged over the second half of the budget; first: the measurement
 * that first met the best 1 % (the budget + 1 where none did); best: how far up the order of values the best one is,
 * 100 log10(size / (1 + its rank)), at the end and halfway; value: how far the best value has come from the median of
 * all (0) to the best of all (100), at half and at end.
 */
type Span = { median: number; limit: number };

function figuresOf(
  traces: readonly Trace[],
  spans: readonly Span[],
  { size, budget }: { size: number; budget: number },
): Figures {
  const topSize = Math.min(30, Math.ceil(0.05 * size));
  const sum = { top: 0, first: 0, best: 0, halfway: 0, early: 0, value: 0, time: 0 };
  for (const [t, { ranks, values, milliseconds }] of traces.entries()) {
    const { median, limit } = spans[t]!;
    let found = 0;
    let area = 0;
    ranks.forEach((rank, i) => {
      if (rank < topSize) found++;
      if (i >= budget / 2) area += found / topSize / (budget / 2);
    });
    const hit = ranks.findIndex((rank) => rank < 0.01 * size);
    sum.top += area;
    sum.first += hit < 0 ? budget + 1 : hit + 1;
    sum.best += 100 * Math.log10(size / (1 + Math.min(...ranks)));
    sum.halfway += 100 * Math.log10(size / (1 + Math.min(...ranks.slice(0, budget / 2))));
    const progress = (n: number): number => {
      const part = ranks.slice(0, n);
      return (100 * (values[part.indexOf(Math.min(...part))]! - median)) / (limit - median);
    };
    sum.early += progress(budget / 2);
    sum.value += progress(budget);
    sum.time += [...milliseconds].sort((a, b) => a - b)[milliseconds.length >> 1]!;
  }
  const n = traces.length;
  return {
    top: sum.top / n,
    first: sum.first / n,
    best: sum.best / n,
    halfway: sum.halfway / n,
    early: sum.early / n,
    value: sum.value / n,
    time: sum.time / n,
  };
}

const spanCache = new Map<string, Span>();

function spanOf(name: string, seed: number): Span {
  const key = `${name} ${seed}`;
  const known = spanCache.get(key);
  if (known) return known;
  const pool = loadPool(name, seed);
  const sorted = pool.ranks.map((_, i) => i).sort((a, b) => pool.ranks[a]! - pool.ranks[b]!);
  const span = { limit: pool.values[sorted[0]!]!, median: pool.values[sorted[sorted.length >> 1]!]! };
  spanCache.set(key, span);
  return span;
}

const tasks: (Task & { variant: number })[] = [];
for (const [variant, text] of variants.entries()) {
  const settings: Settings = { ...defaultSettings, ...(JSON.parse(text) as Partial<Settings>) };
  for (const pool of pools)
    for (let seed = first; seed < first + seeds; seed++)
      tasks.push({
        variant,
        pool,
        protocol: { ...PROTOCOLS[pool]!, ...(flags.batch && { batch: Number(flags.batch) }) },
        settings,
        seed,
      });
}
const begun = performance.now();
let shown = 0;
console.log(
  'top = % of best 5 % found; first = to first of best 1 %; best = 100 log10(size / rank), at half and at end',
);
await runTasks(tasks, Number(flags.threads), (results) => {
  const perVariant = tasks.length / variants.length;
  while (shown < variants.length) {
    const own = results.slice(shown * perVariant, (shown + 1) * perVariant);
    if (own.length < perVariant || own.includes(undefined)) return;
    show(variants[shown]!, own as Trace[]);
    shown++;
  }
});

function show(text: string, own: readonly Trace[]): void {
  console.log(`\n${text}   (${((performance.now() - begun) / 1000).toFixed(0)} s)`);
  const all: Figures[] = [];
  for (const [i, pool] of pools.entries()) {
    const spans = Array.from({ length: seeds }, (_, k) => spanOf(pool, first + k));
    const figures = figuresOf(own.slice(i * seeds, (i + 1) * seeds), spans, PROTOCOLS[pool]!);
    all.push(figures);
    console.log(row(pool, figures));
  }
  const mean = (key: keyof Figures): number =>
    all.reduce((sum, figures) => sum + figures[key], 0) / all.length;
  const means = { top: mean('top'), first: mean('first'), best: mean('best'), halfway: mean('halfway') };
  console.log(row('mean', { ...means, early: mean('early'), value: mean('value'), time: mean('time') }));
}

function row(name: string, { top, first: hit, best, halfway, early, value, time }: Figures): string {
  return `${name.padEnd(14)} top ${(100 * top).toFixed(1).padStart(5)}  first ${hit.toFixed(1).padStart(5)}  best ${halfway.toFixed(0).padStart(4)} ${best.toFixed(0).padStart(4)}  value ${early.toFixed(1).padStart(5)} ${value.toFixed(1).padStart(5)}  ${time.toFixed(0).padStart(4)} ms`;
}
