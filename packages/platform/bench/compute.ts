/**
 * What giving commands to a Slurm costs, each figure beside its limit or its peer, measured one after the other so
 * that none disturbs another. Ends with status 1 when one does not hold. It starts a Slurm of one node of its own; where
 * there can be none, what needs it is left out and says so.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type DevelopmentSlurm, developmentSlurm } from '../test/development-slurm.ts';
import { measureBatch } from './compute-batch.ts';
import { measureLooks } from './compute-looks.ts';
import { measureStart, type Quartiles } from './compute-start.ts';
import { measurePlacement } from './placement.ts';

type Figure = {
  what: string;
  ours: number;
  /** A fixed limit, or what a peer does on this machine in the same run. */
  limit: number;
  unit: string;
  holds: boolean;
  /** How the cost grows, and what else was seen. */
  growth: string;
  details: unknown;
};

type Place = { quick: boolean; folder: string; slurm: () => DevelopmentSlurm };

const usage = `Usage: node packages/platform/bench/compute.ts [--quick] [--json] [--only start,batch,looks,placement]

  --quick  fewer runs, for trying it out
  --json   one object with everything measured, on the last line
  --only   some of the figures

It ends with status 1 when a figure does not hold.`;

const inWords = ({ lower, median, upper }: Quartiles): string =>
  `${median.toFixed(0)} ms (${lower.toFixed(0)} to ${upper.toFixed(0)})`;

async function start({ quick, folder, slurm }: Place): Promise<Figure | string> {
  const { missing, configuration } = slurm();
  if (missing !== null) return `start of a job: not measured, ${missing}`;
  const details = await measureStart(configuration, join(folder, 'start'), { quick });
  return {
    what: 'start of user code, beyond a bare sbatch in turns with it (median)',
    ours: details.overhead.median,
    limit: details.promisedMilliseconds,
    unit: 'ms (at most)',
    holds: details.holds,
    growth: `constant for each job; medians and quartiles of ${details.runs}: beyond ${inWords(details.overhead)}, a job ${inWords(details.job)}, bare ${inWords(details.bare)}`,
    details,
  };
}

async function batch({ quick, folder, slurm }: Place): Promise<Figure | string> {
  const { missing, configuration } = slurm();
  if (missing !== null) return `batch of short runs: not measured, ${missing}`;
  const details = await measureBatch(configuration, join(folder, 'batch'), { quick });
  return {
    what: `batch of ${details.runs} short runs, against a plain sbatch --array of them`,
    ours: details.batchPerSecond,
    limit: details.arrayPerSecond,
    unit: `/s (at least ${details.promisedShare} of it)`,
    holds: details.holds,
    growth: `linear in runs; ${details.share.toFixed(1)} times the array, each run with sandbox, claim, log and outcome`,
    details,
  };
}

async function looks({ quick, folder }: Place): Promise<Figure> {
  const details = await measureLooks(join(folder, 'looks'), { quick });
  const last = details.steps.at(-1);
  const steps = details.steps.map(
    ({ followed, callsPerLook, processorMilliseconds }) =>
      `${callsPerLook} at ${followed} (${processorMilliseconds.toFixed(0)} ms of processor time)`,
  );
  return {
    what: `calls of the scheduler in one look at ${last?.followed} followed runs`,
    ours: last?.callsPerLook ?? Number.NaN,
    limit: details.steps[0]?.callsPerLook ?? Number.NaN,
    unit: 'calls (no more than at the fewest)',
    holds: details.holds,
    growth: `O(1): ${steps.join(', ')}`,
    details,
  };
}

async function placement({ quick }: Place): Promise<Figure> {
  const details = measurePlacement({ quick });
  return {
    what: `placement over ${details.resources} resources (median)`,
    ours: details.medianMs,
    limit: details.promised,
    unit: 'ms (at most)',
    holds: details.holds,
    growth: `linear in resources, but for sorting: ${details.noQueueMs.toFixed(1)} ms without any history, ${details.everyQueueMs.toFixed(0)} ms where each has a full one`,
    details,
  };
}

const measures = { start, batch, looks, placement };
type Measure = keyof typeof measures;
const names = Object.keys(measures) as Measure[];

/** Three digits that matter, whole numbers from a hundred on. */
const brief = (value: number): string =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : value.toPrecision(3);

async function measureAll(
  wanted: readonly string[],
  quick: boolean,
): Promise<{ figures: Figure[]; skipped: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'genesis-compute-bench-'));
  let started: DevelopmentSlurm | undefined;
  const place: Place = {
    ...{ quick, folder },
    slurm: () => {
      started ??= developmentSlurm();
      return started;
    },
  };
  const figures: Figure[] = [];
  const skipped: string[] = [];
  try {
    for (const name of names.filter((one) => wanted.includes(one))) {
      process.stderr.write(`measuring ${name} ...\n`);
      const result = await measures[name](place);
      if (typeof result === 'string') skipped.push(result);
      else figures.push(result);
    }
    return { figures, skipped };
  } finally {
    started?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  if (values.help) return console.log(usage);
  const wanted = values.only?.split(',') ?? names;
  const unknown = wanted.filter((name) => !names.includes(name as Measure));
  if (unknown.length > 0)
    throw new Error(`--only: ${unknown.join(', ')} is unknown; known are ${names.join(', ')}`);
  const { figures, skipped } = await measureAll(wanted, values.quick);
  console.table(
    figures.map(({ what, ours, limit, unit, holds }) => ({
      what,
      ours: brief(ours),
      'limit or peer': brief(limit),
      unit,
      ratio: (ours / limit).toFixed(3),
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
  if (values.json) console.log(JSON.stringify({ ok, quick: values.quick, load, figures, skipped }));
  process.exitCode = ok ? 0 : 1;
}

await main();
