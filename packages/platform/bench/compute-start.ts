/**
 * From submission to the first line of user code: a job through the executor, and a bare `sbatch` of the same command
 * to the same Slurm, in turns. The moment is told by the command itself, by the clock of this machine.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jobSpecSchema, type LogLine } from '@genesis/contracts';
import { createSlurmExecutor } from '../src/compute/index.ts';

const execute = promisify(execFile);
const promisedMilliseconds = 100;
const tellTime = 'date +%s%N';

export type Quartiles = { lower: number; median: number; upper: number };

function quartilesOf(values: readonly number[]): Quartiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

/** All times in milliseconds; `overhead` is of the differences between a job and the bare one beside it. */
export type StartFigures = {
  runs: number;
  bare: Quartiles;
  job: Quartiles;
  overhead: Quartiles;
  promisedMilliseconds: number;
  holds: boolean;
};

const milliseconds = (nanoseconds: string): number => Number(BigInt(nanoseconds.trim()) / 1_000n) / 1_000;
const clock = (): number => performance.timeOrigin + performance.now();

export async function measureStart(
  slurmConf: string,
  folder: string,
  { quick = false } = {},
): Promise<StartFigures> {
  const runs = quick ? 9 : 31;
  await mkdir(folder, { recursive: true });
  const script = join(folder, 'bare.sh');
  await writeFile(script, `#!/bin/sh\n${tellTime}\n`, { mode: 0o700 });
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', SLURM_CONF: slurmConf };
  const output = join(folder, 'bare.out');
  const bareRun = async (): Promise<number> => {
    const begun = clock();
    await execute(
      'sbatch',
      ['--wait', '--export=ALL', '--mem=300M', '--chdir=/', `--output=${output}`, script],
      { env },
    );
    return milliseconds(await readFile(output, 'utf8')) - begun;
  };
  const executor = await createSlurmExecutor({ stagingRoot: join(folder, 'jobs'), slurmConf });
  const jobRun = async (name: string): Promise<number> => {
    const spec = jobSpecSchema.parse({
      name,
      executable: 'sh',
      arguments: ['-c', tellTime],
      resources: { memoryBytes: 2 ** 25, outputBytes: 2 ** 20 },
    });
    const lines: LogLine[] = [];
    const begun = clock();
    const handle = await executor.launch(spec, { onLog: (added) => void lines.push(...added) });
    const outcome = await handle.wait();
    if (outcome.state !== 'succeeded') throw new Error(outcome.message ?? 'the job failed');
    await executor.release(name);
    return milliseconds(lines[0]?.text ?? '') - begun;
  };
  try {
    const bare: number[] = [];
    const job: number[] = [];
    // the first of each finds nothing in memory
    await bareRun();
    await jobRun('first');
    for (let run = 0; run < runs; run += 1) {
      bare.push(await bareRun());
      job.push(await jobRun(`run-${run}`));
    }
    const overhead = quartilesOf(job.map((time, run) => time - (bare[run] ?? 0)));
    const holds = overhead.median <= promisedMilliseconds;
    return { runs, bare: quartilesOf(bare), job: quartilesOf(job), overhead, promisedMilliseconds, holds };
  } finally {
    await executor.close();
  }
}
