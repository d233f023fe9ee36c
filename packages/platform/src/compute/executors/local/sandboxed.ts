/** Bringing a job to its gate inside bubblewrap. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Duplex, Readable } from 'node:stream';
import { GenesisError, type JobSpec } from '@genesis/contracts';
import type { Bubblewrap, RuntimePart } from './bubblewrap.ts';
import { type CgroupParents, createJobCgroup, removeCgroupFolders } from './cgroups.ts';
import { closedStdio, readLines, sendTo } from './descriptors.ts';
import { gateCommand, gateWords } from './gate.ts';
import type { GivenGpus } from './gpus.ts';
import { type JobInputs, prepareInputs } from './job-inputs.ts';
import {
  descriptors,
  groupFile,
  hostsFile,
  type LimitPlan,
  passwdFile,
  type SandboxWays,
  sandboxArguments,
} from './plan.ts';
import { childrenOf, identify, killMarked, markOf, sampleTree, signal } from './process-tree.ts';
import { encodeProgram, seccompProgram } from './seccomp.ts';
import type { Staging } from './staging.ts';
import type { StartedJob } from './started-job.ts';
import type { Architecture } from './system-calls.ts';
import { checkWorkspace, ownerOf } from './workspace.ts';

export type SandboxHost = {
  bubblewrap: Bubblewrap;
  architecture: Architecture;
  runtime: RuntimePart[];
  cgroups: CgroupParents;
  /** The program that pins processes to cores, where it is needed. */
  taskset: string | null;
  /** A server that runs as root gives every job a real user of its own, so that root's files stay out of reach. */
  jobUser: (() => number) | null;
  inheritable: number[];
  ways: SandboxWays;
};

const gateTimeoutMilliseconds = 30_000;

/** Every pipe that spawn() makes is a socket pair, so both directions are there. */
const pipeOf = (child: ChildProcess, descriptor: number): Duplex =>
  (child.stdio as unknown as readonly Duplex[])[descriptor] as Duplex;

function spawnSandbox(
  spec: JobSpec,
  plan: LimitPlan,
  host: SandboxHost,
  inputs: JobInputs,
  user: number | null,
  id: string,
  devNull: number,
  gpus: GivenGpus | null,
): ChildProcess {
  const [program = '', ...rest] = inputs.wrap([
    ...(plan.pinnedCores === null || host.taskset === null
      ? []
      : [host.taskset, '--cpu-list', `0-${plan.pinnedCores - 1}`]),
    ...[host.bubblewrap.path, '--args', String(descriptors.arguments), '--'],
    ...gateCommand(plan.process, spec.environment, [spec.executable, ...spec.arguments]),
  ]);
  // with a network, the host's own file of names is seen
  const hosts = host.ways.network === true ? 'ignore' : 'pipe';
  const child = spawn(program, rest, {
    cwd: '/',
    // the job finds this at most in /proc/1/environ; by it, a sandbox that a dead server left half made is found
    env: markOf(id),
    ...(user === null || inputs.wrapTakesUser ? {} : { uid: user, gid: user }),
    stdio: closedStdio<'ignore' | 'pipe'>(
      ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', hosts],
      host.inheritable,
      devNull,
    ),
  });
  const feed = (descriptor: number, data: string | Buffer): void =>
    sendTo(pipeOf(child, descriptor), data, true);
  const args = sandboxArguments(spec, plan, host.bubblewrap, host.runtime, inputs, host.ways, gpus);
  feed(descriptors.arguments, args.map((argument) => `${argument}\0`).join(''));
  feed(
    descriptors.seccomp,
    encodeProgram(
      seccompProgram(host.architecture, {
        kernelMemoryIsCounted: host.cgroups.folders.memory !== undefined,
        coresArePinned: plan.pinnedCores !== null,
        usesGpus: gpus !== null,
      }),
    ),
  );
  feed(descriptors.passwd, passwdFile);
  feed(descriptors.group, groupFile);
  if (hosts === 'pipe') feed(descriptors.hosts, hostsFile);
  return child;
}

/**
 * Resolves when the job stands at its gate, inside its cgroups. Rejects with nothing left behind but the staging
 * folder: `invalid-input` for an input that cannot be opened, `unavailable` when the sandbox cannot be made.
 */
