/**
 * How much a sandboxed run of `true` costs beyond bubblewrap itself: from launch to outcome, with claim, cgroups,
 * seccomp filter, watchdog and outcome on disk, against a bare bubblewrap with the same namespaces, run in turns.
 *
 * Usage: node packages/platform/bench/sandbox.ts [--quick] [--json]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobSpecSchema } from '@genesis/contracts';
import { findBubblewrap } from '../src/compute/executors/local/bubblewrap.ts';
import { createLocalExecutor } from '../src/compute/index.ts';

const promisedMilliseconds = 50;

type Quantiles = { p50: number; p95: number };

/** All times in milliseconds. `overhead` is of the differences between a job and the bare run beside it. */
export type SandboxFigures =
  | {
      available: true;
      runs: number;
      enforcement: 'cgroup' | 'watchdog';
      bubblewrap: Quantiles;
      job: Quantiles;
      overhead: Quantiles;
      /** Processes that wanted to run on this machine when the bench ended; above its cores, times are too long. */
      load: number;
      promisedMilliseconds: number;
      holds: boolean;
    }
  | { available: false; reason: string; holds: true };

const bareSandbox = [
  ...[
    '--unshare-all',
    '--uid',
    '65534',
    '--gid',
    '65534',
    '--die-with-parent',
    '--new-session',
    '--clearenv',
  ],
  ...['--ro-bind', '/usr', '/usr', '--symlink', 'usr/bin', '/bin', '--symlink', 'usr/lib', '/lib'],
  ...[
    '--symlink',
    'usr/lib64',
    '/lib64',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/job',
    '--chdir',
    '/job',
  ],
  ...['/usr/bin/true'],
];

const timed = async (action: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await action();
  return performance.now() - start;
};

const runBare = (bubblewrap: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(bubblewrap, bareSandbox, { stdio: 'ignore' });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`bubblewrap ended with exit code ${code}`)),
    );
  });

const quantiles = (values: number[]): Quantiles => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
};

/** Where no sandbox can be made, there is nothing to measure, and the figure says why. */
export async function measureSandbox({ quick = false } = {}): Promise<SandboxFigures> {
  const runs = quick ? 20 : 200;
  const folder = await mkdtemp(join(tmpdir(), 'genesis-sandbox-bench-'));
  const executor = await createLocalExecutor({ stagingRoot: join(folder, 'jobs') });
  try {
    if (!executor.sandbox.available)
      return { available: false, reason: executor.sandbox.reason, holds: true };
    const bubblewrap = await findBubblewrap();
    if ('missing' in bubblewrap) return { available: false, reason: bubblewrap.missing, holds: true };
    const bare: number[] = [];
    const job: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      bare.push(await timed(() => runBare(bubblewrap.path)));
      const spec = jobSpecSchema.parse({ name: `run-${run}`, executable: 'true' });
      job.push(
        await timed(async () => {
          const handle = await executor.launch(spec);
          const outcome = await handle.wait();
          if (outcome.state !== 'succeeded') throw new Error(outcome.message ?? 'the job failed');
        }),
      );
    }
    const overhead = quantiles(job.map((milliseconds, run) => milliseconds - (bare[run] ?? 0)));
    return {
      available: true,
      runs,
      enforcement: executor.sandbox.enforcement,
      bubblewrap: quantiles(bare),
      job: quantiles(job),
      overhead,
      load: loadavg()[0] ?? 0,
      promisedMilliseconds,
      holds: overhead.p50 < promisedMilliseconds,
    };
  } finally {
    await executor.close();
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const flags = new Set(process.argv.slice(2));
  const figures = await measureSandbox({ quick: flags.has('--quick') });
  if (figures.available) {
    const row = ({ p50, p95 }: Quantiles) => ({
      'median, ms': p50.toFixed(1),
      '95th percentile, ms': p95.toFixed(1),
    });
    console.table({
      'bubblewrap alone': row(figures.bubblewrap),
      'a job': row(figures.job),
      difference: row(figures.overhead),
    });
    console.log(
      `${figures.runs} runs, limits by ${figures.enforcement}, load ${figures.load.toFixed(1)}; the promise is a median under ${promisedMilliseconds} ms: ${figures.holds ? 'it holds' : 'it does NOT hold'}.`,
    );
  } else console.log(`Not measured: ${figures.reason}`);
  if (flags.has('--json')) console.log(JSON.stringify(figures));
  if (!figures.holds) process.exitCode = 1;
}
