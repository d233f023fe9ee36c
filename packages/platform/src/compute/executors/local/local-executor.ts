import { randomUUID } from 'node:crypto';
import { constants as access, mkdirSync } from 'node:fs';
import { access as canAccess, readdir, rm } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { GenesisError, type JobOutcome, type JobSpec, jobSpecSchema } from '@genesis/contracts';
import { invalidSpec } from '../../model.ts';
import type { Executor, JobHandle, JobHooks, Reconciliation } from '../../ports.ts';
import { findBubblewrap, findRuntime } from './bubblewrap.ts';
import {
  type CgroupParents,
  detectCgroups,
  jobCgroupFolders,
  noCgroups,
  removeCgroupFolders,
} from './cgroups.ts';
import { inheritableDescriptors } from './descriptors.ts';
import { findGpus, type Gpus, gpuPool, noGpus, type TakenGpus } from './gpus.ts';
import { keepCopies, newestCopy } from './kept.ts';
import { enforcementOf, type LimitAbilities, type LimitPlan, planLimits, type SandboxWays } from './plan.ts';
import { canFollowTrees, isAlive, killMarked, signal } from './process-tree.ts';
import { type RunningJob, runJob } from './run-job.ts';
import { type SandboxHost, startSandboxed } from './sandboxed.ts';
import { type Claim, outcomeEnd, removedMark, Staging } from './staging.ts';
import type { StartedJob } from './started-job.ts';
import { isSupportedArchitecture } from './system-calls.ts';
import { startUnsandboxed } from './unsandboxed.ts';
import { fileSystemMeter, walkingMeter } from './watchdog.ts';

export type LocalExecutorOptions = {
  /** Folder that holds one folder for each job; made when missing. It belongs to one server at a time. */
  stagingRoot: string;
  /** Runs jobs without isolation where no sandbox can be made; every outcome then says `sandboxed: false`. */
  allowUnsandboxed?: boolean;
  /** Time between SIGTERM and SIGKILL. */
  graceSeconds?: number;
  /** Largest job folder. Folders are held in memory, so the default is a quarter of it. */
  maxFolderBytes?: number;
  /** Host paths that every job may read besides the system's programs and libraries. */
  runtimePaths?: string[];
  /** Where to look for bubblewrap. */
  bubblewrapPlaces?: string[];
  /** Whether to use control groups where they can be written. */
  useCgroups?: boolean;
  /** Whether to try the sandbox at the start; without it the first job finds out. Not for where jobs may go without one. */
  trySandbox?: boolean;
  /** What differs from the sandbox of jobs, where the platform does work of its own in one. */
  ways?: SandboxWays;
  /** The GPUs that jobs can be given; those of the machine, where it is not said. */
  gpus?: Gpus;
  /** First of 65,536 user ids that jobs get when the server runs as root; nobody else may have them. */
  firstJobUser?: number;
  /** Told what is wrong with this machine but changes no outcome. */
  log?: { warn: (fields: object, message: string) => void };
};

/** Whether jobs are isolated here, and why not. */
type SandboxStatus =
  | { available: true; enforcement: 'cgroup' | 'watchdog' }
  | { available: false; reason: string };

export type LocalExecutor = Executor & { readonly sandbox: SandboxStatus };

type Host = {
  limits: Omit<LimitAbilities, 'gpus'>;
  sandbox: SandboxHost | null;
  missing: string;
  inheritable: number[];
};

const countOf = ({ devices, missing }: Gpus): LimitAbilities['gpus'] => ({ count: devices.size, missing });

const tasksetPath = '/usr/bin/taskset';
const jobUsers = 65_536;
const trialPrefix = 'trial-of-the-sandbox-';