export async function startSandboxed(
  spec: JobSpec,
  plan: LimitPlan,
  staging: Staging,
  host: SandboxHost,
  gpus: GivenGpus | null = null,
): Promise<StartedJob> {
  const user = host.jobUser === null ? null : ((await ownerOf(spec.workspace)) ?? host.jobUser());
  if (spec.workspace !== undefined) await checkWorkspace(spec.workspace);
  const inputs = await prepareInputs(spec, staging, user);
  // made while the sandbox comes up; whether it could be made is asked below
  const cgroupMade = createJobCgroup(host.cgroups, staging.id, plan.cgroup);
  cgroupMade.catch(() => {});
  const devNull = await open('/dev/null', 'r');
  let child: ChildProcess;
  try {
    child = spawnSandbox(spec, plan, host, inputs, user, staging.id, devNull.fd, gpus);
  } finally {
    await devNull.close();
  }
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    // "close" also waits for the end of the log; every process of a PID namespace is gone before its init is
    child.once('close', (code) => resolve(code ?? 137));
  });
  const words = new Set<string>();
  let initPid: number | null = null;
  let complaint = '';
  const listenToComplaint = (chunk: Buffer): void => {
    complaint = (complaint + chunk.toString('utf8')).slice(0, 2_000);
  };
  const stderr = child.stdio[2] as Readable;
  stderr.on('data', listenToComplaint);
  const control = pipeOf(child, descriptors.control);
  const ready = new Promise<'ready'>((resolve) => {
    const check = (): void => {
      if (initPid !== null && words.has(gateWords.ready)) resolve('ready');
    };
    readLines(pipeOf(child, descriptors.status), (line) => {
      const pid = /"child-pid":\s*(\d+)/.exec(line)?.[1];
      if (pid !== undefined) initPid = Number(pid);
      check();
    });
    readLines(control, (word) => {
      words.add(word);
      check();
    });
  });
  const timer = new AbortController();
  try {
    const timeout = new Promise<'timeout'>((resolve) => {
      const handle = setTimeout(() => resolve('timeout'), gateTimeoutMilliseconds);
      timer.signal.addEventListener('abort', () => clearTimeout(handle));
    });
    const first = await Promise.race([ready, ended, timeout]);
    if (first !== 'ready' || initPid === null)
      throw new Error(
        first === 'timeout'
          ? `not ready after ${gateTimeoutMilliseconds} ms`
          : complaint.trim() || `exit code ${first}`,
      );
    const init: number = initPid;
    const cgroup = await cgroupMade;
    const [gate] = await childrenOf(init);
    const anchor = await identify(init);
    if (gate === undefined || anchor === null || child.pid === undefined) throw new Error('it ended at once');
    await cgroup.add(gate);
    const folder = await open(`/proc/${gate}/root/job`, constants.O_RDONLY | constants.O_DIRECTORY);
    stderr.off('data', listenToComplaint);
    stderr.pause();
    return {
      anchor,
      treeRoot: init,
      sandboxed: true,
      cgroup,
      stdout: child.stdio[1] as Readable,
      stderr,
      folder,
      gateWords: words,
      go: () => sendTo(control, 'go\n', false),
      terminate: async () => {
        const tree = await sampleTree(init, plan.cgroup.processes);
        for (const pid of tree.pids) signal(pid, 'SIGTERM');
      },
      kill: () => killSandbox(child, init),
      ended,
    };
  } catch (cause) {
    killSandbox(child, initPid);
    killMarked(staging.id);
    await ended.catch(() => null);
    const cgroup = await cgroupMade.catch(() => null);
    if (cgroup !== null) await removeCgroupFolders(cgroup.folders);
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new GenesisError(
      { code: 'unavailable', message: `The sandbox could not be made: ${detail}`, retryAfterSeconds: 60 },
      { cause },
    );
  } finally {
    timer.abort();
  }
}

/** Ends the init of the PID namespace, with which the kernel ends everything inside, and bubblewrap's own process. */
function killSandbox(child: ChildProcess, init: number | null): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (init !== null) signal(init, 'SIGKILL');
  child.kill('SIGKILL');
}
