import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GenesisError, type JobSpec, jobSpecSchema } from '@genesis/contracts';
import { invalidSpec } from '../../model.ts';
import type { Executor, JobHandle, JobHooks } from '../../ports.ts';
import { removedMark, Staging } from '../local/staging.ts';
import { createSlurmCommands, isLive, type SlurmOptions } from './commands.ts';
import { type FollowedJob, followJob } from './followed-job.ts';
import { files, type Launch, launchSchema } from './launch-file.ts';
import { tailLog } from './log-tail.ts';
import { stageJob } from './stage.ts';

export type SlurmExecutorOptions = SlurmOptions & {
  /** Folder that holds one folder for each job, on a file system that the nodes share. It belongs to one server at a time. */
  stagingRoot: string;
  partition?: string;
  account?: string;
  /** Runs jobs without isolation where a node can make no sandbox; every outcome then says `sandboxed: false`. */
  allowUnsandboxed?: boolean;
  /** Time between SIGTERM and SIGKILL. */
  graceSeconds?: number;
  /** Node 24 on the nodes; by default the one that runs here, at the same path. */
  node?: string;
  /** Time between two looks at the queue. */
  pollMilliseconds?: number;
  log?: { warn: (fields: object, message: string) => void };
};

const runnerScript = '.runner.sh';
const mebibyte = 2 ** 20;
/** Memory of the runner itself, which Slurm counts with the job. */
const runnerBytes = 256 * mebibyte;
/** The runner holds the time limit; Slurm's comes some time after it, should the runner hang. */
const spareSeconds = 120;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What Slurm is asked for, as arguments of sbatch. */
function request(spec: JobSpec, staging: Staging, options: SlurmExecutorOptions): string[] {
  const { memoryBytes, outputBytes, cpuCores, durationSeconds } = spec.resources;
  return [
    // nothing of the server's environment, and none of the user's
    '--export=NIL',
    '--no-requeue',
    '--nodes=1',
    '--ntasks=1',
    `--cpus-per-task=${Math.ceil(cpuCores)}`,
    // the job folder is held in memory
    `--mem=${Math.ceil((memoryBytes + outputBytes + runnerBytes) / mebibyte)}M`,
    `--time=${Math.ceil((durationSeconds + spareSeconds) / 60)}`,
    '--chdir=/',
    `--output=${join(staging.folder, files.runner)}`,
    ...(options.partition === undefined ? [] : [`--partition=${options.partition}`]),
    ...(options.account === undefined ? [] : [`--account=${options.account}`]),
    join(options.stagingRoot, runnerScript),
    staging.folder,
  ];
}

/**
 * Runs commands as jobs of a Slurm whose command-line tools are on this machine (22.05 or newer). On the node each job
 * is the local executor's sandbox. Jobs live on without the server and are found again by their name.
 */