async function examineHost(options: LocalExecutorOptions): Promise<Host> {
  const cgroups: CgroupParents = (options.useCgroups ?? true) ? await detectCgroups() : noCgroups;
  const taskset = await canAccess(tasksetPath, access.X_OK).then(
    () => tasksetPath,
    () => null,
  );
  const limits: Host['limits'] = {
    cgroups,
    followsTrees: await canFollowTrees(),
    pinsCores: taskset !== null,
    hostCores: availableParallelism(),
    maxFolderBytes: options.maxFolderBytes ?? Math.floor(totalmem() / 4),
  };
  const inheritable = process.platform === 'linux' ? inheritableDescriptors() : [];
  const without = (missing: string): Host => ({ limits, sandbox: null, missing, inheritable });
  const bubblewrap = await findBubblewrap(options.bubblewrapPlaces);
  if ('missing' in bubblewrap) return without(bubblewrap.missing);
  if (!isSupportedArchitecture(process.arch))
    return without(`there is no seccomp filter for ${process.arch}`);
  const isRoot = process.getuid?.() === 0;
  const firstUser = options.firstJobUser ?? 1_900_000_000;
  let jobs = Math.floor(Math.random() * jobUsers);
  const sandbox: SandboxHost = {
    bubblewrap,
    architecture: process.arch,
    runtime: await findRuntime(options.runtimePaths ?? [], options.ways?.network === true),
    cgroups,
    taskset,
    jobUser: isRoot
      ? () => {
          jobs += 1;
          return firstUser + (jobs % jobUsers);
        }
      : null,
    inheritable,
    ways: options.ways ?? {},
  };
  return { limits, sandbox, missing: '', inheritable };
}

