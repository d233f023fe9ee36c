/**
 * What a look at the queue costs with few and with many followed runs: calls of the scheduler's tools, and processor
 * time. The Slurm is pretended, every run in it waits under a name of its own.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createSlurmExecutor } from '../src/compute/index.ts';
import { shortRun } from './compute-batch.ts';

const pollMilliseconds = 500;
const looks = 6;

/** For each number of followed runs: calls of any tool in a look, and processor time of a look in milliseconds. */
export type LookFigures = {
  steps: { followed: number; callsPerLook: number; processorMilliseconds: number }[];
  holds: boolean;
};

async function measureStep(folder: string, followed: number): Promise<LookFigures['steps'][number]> {
  const names: string[] = [];
  const calls: { command: string; all: boolean }[] = [];
  const executor = await createSlurmExecutor({
    stagingRoot: folder,
    pollMilliseconds,
    runTool: async (command, args) => {
      calls.push({ command, all: command === 'squeue' && args.includes('--me') });
      const name = args.find((argument) => argument.startsWith('--job-name='));
      if (command === 'sbatch' && name !== undefined) names.push(name.slice('--job-name='.length));
      if (command !== 'squeue') return '';
      return names.map((job, index) => `${index}|N/A|PENDING|Priority|${job}\n`).join('');
    },
  });
  try {
    const width = 16;
    for (let from = 0; from < followed; from += width)
      await Promise.all(
        Array.from({ length: Math.min(width, followed - from) }, (_, index) =>
          executor.launch(shortRun(`run-${from + index}`)),
        ),
      );
    const looksDone = (): number => calls.filter(({ all }) => all).length;
    const startWith = async (count: number): Promise<void> => {
      while (looksDone() < count) await pause(10);
    };
    await startWith(looksDone() + 1);
    const before = { calls: calls.length, looks: looksDone(), processor: process.cpuUsage() };
    await startWith(before.looks + looks);
    const { user, system } = process.cpuUsage(before.processor);
    return {
      followed,
      callsPerLook: (calls.length - before.calls) / (looksDone() - before.looks),
      processorMilliseconds: (user + system) / 1_000 / looks,
    };
  } finally {
    await executor.close();
  }
}

export async function measureLooks(folder: string, { quick = false } = {}): Promise<LookFigures> {
  const steps: LookFigures['steps'] = [];
  for (const followed of quick ? [10, 100, 1_000] : [10, 1_000, 10_000])
    steps.push(await measureStep(join(folder, String(followed)), followed));
  const first = steps[0]?.callsPerLook ?? Number.NaN;
  return { steps, holds: steps.every(({ callsPerLook }) => callsPerLook <= first && callsPerLook <= 1) };
}
