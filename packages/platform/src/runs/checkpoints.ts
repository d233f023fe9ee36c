/**
 * Checkpoints of trainings between their attempts: what an attempt kept in its folder `checkpoint/` is taken over before
 * its job is released, and lies in `inputs/checkpoint/` of the next one. They go when the run is recorded.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Executor, filesBelow, takeKept } from '../compute/index.ts';
import { nullIfAbsent, syncFolder } from '../kernel/index.ts';
import type { RunParts } from './parts.ts';

type Parts = Pick<RunParts, 'checkpointFolder'>;

/** Name of the folder, in the working folder of a training and below `inputs/`. */
export const checkpointName = 'checkpoint';

const numbersIn = async (folder: string): Promise<number[]> =>
  ((await nullIfAbsent(readdir(folder))) ?? [])
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);

/** Takes over what an attempt kept. Done again after a crash, it does nothing. An attempt that kept nothing changes nothing. */
export async function takeCheckpoint(
  { checkpointFolder }: Parts,
  executor: Executor,
  { run, number, job }: { run: string; number: number; job: string },
): Promise<void> {
  const folder = join(checkpointFolder, run);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await syncFolder(checkpointFolder);
  if (!(await takeKept(executor, job, join(folder, String(number))))) return;
  for (const old of await numbersIn(folder))
    if (old < number) await rm(join(folder, String(old)), { recursive: true, force: true });
}

/** The newest checkpoint of a run as inputs of its next attempt; empty where there is none. */
export async function checkpointFiles(
  { checkpointFolder }: Parts,
  run: string,
): Promise<{ path: string; source: string }[]> {
  const folder = join(checkpointFolder, run);
  const newest = (await numbersIn(folder)).at(-1);
  if (newest === undefined) return [];
  const root = join(folder, String(newest));
  return (await filesBelow(root)).map((path) => ({
    path: `${checkpointName}/${path}`,
    source: join(root, path),
  }));
}

/** The run is recorded: nothing goes on from its checkpoints. */
export async function removeCheckpoints({ checkpointFolder }: Parts, run: string): Promise<void> {
  await rm(join(checkpointFolder, run), { recursive: true, force: true });
}