/** Runs commands on this machine, each in a sandbox of its own. Nothing of a job outlives the server. */
export async function createLocalExecutor(options: LocalExecutorOptions): Promise<LocalExecutor> {
  const { stagingRoot, allowUnsandboxed = false, graceSeconds = 5, log } = options;
  mkdirSync(stagingRoot, { recursive: true, mode: 0o700 });
  const host = await examineHost(options);
  const running = new Map<string, RunningJob>();
  const launching = new Set<Promise<unknown>>();
  const tidying = new Set<Promise<void>>();
  let closed = false;

  /** An outcome does not wait for the kernel to let go of empty groups. */
  const tidy = (folders: string[]): void => {
    const task: Promise<void> = removeCgroupFolders(folders)
      .catch((error: unknown) =>
        log?.warn({ folders, error }, 'The control groups of an ended job cannot be removed.'),
      )
      .finally(() => tidying.delete(task));
    tidying.add(task);
  };

  /** What a server that died has left in the way: trials, and folders that were being removed. */
  for (const name of await readdir(stagingRoot)) {
    if (name.startsWith(trialPrefix)) {
      const trial = new Staging(stagingRoot, name);
      await endMarked(trial);
      await trial.remove();
    } else if (name.includes(removedMark))
      await rm(join(stagingRoot, name), { recursive: true, force: true });
  }

  /** A trial run tells what no version number does: whether user namespaces are forbidden here. */
  const trial = async (sandbox: SandboxHost): Promise<string | null> => {
    const spec = jobSpecSchema.parse({
      name: `${trialPrefix}${randomUUID()}`,
      executable: 'true',
      inputs: [{ path: 'trial', source: '/bin/sh' }],
      // the least of everything: only the sandbox is on trial
      resources: { memoryBytes: 2 ** 24, cpuCores: host.limits.hostCores, processes: 8, outputBytes: 4_096 },
    });
    const staging = new Staging(stagingRoot, spec.name);
    await staging.create(spec.name);
    try {
      const job = await startSandboxed(
        spec,
        planLimits(spec.resources, { ...host.limits, gpus: countOf(noGpus('on trial')) }),
        staging,
        sandbox,
      );
      await abandon(job);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      await staging.remove();
    }
  };
  const tried = (options.trySandbox ?? true) || allowUnsandboxed;
  const trouble = host.sandbox === null ? host.missing : tried ? await trial(host.sandbox) : null;
  const sandboxHost = trouble === null ? host.sandbox : null;

  // nothing keeps a job without a sandbox from another's GPU
  const pool = gpuPool(
    () =>
      sandboxHost === null ? noGpus('only jobs in a sandbox are given any') : (options.gpus ?? findGpus()),
    (missing) => log?.warn({ missing }, 'GPUs of this machine cannot be given to jobs'),
  );

  const begin = async (spec: JobSpec, hooks: JobHooks): Promise<JobHandle> => {
    if (sandboxHost === null && !allowUnsandboxed)
      throw new GenesisError({
        code: 'unsupported',
        message: `Commands cannot be isolated here: ${trouble}. Install bubblewrap where user namespaces are allowed, or allow unsandboxed jobs in the configuration.`,
      });
    // without a sandbox no cgroup is used: the outcome says that nothing is enforced
    const cgroups = sandboxHost === null ? noCgroups : host.limits.cgroups;
    // what is here is looked at for those who ask
    const gpus = countOf(spec.resources.gpus === 0 ? noGpus('none is asked for') : pool.known());
    const plan = planLimits(spec.resources, { ...host.limits, cgroups, gpus });
    const taken = pool.take(spec.resources.gpus);
    try {
      const handle = await beginWith(spec, hooks, plan, taken);
      handle.wait().then(taken.free, taken.free);
      return handle;
    } catch (error) {
      taken.free();
      throw error;
    }
  };

  const beginWith = async (
    spec: JobSpec,
    hooks: JobHooks,
    plan: LimitPlan,
    { given }: TakenGpus,
  ): Promise<JobHandle> => {
    const staging = new Staging(stagingRoot, spec.name);
    await staging.create(spec.name);
    let job: StartedJob;
    try {
      job =
        sandboxHost === null
          ? await startUnsandboxed(spec, plan, staging, host.inheritable)
          : await startSandboxed(spec, plan, staging, sandboxHost, given);
    } catch (error) {
      await staging.remove();
      throw error;
    }
    const claim: Claim = {
      kind: 'claimed',
      claim: randomUUID(),
      process: job.anchor,
      sandboxed: job.sandboxed,
      cgroupFolders: job.cgroup?.folders ?? [],
    };
    const claimed = await staging.claim(claim).catch(async (cause: unknown) => {
      await abandon(job);
      throw cause;
    });
    if (!claimed) {
      await abandon(job);
      throw new GenesisError({
        code: 'conflict',
        message: `The job "${spec.name}" was given up before it started.`,
      });
    }
    const meter = job.sandboxed ? fileSystemMeter(job) : walkingMeter(job, spec.resources.outputBytes);
    const onLog = hooks.onLog ?? (() => {});
    const { kept } = spec;
    const keeper =
      kept === undefined
        ? null
        : keepCopies({
            ...{ job, name: kept, target: hooks.keepIn ?? staging.kept },
            limitBytes: spec.resources.outputBytes,
            tell: (why) => onLog([{ stream: 'stderr', text: `${kept}/ is not kept: ${why}` }]),
          });
    const run = runJob(spec, plan, job, claim.claim, staging.outputs, meter, graceSeconds, onLog, keeper);
    running.set(spec.name, run);
    const settle = async (): Promise<JobOutcome> => {
      try {
        const own = await run.outcome;
        const end = await staging.end(outcomeEnd(own));
        if (end.kind === 'outcome' && end.outcome.claim === claim.claim) return end.outcome;
        const message = 'Another server has given this job up.';
        return { ...own, state: 'failed', failureClass: 'F7_RUNTIME', reason: 'killed', message };
      } finally {
        running.delete(spec.name);
        tidy(claim.cgroupFolders);
      }
    };
    const outcome = settle();
    outcome.catch(() => {});
    return { name: spec.name, claim: claim.claim, wait: () => outcome, cancel: () => run.stop('cancelled') };
  };

  return {
    jobsOutliveServer: false,
    seesFolders: sandboxHost !== null,
    sandbox:
      trouble === null
        ? { available: true, enforcement: enforcementOf(host.limits.cgroups) }
        : { available: false, reason: trouble },
    launch: async (input, hooks = {}) => {
      const spec = jobSpecSchema.safeParse(input);
      if (!spec.success) throw invalidSpec(spec.error);
      if (closed) throw closing();
      const launch = begin(spec.data, hooks);
      launching.add(launch);
      return launch.finally(() => launching.delete(launch));
    },
    reconcile: async (name) => {
      if (running.has(name))
        throw new GenesisError({ code: 'conflict', message: `The job "${name}" runs in this server.` });
      return reconcile(new Staging(stagingRoot, name), host.limits.cgroups);
    },
    kept: (name) => newestCopy(new Staging(stagingRoot, name).kept),
    inspect: async () => {
      const { devices, model } = pool.known();
      const hardware = { acceleratorsPerNode: devices.size, acceleratorType: model };
      return { status: 'up', reason: null, hardware };
    },
    release: async (name) => {
      if (running.has(name))
        throw new GenesisError({ code: 'conflict', message: `The job "${name}" still runs.` });
      const staging = new Staging(stagingRoot, name);
      if (!(await staging.exists())) return;
      const claim = await staging.readClaim();
      await (claim === null ? endMarked(staging) : endLeftovers(claim, staging));
      await staging.remove();
    },
    close: async () => {
      closed = true;
      await Promise.allSettled(launching);
      const jobs = [...running.values()];
      for (const job of jobs) job.stop('killed');
      await Promise.allSettled(jobs.map((job) => job.outcome));
      while (running.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await Promise.all(tidying);
    },
  };
}

const closing = (): GenesisError =>
  new GenesisError({ code: 'unavailable', message: 'The executor is closing.', retryAfterSeconds: 10 });

/** Ends a job that has not passed its gate. */
async function abandon(job: StartedJob): Promise<void> {
  job.kill();
  await job.ended;
  await job.folder.close();
  await removeCgroupFolders(job.cgroup?.folders ?? []);
}

async function reconcile(staging: Staging, cgroups: CgroupParents): Promise<Reconciliation> {
  if (!(await staging.exists())) return { state: 'unknown' };
  const claim = (await staging.fence()) ? null : await staging.readClaim();
  if (claim === null) {
    // a sandbox whose server died while it was being made can wait for ever, having run nothing
    await endMarked(staging);
    await removeCgroupFolders(jobCgroupFolders(cgroups, staging.id));
    return { state: 'not-started' };
  }
  await endLeftovers(claim, staging);
  const end = await staging.end({ kind: 'lost' });
  return end.kind === 'outcome'
    ? { state: 'finished', outcome: end.outcome }
    : { state: 'lost', claim: claim.claim };
}

/** Ends every process of a job whose server has died. Resolves when none is left; throws `unavailable` after 10 s. */
async function endLeftovers(claim: Claim, staging: Staging): Promise<void> {
  await untilGone(staging, async () => {
    if (!claim.sandboxed) return killMarked(staging.id) > 0;
    if (!(await isAlive(claim.process))) return false;
    signal(claim.process.pid, 'SIGKILL');
    return true;
  });
  await endMarked(staging);
  await removeCgroupFolders(claim.cgroupFolders);
}

const endMarked = (staging: Staging): Promise<void> =>
  untilGone(staging, async () => killMarked(staging.id) > 0);

/** Repeats `strike`, which says whether there was still something to end. */
async function untilGone(staging: Staging, strike: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; await strike(); attempt += 1) {
    if (attempt === 500)
      throw new GenesisError({
        code: 'unavailable',
        message: `The processes of ${staging.folder} do not end.`,
        retryAfterSeconds: 60,
      });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