export async function createSlurmExecutor(options: SlurmExecutorOptions): Promise<Executor> {
  const { stagingRoot, allowUnsandboxed = false, graceSeconds = 5, log } = options;
  const commands = createSlurmCommands(options);
  await mkdir(stagingRoot, { recursive: true, mode: 0o700 });
  for (const name of await readdir(stagingRoot))
    if (name.includes(removedMark)) await rm(join(stagingRoot, name), { recursive: true, force: true });
  const runner = fileURLToPath(new URL('./node-runner.ts', import.meta.url));
  const node = options.node ?? process.execPath;
  // what Node has compiled once is read from there by every job after it
  const cache = quoted(join(stagingRoot, '.compiled'));
  const script = `#!/bin/sh\nexport NODE_COMPILE_CACHE=${cache}\nexec ${quoted(node)} ${quoted(runner)} "$1"\n`;
  await writeFile(join(stagingRoot, runnerScript), script, { mode: 0o700 });

  const followed = new Map<string, { jobName: string; job: FollowedJob }>();
  let closed = false;
  const warn = (message: string, error: unknown): void => log?.warn({ err: error }, message);

  const follow = (staging: Staging, launch: Launch, hooks: JobHooks): JobHandle => {
    const { name } = launch.spec;
    const jobName = jobNameOf(staging);
    const job = followJob(staging, launch, {
      ...{ commands, jobName, hooks, warn },
      submit: () => commands.submit(jobName, request(launch.spec, staging, options)),
      forget: () => followed.delete(name),
    });
    followed.set(name, { jobName, job });
    return job.handle;
  };

  /** One look at the queue for all jobs, however many; none while there are no jobs. */
  const poll = async (): Promise<void> => {
    if (followed.size === 0) return;
    const asked = [...followed.values()];
    const queue = await commands.listJobs();
    await Promise.all(asked.map(({ jobName, job }) => job.look(queue.get(jobName) ?? null)));
  };
  let timer: NodeJS.Timeout | undefined;
  const again = (): void => {
    if (closed) return;
    timer = setTimeout(() => {
      poll()
        .catch((error: unknown) => warn('The queue of Slurm cannot be read', error))
        .finally(again);
    }, options.pollMilliseconds ?? 2_000);
  };
  again();

  const refuseFollowed = (name: string, message: string): void => {
    if (followed.has(name)) throw new GenesisError({ code: 'conflict', message });
  };

  const launch = async (spec: JobSpec, hooks: JobHooks): Promise<JobHandle> => {
    const staging = new Staging(stagingRoot, spec.name);
    await staging.create(spec.name);
    try {
      const what = { claim: randomUUID(), allowUnsandboxed, graceSeconds };
      await stageJob(spec, staging, what);
      await commands.submit(jobNameOf(staging), request(spec, staging, options));
    } catch (error) {
      // whatever became of the submission: a job whose folder is gone runs nothing
      await staging.remove();
      throw error;
    }
    return follow(staging, await readLaunch(staging), hooks);
  };

  return {
    jobsOutliveServer: true,
    launch: async (input, hooks = {}) => {
      const spec = jobSpecSchema.safeParse(input);
      if (!spec.success) throw invalidSpec(spec.error);
      if (closed)
        throw new GenesisError({
          code: 'unavailable',
          message: 'The executor is closing.',
          retryAfterSeconds: 10,
        });
      return await launch(spec.data, hooks);
    },
    reconcile: async (name, hooks = {}) => {
      refuseFollowed(name, `The job "${name}" runs in this server.`);
      const staging = new Staging(stagingRoot, name);
      if (!(await staging.exists())) return { state: 'unknown' };
      const end = await staging.readEnd();
      if (end?.kind === 'outcome') {
        if (hooks.onLog !== undefined) await tailLog(staging.folder, hooks.onLog)();
        return { state: 'finished', outcome: end.outcome };
      }
      const claimed = (await staging.readClaim()) !== null;
      const queued = (await commands.listJobs(jobNameOf(staging))).get(jobNameOf(staging));
      if (claimed || (queued !== undefined && isLive(queued.state)))
        return { state: 'running', job: follow(staging, await readLaunch(staging), hooks) };
      if (await staging.fence()) return { state: 'not-started' };
      // claimed just now, or fenced before
      if ((await staging.readClaim()) === null) return { state: 'not-started' };
      return { state: 'running', job: follow(staging, await readLaunch(staging), hooks) };
    },
    release: async (name) => {
      refuseFollowed(name, `The job "${name}" still runs.`);
      const staging = new Staging(stagingRoot, name);
      if (!(await staging.exists())) return;
      if ((await staging.readEnd()) === null) await commands.remove(jobNameOf(staging));
      await staging.remove();
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      for (const { job } of [...followed.values()]) job.leave();
    },
  };
}

/** The name of a job in Slurm, which no other job of any server has: it comes from the place of its folder. */
const jobNameOf = (staging: Staging): string => `genesis-${staging.id}`;

const readLaunch = async (staging: Staging): Promise<Launch> =>
  launchSchema.parse(JSON.parse(await readFile(join(staging.folder, files.launch), 'utf8')));
