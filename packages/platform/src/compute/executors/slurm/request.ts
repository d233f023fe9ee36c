/** What Slurm is asked for, decided as data. */
import type { JobResources } from '@genesis/contracts';
import type { Partition } from './partition.ts';

/** What one job, or one runner that serves several, needs of a node. */
export type Need = { cpus: number; mebibytes: number; seconds: number; gpus: number };

/** Runners side by side, and what each of them needs. */
export type BatchPlan = { tasks: number; need: Need };

const mebibyte = 2 ** 20;
/** Memory of the runner itself, which Slurm counts with the job. */
const runnerMebibytes = 256;
/** The runner holds the time limit; Slurm's comes some time after it, should the runner hang. */
const spareSeconds = 120;
/** What staging and collecting may take of a runner's time for each job, besides the job. */
export const changeSeconds = 5;
/** A runner of a batch asks for no more, unless one of its jobs does: short requests find a place sooner. */
const longestShift = 4 * 3_600;
/** Slurm's own default limit of job arrays (MaxArraySize) less the first index. */
const mostTasks = 1_000;

/** Whole minutes, as Slurm counts. */
const wholeMinutes = (seconds: number): number => Math.ceil(seconds / 60) * 60;

export const needOf = ({
  memoryBytes,
  outputBytes,
  cpuCores,
  durationSeconds,
  gpus,
}: JobResources): Need => ({
  ...{ cpus: Math.ceil(cpuCores), gpus },
  // the job folder is held in memory
  mebibytes: Math.ceil((memoryBytes + outputBytes) / mebibyte) + runnerMebibytes,
  seconds: wholeMinutes(durationSeconds + spareSeconds),
});

/**
 * How many runners serve a batch, and what each needs: as much as the largest job, and the time for its share of all
 * limits together and one job besides. However late some of them start, together they have time for every job, unless
 * that is cut by the longest shift; then what is left over is given to Slurm again.
 */
export function planBatch(jobs: readonly JobResources[], partition: Partition): BatchPlan {
  const needs = jobs.map(needOf);
  const largest = (of: keyof Need): number => needs.reduce((most, need) => Math.max(most, need[of]), 0);
  const cpus = largest('cpus');
  const mebibytes = largest('mebibytes');
  const gpus = largest('gpus');
  const slots = partition.nodes.reduce(
    (sum, node) =>
      sum +
      node.count *
        Math.min(
          ...[Math.floor(node.cpus / cpus), Math.floor(node.mebibytes / mebibytes)],
          gpus === 0 ? Number.POSITIVE_INFINITY : Math.floor(node.gpus / gpus),
        ),
    0,
  );
  const tasks = Math.max(1, Math.min(jobs.length, slots, mostTasks));
  const all = jobs.reduce((sum, { durationSeconds }) => sum + durationSeconds + changeSeconds, 0);
  const longest = largest('seconds');
  const share = Math.min(all / tasks + longest, longestShift, partition.seconds ?? longestShift);
  return { tasks, need: { cpus, mebibytes, gpus, seconds: wholeMinutes(Math.max(longest, share)) } };
}

/** Arguments of sbatch for a job that is not to be started twice. The script and its arguments come after them. */
export const requestArguments = (
  need: Need,
  where: { partition?: string | undefined; account?: string | undefined; output: string },
): string[] => [
  // the environment of the tools, which holds nothing of the server; see toolRunner()
  '--export=ALL',
  '--no-requeue',
  '--nodes=1',
  '--ntasks=1',
  `--cpus-per-task=${need.cpus}`,
  `--mem=${need.mebibytes}M`,
  ...(need.gpus === 0 ? [] : [`--gres=gpu:${need.gpus}`]),
  `--time=${need.seconds / 60}`,
  '--chdir=/',
  `--output=${where.output}`,
  ...(where.partition === undefined ? [] : [`--partition=${where.partition}`]),
  ...(where.account === undefined ? [] : [`--account=${where.account}`]),
];
