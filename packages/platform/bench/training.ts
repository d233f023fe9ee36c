/**
 * What the platform costs a training: the training script of the `deep` kit by itself in a folder, beside the same script as a run of
 * a platform (placed, sandboxed, tracked over MLflow's API, its outputs hashed and kept, its end recorded), in one run. The two of a pair
 * take turns of some seconds, and each is held while the other goes on. A run counts from its submission until somebody who follows its
 * log is told that it has ended. Ends with status 1 when it costs more than promised.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { asking, imported, person } from '../test/campaign-world.ts';
import { ServerUnderTest } from '../test/crash/server-under-test.ts';
import { pythonWith } from '../test/python-environment.ts';
import { pythonsBelow } from './processes.ts';
import { inTurns, type Way } from './turns.ts';

const usage = `Usage: npm run bench:training -- [--quick] [--json] [--pairs N] [--seconds S] [--gpus N]

  --quick    one pair of short trainings: the fixed costs weigh more, and nothing is judged
  --pairs    trainings by each way (3)
  --seconds  about how long each should take (60)
  --gpus     GPUs of this machine that each trains on (0); a process for each
  --json     one object with everything measured, on the last line`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
    gpus: { type: 'string', default: '0' },
  },
});
if (options.help) {
  console.log(usage);
  process.exit(0);
}

const promised = 0.02;
const turnMs = 4000;
const pairs = Number(options.pairs ?? (options.quick ? 1 : 3));
const seconds = Number(options.seconds ?? (options.quick ? 10 : 60));
const gpus = Number(options.gpus);
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const execute = promisify(execFile);
const kit = fileURLToPath(new URL('../../../kits/deep/', import.meta.url));
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const rows = 4000;
/** Four thousand rows of eight numbers and what they give, without a random number. */
const table = [
  `${Array.from({ length: 8 }, (_, at) => `x${at}`).join(',')},y`,
  ...Array.from({ length: rows }, (_, row) => {
    const x = Array.from({ length: 8 }, (_, at) => Math.sin((row + 1) * (at + 1.37) * 12.9898));
    const y = 3 * x[0]! + x[1]! * x[2]! - 2 * x[3]! ** 2 + Math.sin(4 * x[4]!);
    return [...x, y].map((value) => value.toFixed(6)).join(',');
  }),
].join('\n');

type Input = { target: string; members: number; steps: number };
/** Validated, tracked and saved as often in a short training as in a long one. */
const inputOf = (steps: number): Input & Record<string, number | string> => ({
  ...{ target: 'y', members: 1, steps, batch: 128, threads: 1, seed: 1 },
  ...{ validateSteps: 50, checkpointSteps: 200 },
});

type Timed = { seconds: number; model: string };

/** The script by itself, in a folder with the same inputs and the same packages. */
async function bare(folder: string, program: string, steps: number, place: string): Promise<Timed> {
  const working = join(folder, place);
  await mkdir(join(working, 'inputs'), { recursive: true });
  await cp(join(folder, 'table.parquet'), join(working, 'inputs', 'table.parquet'));
  await writeFile(join(working, 'inputs', 'input.json'), JSON.stringify(inputOf(steps)));
  const threads = Object.fromEntries(
    ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'].map((name) => [name, '2']),
  );
  const ours = { PYTHONPATH: kit, PYTHONSAFEPATH: '1', GENESIS_GPUS: String(gpus) };
  const env = { PATH: process.env['PATH'], ...threads, ...ours };
  const began = performance.now();
  await execute(program, ['-m', 'genesis_deep.train'], { cwd: working, env });
  const took = (performance.now() - began) / 1000;
  return { seconds: took, model: await readFile(join(working, 'model', 'model.json'), 'utf8') };
}

type Throughput = { device: string; samplesPerSecond: number; bareSamplesPerSecond: number };
type Shown = {
  run: { status: string; outcome: unknown };
  output: { value: { throughput: Throughput } } | null;
};
type Submitting = { ask: ReturnType<typeof asking>; url: string; token: string; version: string };

