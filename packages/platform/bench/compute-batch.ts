/** How fast many short runs drain: a batch through the executor, and a plain `sbatch --array` of the same command. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type JobSpec, jobSpecSchema } from '@genesis/contracts';
import { createSlurmExecutor } from '../src/compute/index.ts';

const execute = promisify(execFile);
const promisedShare = 0.9;

/** `share` is ours over the peer's, both in runs a second from submission to the last outcome. */
export type BatchFigures = {
  runs: number;
  batchPerSecond: number;
  arrayPerSecond: number;
  share: number;
  promisedShare: number;
  holds: boolean;
};

const secondsOf = async (action: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await action();
  return (performance.now() - begun) / 1_000;
};

export const shortRun = (name: string): JobSpec =>
  jobSpecSchema.parse({
    name,
    executable: 'true',
    resources: { memoryBytes: 2 ** 25, outputBytes: 2 ** 20, durationSeconds: 60 },
  });

export async function measureBatch(
  slurmConf: string,
  folder: string,
  { quick = false } = {},
): Promise<BatchFigures> {
  const runs = quick ? 100 : 500;
  await mkdir(folder, { recursive: true });
  const script = join(folder, 'true.sh');
  await writeFile(script, '#!/bin/sh\ntrue\n', { mode: 0o700 });
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', SLURM_CONF: slurmConf };
  // --wait looks every few seconds at most, so the end is read from the controller
  const array = async (): Promise<void> => {
    const args = [
      `--array=1-${runs}`,
      '--export=ALL',
      '--mem=64M',
      '--chdir=/',
      '--output=/dev/null',
      script,
    ];
    const { stdout } = await execute('sbatch', ['--parsable', ...args], { env });
    for (;;) {
      const job = `--jobs=${stdout.trim()}`;
      const left = await execute('squeue', ['--noheader', '--format=%i', job], { env });
      if (left.stdout.trim() === '') return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const executor = await createSlurmExecutor({ stagingRoot: join(folder, 'jobs'), slurmConf });
  const specs = Array.from({ length: runs }, (_, index) => shortRun(`run-${index}`));
  const batch = async (): Promise<void> => {
    const handles = await executor.launchBatch(specs.map((spec) => ({ spec })));
    for (const { state, message } of await Promise.all(handles.map((handle) => handle.wait())))
      if (state !== 'succeeded') throw new Error(message ?? 'a run failed');
  };
  try {
    const arrayPerSecond = runs / (await secondsOf(array));
    const batchPerSecond = runs / (await secondsOf(batch));
    for (const { name } of specs) await executor.release(name);
    const share = batchPerSecond / arrayPerSecond;
    return {
      ...{ runs, batchPerSecond, arrayPerSecond, share, promisedShare },
      holds: share >= promisedShare,
    };
  } finally {
    await executor.close();
  }
}
