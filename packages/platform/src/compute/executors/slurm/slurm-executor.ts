import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError, type JobSpec, jobSpecSchema } from '@genesis/contracts';
import { type CrashPoints, noCrashPoints } from '../../../kernel/index.ts';
import { invalidSpec } from '../../model.ts';
import type { Executor, JobHandle, JobHooks } from '../../ports.ts';
import { newestCopy } from '../local/kept.ts';
import { removedMark, Staging } from '../local/staging.ts';
import { nameOf, openBatches } from './batches.ts';
import { createSlurmCommands, type SlurmOptions } from './commands.ts';
import { type FollowedJob, followJob } from './followed-job.ts';
import { inParallel } from './in-parallel.ts';
import { readInspection } from './inspect.ts';
import { files, type Launch, launchSchema } from './launch-file.ts';
import { tailLog } from './log-tail.ts';
import { lookForEver } from './look.ts';
import { openOver } from './over.ts';
import { isLive } from './queue.ts';
import { openServerRelay } from './relay.ts';
import { needOf, planBatch, requestArguments } from './request.ts';
import { placeRunner } from './runner-file.ts';
import { openSharedMounts } from './shared-mounts.ts';
import { jobNameOf, singleSubmission } from './single.ts';
import { isFenced, stageJob } from './stage.ts';

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
  crash?: CrashPoints;
  log?: { warn: (fields: object, message: string) => void };
};

type SlurmExecutor = Executor & Required<Pick<Executor, 'launchBatch'>>;

/**
 * Runs commands as jobs of a Slurm whose command-line tools are on this machine (22.05 or newer). On the node each job
 * is the local executor's sandbox. Jobs live on without the server and are found again by their name.
 */
