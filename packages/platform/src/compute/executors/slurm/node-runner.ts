/**
 * What a Slurm job runs on its node: `node-runner FOLDER` for the job of that folder, `node-runner --batch FOLDER` for
 * those that the folder of a batch lists, one after another. Whoever comes second to a job (one that Slurm has started
 * again, say, or another runner of the batch) finds its claim taken and leaves it alone; of a folder that is gone
 * nothing is run either.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, type ProcessIdentity } from '../local/process-tree.ts';
import { batchFile, batchListSchema } from './batch-file.ts';
import type { Why } from './failed-outcome.ts';
import { files } from './launch-file.ts';
import { taskName } from './queue.ts';
import { changeSeconds, needOf } from './request.ts';
import { executorIn, type Runner, readUnclaimed, serveJob } from './serve-job.ts';

const [, , first = '', second = ''] = process.argv;
const { SLURM_JOB_NAME: jobName = '', SLURM_ARRAY_TASK_ID: index } = process.env;
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

/** Top-level await would need an ES module, which Node starts some milliseconds later than a script. */
async function main(): Promise<void> {
  await (first === '--batch' ? serveBatch(second) : serveOne(first));
}

async function identifySelf(): Promise<ProcessIdentity> {
  const self = await identify(process.pid);
  if (self === null) throw new Error('/proc is not there');
  return self;
}

const runsSince = (): number => process.uptime();
/** Slurm's clock began before this one. */
const clockSlackSeconds = 10;

/** Why Slurm has this runner end: it says nothing but SIGTERM. */
const whyStopped = (limitSeconds: number): Why =>
  runsSince() >= limitSeconds - clockSlackSeconds
    ? { failureClass: 'F7_RUNTIME', reason: 'time-limit', message: 'Slurm ended the job at its time limit.' }
    : {
        failureClass: 'F6_HPC_QUEUE',
        reason: 'killed',
        message: 'Slurm ended the job: somebody cancelled it there, or it had to make room.',
      };

async function serveOne(folder: string): Promise<void> {
  const [launch, self] = await Promise.all([readUnclaimed(folder), identifySelf()]);
  const limit = launch === null ? 0 : needOf(launch.spec.resources).seconds;
  const root = join(folder, files.runnerRoot);
  const runner: Runner = {
    ...{ process: self, task: undefined, stop: stop.signal, whyStopped: () => whyStopped(limit) },
    ...{ root, executor: executorIn(root) },
  };
  if (launch === null || !(await serveJob(folder, launch, runner)))
    throw new Error('this job was claimed, given up or released before');
}

/** Takes the jobs in turn from its own place in the list, so that runners seldom meet, as long as they fit its time. */
async function serveBatch(folder: string): Promise<void> {
  const self = await identifySelf();
  const { jobs, limitSeconds, tasks } = batchListSchema.parse(
    JSON.parse(await readFile(join(folder, batchFile.list), 'utf8')),
  );
  const task = taskName(jobName, index ?? '0');
  const root = join(folder, `${files.runnerRoot}-${index ?? '0'}`);
  const runner: Runner = {
    ...{ process: self, task, stop: stop.signal, whyStopped: () => whyStopped(limitSeconds) },
    ...{ root, executor: executorIn(root) },
  };
  const from = Math.floor((Number(index ?? 0) * jobs.length) / tasks);
  for (const name of [...jobs.slice(from), ...jobs.slice(0, from)]) {
    if (stop.signal.aborted) return;
    const place = join(folder, '..', '..', name);
    try {
      const launch = await readUnclaimed(place);
      if (launch === null) continue;
      const needed = launch.spec.resources.durationSeconds + changeSeconds;
      if (runsSince() + needed <= limitSeconds) await serveJob(place, launch, runner);
    } catch (error) {
      // a job that cannot be served does not keep the others from it
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