/** The same as a run, from its submission until its log, which is followed as `genesis train` does, tells its end. */
async function governed(
  { ask, url, token, version }: Submitting,
  steps: number,
): Promise<Throughput | undefined> {
  const { id } = await ask<{ id: string }>('POST', '/v1/runs', {
    ...{ capability: 'deep-train', purpose: 'train', input: inputOf(steps) },
    datasets: [{ name: 'table.parquet', version }],
    ...(gpus === 0 ? {} : { resources: { gpus, memoryBytes: gpus * 2 ** 33 } }),
  });
  const headers = { authorization: `Bearer ${token}` };
  const log = await (await fetch(`${url}/v1/runs/${id}/logs?purpose=train`, { headers })).text();
  const { run, output } = await ask<Shown>('GET', `/v1/runs/${id}?purpose=train`);
  if (run.status !== 'succeeded')
    throw new Error(`the run ended otherwise: ${JSON.stringify(run.outcome)}\n${log.slice(-2_000)}`);
  return output?.value.throughput;
}

const python = await pythonWith(join(kit, gpus === 0 ? 'requirements.txt' : 'requirements-gpu.txt'));
if ('missing' in python) throw new Error(`This needs ${python.missing}`);
const folder = await mkdtemp(join(tmpdir(), 'genesis-training-'));
const server = new ServerUnderTest(join(folder, 'data'));
try {
  await writeFile(join(folder, 'table.csv'), table);
  const convert =
    "import pyarrow.csv as c, pyarrow.parquet as p; p.write_table(c.read_csv('table.csv'), 'table.parquet')";
  await execute(python.program, ['-c', convert], { cwd: folder });
  say('Starting a platform; its first training makes the environment of the kit ...');
  await server.start();
  const admin = (await readFile(join(folder, 'data', 'admin.token'), 'utf8')).trim();
  const at = { url: server.url, admin };
  const by = await person(at, 'researcher');
  const ask = asking(at, by);
  const { version } = await imported(at, by, table, { split: undefined });
  const submitting = { ask, url: server.url, token: by.token, version };
  await governed(submitting, 100);
  const few = await bare(folder, python.program, 200, 'few');
  const more = await bare(folder, python.program, 1200, 'more');
  // Samples a second are told by a training that is not held.
  const device = await governed(submitting, 1200);
  const perStep = Math.max((more.seconds - few.seconds) / 1000, 1e-5);
  const steps = Math.max(400, 200 * Math.round((seconds - few.seconds) / perStep / 200));
  say(`${pairs} trainings of ${steps} steps by each way ...`);
  const alone: number[] = [];
  const run: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const trainers = (): number[] => pythonsBelow(server.pid!, 'genesis_deep');
    const one: Way = {
      begin: async () => void (await bare(folder, python.program, steps, `bare-${pair}`)),
      processes: () => {
        const others = new Set(trainers());
        return pythonsBelow(process.pid, 'genesis_deep').filter((pid) => !others.has(pid));
      },
    };
    const other: Way = {
      begin: async () => void (await governed(submitting, steps)),
      processes: trainers,
    };
    const first = pair % 2 === 0;
    const took = await inTurns(first ? [one, other] : [other, one], turnMs);
    alone.push(took[first ? 0 : 1]!);
    run.push(took[first ? 1 : 0]!);
    say(`  by itself ${alone.at(-1)!.toFixed(2)} s, as a run ${run.at(-1)!.toFixed(2)} s`);
  }
  const cost = median(run.map((took, pair) => took / alone[pair]!)) - 1;
  const holds = cost <= promised;
  const machine = { cores: cpus().length, model: cpus()[0]?.model ?? '', load: loadavg()[0] };
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ rows, steps, pairs, promised, alone, run, cost, holds, device, machine })}\n`,
    );
  else
    process.stdout.write(
      [
        `A network for ${rows} rows, ${steps} steps, ${pairs} by each way in turn; ${machine.cores} cores, load ${machine.load?.toFixed(1)}`,
        '',
        '| what | median s | all |',
        '| --- | --- | --- |',
        `| the script by itself | ${median(alone).toFixed(2)} | ${alone.map((value) => value.toFixed(2)).join(', ')} |`,
        `| as a run of the platform | ${median(run).toFixed(2)} | ${run.map((value) => value.toFixed(2)).join(', ')} |`,
        '',
        ...(device === undefined
          ? []
          : [
              `As a run, on ${device.device}: ${device.samplesPerSecond.toFixed(0)} samples/s, ${device.bareSamplesPerSecond.toFixed(0)} in a loop without checkpoints and tracking.`,
            ]),
        `The platform costs ${(100 * cost).toFixed(2)} %, the median of the pairs; promised is at most ${100 * promised} % of a training of about a minute: ${options.quick ? 'not judged in the short form' : holds ? 'holds' : 'DOES NOT HOLD'}.`,
        '',
      ].join('\n'),
    );
  process.exitCode = holds || options.quick ? 0 : 1;
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