export async function createSlurmExecutor(options: SlurmExecutorOptions): Promise<SlurmExecutor> {
  const { stagingRoot, allowUnsandboxed = false, graceSeconds = 5, crash = noCrashPoints, log } = options;
  const commands = createSlurmCommands(options);
  const warn = (message: string, error: unknown): void => log?.warn({ err: error }, message);
  await mkdir(stagingRoot, { recursive: true, mode: 0o700 });
  for (const name of await readdir(stagingRoot))
    if (name.includes(removedMark)) await rm(join(stagingRoot, name), { recursive: true, force: true });
  const sharedMounts = await openSharedMounts(stagingRoot);
  const script = await placeRunner(stagingRoot, options.node ?? process.execPath);
  const over = await openOver(stagingRoot, commands, warn);
  const submit = async (name: string, args: readonly string[]): Promise<void> => {
    crash.reach('slurm.staged');
    await commands.submit(name, args);
    crash.reach('slurm.submitted');
  };
  const batches = await openBatches(stagingRoot, {
    over,
    plan: async (jobs) => planBatch(jobs, await commands.describePartition(options.partition)),
    submit: (name, folder, { tasks, need }) =>
      submit(name, [
        ...requestArguments(need, { ...options, output: join(folder, 'runner-%a.log') }),
        ...[`--array=0-${tasks - 1}`, script, '--batch', folder],
      ]),
  });
  const submitOne = (spec: JobSpec, staging: Staging): Promise<void> =>
    submit(jobNameOf(staging), [
      ...requestArguments(needOf(spec.resources), { ...options, output: join(staging.folder, files.runner) }),
      ...[script, staging.folder],
    ]);

  const followed = new Map<string, FollowedJob>();
  let closed = false;
  const looks = lookForEver({ commands, over, followed, pollMilliseconds: options.pollMilliseconds, warn });

  /** Told once: where one folder cannot be watched, none can. */
  let told = false;
  const unwatched = (error: unknown): void => {
    if (!told) warn('Folders of jobs cannot be watched; they are read from time to time', error);
    told = true;
  };
  const follow = (staging: Staging, launch: Launch, batch: string | null, hooks: JobHooks): JobHandle => {
    const { name, resources } = launch.spec;
    const submission =
      batch === null
        ? singleSubmission(staging, over, () => submitOne(launch.spec, staging))
        : batches.submission({ staging, name, resources }, batch);
    const relay = openServerRelay(staging.folder, launch.spec.sockets, (error) =>
      warn('What a job says to a socket of this machine cannot be relayed', error),
    );
    const forget = (): void => {
      relay.close();
      followed.delete(name);
    };
    const job = followJob(staging, launch, { commands, submission, hooks, forget, warn, unwatched });
    followed.set(name, job);
    return job.handle;
  };
  const refuseFollowed = (name: string, message: string): void => {
    if (followed.has(name)) throw new GenesisError({ code: 'conflict', message });
  };
  const checked = (input: JobSpec): JobSpec => {
    const spec = jobSpecSchema.safeParse(input);
    if (!spec.success) throw invalidSpec(spec.error);
    const message = 'The executor is closing.';
    if (closed) throw new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 10 });
    assertOneNode(spec.data.resources);
    return spec.data;
  };
  /** Takes the name and writes what the node needs; undone when that fails. */
  const stage = async (spec: JobSpec): Promise<{ staging: Staging; launch: Launch }> => {
    const staging = new Staging(stagingRoot, spec.name);
    await staging.create(spec.name);
    try {
      const how = { claim: randomUUID(), allowUnsandboxed, graceSeconds };
      const launch = await stageJob(spec, staging, how, sharedMounts);
      return { staging, launch };
    } catch (error) {
      await staging.remove();
      throw error;
    }
  };

  return {
    jobsOutliveServer: true,
    seesFolders: true,
    launch: async (input, hooks = {}) => {
      const { staging, launch } = await stage(checked(input));
      try {
        await submitOne(launch.spec, staging);
      } catch (error) {
        // whatever became of the submission: a job whose folder is gone runs nothing
        await over.add(jobNameOf(staging));
        await staging.remove();
        throw error;
      }
      return follow(staging, launch, null, hooks);
    },
    launchBatch: async (jobs) => {
      const specs = jobs.map(({ spec }) => checked(spec));
      if (specs.length === 0) return [];
      const staged = new Map<string, { staging: Staging; launch: Launch }>();
      try {
        await inParallel(specs, async (spec) => staged.set(spec.name, await stage(spec)));
        const members = specs.map(({ name, resources }) => ({
          ...{ name, resources },
          staging: staged.get(name)!.staging,
        }));
        const batch = await batches.submit(members);
        return jobs.map(({ hooks = {} }, index) => {
          const { staging, launch } = staged.get(specs[index]!.name)!;
          return follow(staging, launch, batch, hooks);
        });
      } catch (error) {
        await inParallel(staged.values(), ({ staging }) => staging.remove());
        throw error;
      }
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
      if (await isFenced(staging)) return { state: 'not-started' };
      const batch = await nameOf(staging);
      const claimed = (await staging.readClaim()) !== null;
      // a queue of a moment ago is good enough: what is not in it is fenced, and then cannot start
      const queued = claimed ? undefined : (await looks.recent()).get(batch ?? jobNameOf(staging));
      const waits = queued !== undefined && isLive(queued.state);
      // fenced unless it was claimed just now
      if (!claimed && !waits && (await staging.fence())) return { state: 'not-started' };
      return { state: 'running', job: follow(staging, await readLaunch(staging), batch, hooks) };
    },
    kept: (name) => newestCopy(new Staging(stagingRoot, name).kept),
    release: async (name) => {
      refuseFollowed(name, `The job "${name}" still runs.`);
      const staging = new Staging(stagingRoot, name);
      if (!(await staging.exists())) return;
      const batch = await nameOf(staging);
      await staging.fence();
      // on disk before the folder goes: what is in the queue of it then leaves that, whoever dies now
      if (batch === null) await over.add(jobNameOf(staging));
      await staging.remove();
      if (batch !== null) await batches.leave(batch, name);
    },
    inspect: async () => readInspection(await commands.inspect(options.partition), options.partition),
    close: async () => {
      closed = true;
      looks.end();
      for (const job of [...followed.values()]) job.leave();
    },
  };
}

/** What the sandbox on the node cannot hold is refused before Slurm is asked. */
function assertOneNode({ nodes }: JobSpec['resources']): void {
  const message = 'resources.nodes: a job runs on one node here; ask for 1';
  if (nodes > 1) throw new GenesisError({ code: 'unsupported', message });
}

const readLaunch = async (staging: Staging): Promise<Launch> =>
  launchSchema.parse(JSON.parse(await readFile(join(staging.folder, files.launch), 'utf8')));
