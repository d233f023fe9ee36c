/**
 * What the platform promises about speed, each figure beside its limit or its peer, measured one after the other so
 * that none disturbs another. Ends with status 1 when one does not hold.
 *
 * Usage: node packages/platform/bench/platform.ts [--quick] [--json] [--only writes,decisions,proof,verify,sandbox,import]
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measureVerify } from '../../evidence/bench/verify.ts';
import { measureImport } from './import.ts';
import { measurePerform } from './perform.ts';
import { measurePolicy } from './policy.ts';
import { measureProofs } from './proof.ts';
import { measureSandbox } from './sandbox.ts';

type Figure = {
  what: string;
  ours: number;
  /** A fixed limit, or what a peer does on this machine in the same run. */
  limit: number;
  unit: string;
  /** Ours over the limit. */
  ratio: number;
  holds: boolean;
  /** How the cost grows. */
  growth: string;
  details: unknown;
};

const verifyLimitSeconds = 10;

/** A figure that keeps below its limit, or above it. */
const figure = (given: Omit<Figure, 'ratio'>): Figure => ({ ...given, ratio: given.ours / given.limit });

async function writes(quick: boolean): Promise<Figure> {
  const details = await measurePerform({ quick });
  const { writesPerSecond, barePerSecond, share, shareOfOneCaller, callers } = details;
  return {
    what: `writes through perform(), ${callers} callers, against the same rows bare`,
    ours: writesPerSecond,
    limit: barePerSecond,
    unit: '/s (at least half)',
    ratio: share,
    holds: details.holds,
    growth: `share ${share.toFixed(2)} at ${callers} callers, ${shareOfOneCaller.toFixed(2)} at 1; O(1) for each write, whatever the ledger holds`,
    details,
  };
}

function decisions(quick: boolean): Figure {
  const details = measurePolicy({ quick });
  const { byTheClock, decisionsPerSecond, promised, bindings, categories, rules } = details;
  return figure({
    what: `decisions uncached: ${bindings} grants, ${categories} categories, ${rules} rules`,
    ours: decisionsPerSecond,
    limit: promised,
    unit: '/s of one core (at least)',
    holds: details.holds,
    growth: `linear in grants, categories and rules; by the clock ${byTheClock}/s, with whatever else runs here`,
    details,
  });
}

async function proof(quick: boolean): Promise<Figure> {
  const details = await measureProofs({ quick });
  const { sizes, p50, p99, entries, promisedMilliseconds, insertSeconds, sequenceSeconds } = details;
  const steps = sizes.map((step) => `${step.p50.toFixed(2)} ms at ${step.entries}`).join(', ');
  return figure({
    what: `inclusion proof from PostgreSQL at ${entries} entries (median)`,
    ours: p50,
    limit: promisedMilliseconds,
    unit: 'ms (under)',
    holds: details.holds,
    growth: `O(log n): ${steps}; 99th percentile ${p99.toFixed(2)} ms; loaded in ${insertSeconds.toFixed(0)} s, numbered in ${sequenceSeconds.toFixed(0)} s`,
    details,
  });
}

async function verify(quick: boolean): Promise<Figure> {
  const entries = quick ? 10_000 : 100_000;
  const small = await measureVerify(entries / 10);
  const details = await measureVerify(entries);
  const limit = quick ? verifyLimitSeconds / 10 : verifyLimitSeconds;
  return figure({
    what: `genesis verify of ${entries} entries`,
    // So short a run on a busy machine says little by the clock.
    ours: quick ? details.processorSeconds : details.verifySeconds,
    limit,
    unit: quick ? 's of processor time (under)' : 's (under)',
    holds: (quick ? details.processorSeconds : details.verifySeconds) < limit,
    growth: `linear: ${small.verifySeconds.toFixed(2)} s for ${small.entries}; processor time ${details.processorSeconds.toFixed(2)} s`,
    details,
  });
}

async function sandbox(quick: boolean): Promise<Figure | string> {
  const details = await measureSandbox({ quick });
  if (!details.available) return `sandboxed run of true: not measured, ${details.reason}`;
  return figure({
    what: 'a sandboxed run of true, beyond bubblewrap itself (median)',
    ours: details.overhead.p50,
    limit: details.promisedMilliseconds,
    unit: 'ms (under)',
    holds: details.holds,
    growth: `constant for each run; 95th percentile ${details.overhead.p95.toFixed(1)} ms, bubblewrap itself ${details.bubblewrap.p50.toFixed(1)} ms, limits by ${details.enforcement}`,
    details,
  });
}

async function imports(quick: boolean): Promise<Figure> {
  const details = await measureImport({ quick });
  const megabytes = Math.round(details.bytes / 1e6);
  return {
    what: `import of a CSV file of ${megabytes} MB, against DuckDB alone`,
    ours: details.importSeconds,
    limit: details.duckDbSeconds,
    unit: `s (at least ${details.promised} of its speed)`,
    ratio: details.shareOfDuckDb,
    holds: details.holds,
    growth: `linear in bytes at ${details.importMiBPerSecond} MiB/s; peak memory ${details.childPeakMiB} MiB, ${details.smallChildPeakMiB} MiB for a tenth of the file`,
    details,
  };
}

const measures = { writes, decisions, proof, verify, sandbox, import: imports };
type Measure = keyof typeof measures;
const names = Object.keys(measures) as Measure[];

/** Three digits that matter, whole numbers from a hundred on. */
const brief = (value: number): string =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : value.toPrecision(3);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, only: { type: 'string' } },
  });
  const wanted = values.only?.split(',') ?? names;
  const unknown = wanted.filter((name) => !names.includes(name as Measure));
  if (unknown.length > 0)
    throw new Error(`--only: ${unknown.join(', ')} is unknown; known are ${names.join(', ')}`);
  const figures: Figure[] = [];
  const skipped: string[] = [];
  for (const name of names.filter((one) => wanted.includes(one))) {
    process.stderr.write(`measuring ${name} ...\n`);
    const result = await measures[name](values.quick === true);
    if (typeof result === 'string') skipped.push(result);
    else figures.push(result);
  }
  console.table(
    figures.map(({ what, ours, limit, unit, ratio, holds }) => ({
      what,
      ours: brief(ours),
      'limit or peer': brief(limit),
      unit,
      ratio: ratio.toFixed(3),
      'holds?': holds ? 'yes' : 'NO',
    })),
  );
  console.log('How each cost grows:');
  for (const { what, growth } of figures) console.log(`  ${what}: ${growth}`);
  for (const line of skipped) console.log(`  ${line}`);
  const load = loadavg()[0] ?? 0;
  const cores = cpus().length;
  if (load > cores)
    console.log(`This machine is busy (load ${load.toFixed(1)} on ${cores} cores): times are too long.`);
  const ok = figures.every(({ holds }) => holds);
  console.log(ok ? 'All figures hold.' : 'A figure does NOT hold.');
  if (values.json === true)
    console.log(JSON.stringify({ ok, quick: values.quick === true, load, figures, skipped }));
  process.exitCode = ok ? 0 : 1;
}

await main();
