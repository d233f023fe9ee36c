/**
 * Running a job as a plain child process: only where an operator has allowed it and no sandbox can be made. The
 * environment, limits and watchdog are the same; isolation there is none, and every outcome says so.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, open, symlink } from 'node:fs/promises';
import { constants as system } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { GenesisError, invalidField, type JobSpec } from '@genesis/contracts';
import { reservedNames } from './collect.ts';
import { closedStdio, readLines, sendTo } from './descriptors.ts';
import { gateCommand, gateWords } from './gate.ts';
import { descriptors, fixedEnvironment, type LimitPlan } from './plan.ts';
import { identify, killMarked, markOf, sampleTree, signal } from './process-tree.ts';
import type { Staging } from './staging.ts';
import type { StartedJob } from './started-job.ts';
import { beginsIn, checkWorkspace } from './workspace.ts';

/** How long the log of an ended job may take to end. */
const drainMilliseconds = 500;

/** Without a sandbox nothing can be put at a path of its own. Throws `unsupported`. */
function assertPlaceable({ mounts, sockets }: JobSpec): void {
  const wrong = [...mounts, ...sockets].find(({ path }) => !path.startsWith('/inputs/'));
  if (wrong === undefined) return;
  const message = `mounts: ${wrong.path} can be seen by sandboxed jobs only. Install bubblewrap where user namespaces are allowed.`;
  throw new GenesisError({ code: 'unsupported', message });
}

async function prepareFolder(spec: JobSpec, staging: Staging): Promise<string> {
  const work = join(staging.folder, 'work');
  await mkdir(join(work, reservedNames.scratch), { recursive: true });
  await mkdir(join(work, reservedNames.inputs));
  for (const [index, input] of spec.inputs.entries()) {
    const copy = join(work, reservedNames.inputs, input.path);
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(input.source, copy, constants.COPYFILE_FICLONE).catch((cause: unknown) => {
      throw invalidField(`inputs.${index}.source`, 'cannot be opened', { cause });
    });
    await chmod(copy, 0o444);
  }
  for (const { path, source } of [...spec.mounts, ...spec.sockets]) {
    const link = join(work, path.slice(1));
    await mkdir(dirname(link), { recursive: true });
    await symlink(source, link);
  }
  return work;
}

/** The counterpart of startSandboxed(), with the same promises except isolation. */
export async function startUnsandboxed(
  spec: JobSpec,
  plan: LimitPlan,
  staging: Staging,
  inheritable: number[],
): Promise<StartedJob> {
  assertPlaceable(spec);
  if (spec.workspace !== undefined) await checkWorkspace(spec.workspace);
  const work = await prepareFolder(spec, staging);
  const scratch = join(work, reservedNames.scratch);
  const devNull = await open('/dev/null', 'r');
  const [program = '', ...rest] = gateCommand(plan.process, spec.environment, [
    spec.executable,
    ...spec.arguments,
  ]);
  const child = spawn(program, rest, {
    cwd: spec.workspace === undefined ? work : beginsIn(spec.workspace),
    env: { ...fixedEnvironment, HOME: scratch, TMPDIR: scratch, ...markOf(staging.id) },
    detached: true,
    stdio: closedStdio<'ignore' | 'pipe' | number>(
      ['ignore', 'pipe', 'pipe', 'pipe'],
      inheritable,
      devNull.fd,
    ),
  });
  await devNull.close();
  const words = new Set<string>();
  const control = child.stdio[descriptors.control] as Duplex;
  const killAll = (): void => {
    // again until a pass finds none: a process may start another between the listing and the signal
    for (let pass = 0; pass < 100 && killMarked(staging.id) > 0; pass += 1);
  };
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signalName) => resolve(code ?? 128 + system.signals[signalName ?? 'SIGKILL']));
  });
  const ended = exited.then(async (code) => {
    killAll();
    // what has shed its mark may hold the log open for ever: the log ends here
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
    const unfinished = streams.filter((stream) => !stream.closed);
    const closed = Promise.all(unfinished.map((stream) => once(stream, 'close')));
    await Promise.race([closed, pause(drainMilliseconds)]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return code;
  });
  const ready = new Promise<'ready'>((resolve) => {
    readLines(control, (word) => {
      words.add(word);
      if (word === gateWords.ready) resolve('ready');
    });
  });
  const first = await Promise.race([ready, ended]);
  const anchor = child.pid === undefined ? null : await identify(child.pid);
  if (first !== 'ready' || anchor === null)
    throw new GenesisError({
      code: 'unavailable',
      message: 'The job could not be started',
      retryAfterSeconds: 60,
    });
  return {
    anchor,
    treeRoot: anchor.pid,
    sandboxed: false,
    cgroup: null,
    stdout: child.stdio[1] as Readable,
    stderr: child.stdio[2] as Readable,
    folder: await open(work, constants.O_RDONLY | constants.O_DIRECTORY),
    gateWords: words,
    go: () => sendTo(control, 'go\n', false),
    terminate: async () => {
      const tree = await sampleTree(anchor.pid, plan.cgroup.processes);
      for (const pid of [anchor.pid, ...tree.pids]) signal(pid, 'SIGTERM');
    },
    kill: killAll,
    ended,
  };
}
