/** What will bound a job, and how its sandbox looks: decided as data before anything is done. */
import { GenesisError, type JobResources, type JobSpec } from '@genesis/contracts';
import type { Bubblewrap, RuntimePart } from './bubblewrap.ts';
import type { CgroupLimits, CgroupParents } from './cgroups.ts';
import { reservedNames } from './collect.ts';
import type { ProcessLimits } from './gate.ts';
import type { GivenGpus } from './gpus.ts';
import { beginsIn } from './workspace.ts';

export type LimitAbilities = {
  cgroups: CgroupParents;
  /** Whether a watchdog can follow the processes of a job. */
  followsTrees: boolean;
  /** Whether processes can be pinned to some of the cores. */
  pinsCores: boolean;
  hostCores: number;
  /** Largest job folder, which lives in memory. */
  maxFolderBytes: number;
  /** GPUs that jobs can be given, and why there are no more. */
  gpus: { count: number; missing: string };
};

export type LimitPlan = {
  enforcement: 'cgroup' | 'watchdog';
  process: ProcessLimits;
  cgroup: CgroupLimits;
  /** Memory of all processes, without the job folder. */
  memoryBytes: number;
  /** Bounds that the watchdog must hold, because no cgroup does; `null` where one does. */
  watchedMemoryBytes: number | null;
  watchedProcesses: number | null;
  /** Number of cores to pin to; `null` where a quota bounds them or the machine has no more. */
  pinnedCores: number | null;
  /** Size of the job folder: one page more than allowed, so that "full" means "over the limit". */
  folderBytes: number;
};

const pageBytes = 4096;
/** The watchdog looks every 50 ms; memory is filled at some GB/s. */
const betweenLooksBytes = 2 ** 28;
/** Timers here count milliseconds in 31 bits. */
const longestSeconds = Math.floor((2 ** 31 - 1) / 1_000);

/** Control groups count as holding a job's limits only when they hold memory and processes both. */
export const enforcementOf = ({ folders }: CgroupParents): LimitPlan['enforcement'] =>
  folders.memory !== undefined && folders.pids !== undefined ? 'cgroup' : 'watchdog';

/** Throws `unsupported`, naming the field, when a limit cannot be held here. */
export function planLimits(resources: JobResources, abilities: LimitAbilities): LimitPlan {
  const { cgroups, followsTrees, pinsCores, hostCores, maxFolderBytes, gpus } = abilities;
  const refuse = (field: keyof JobResources, why: string): never => {
    throw new GenesisError({ code: 'unsupported', message: `resources.${field}: ${why}` });
  };
  if (resources.nodes > 1) refuse('nodes', 'a job runs on one node here; ask for 1');
  if (resources.gpus > gpus.count)
    refuse('gpus', `a job can be given ${gpus.count} here (${gpus.missing}); ask for at most that many`);
  if (resources.durationSeconds > longestSeconds)
    refuse('durationSeconds', `this executor cannot hold limits above ${longestSeconds} seconds`);
  const memoryCounted = cgroups.folders.memory !== undefined;
  const processesCounted = cgroups.folders.pids !== undefined;
  const quota = cgroups.folders.cpu !== undefined;
  if (!memoryCounted && !followsTrees)
    refuse(
      'memoryBytes',
      'cannot be bounded here: neither a memory cgroup nor /proc/PID/task/TID/children is there',
    );
  if (!processesCounted && !followsTrees)
    refuse(
      'processes',
      'cannot be bounded here: neither a pids cgroup nor /proc/PID/task/TID/children is there',
    );
  const pinned = !quota && resources.cpuCores < hostCores;
  if (pinned && !Number.isInteger(resources.cpuCores))
    refuse(
      'cpuCores',
      'a fraction of a core cannot be bounded here, since no CPU cgroup can be written; ask for whole cores',
    );
  if (pinned && !pinsCores)
    refuse(
      'cpuCores',
      `cannot be bounded here: neither a CPU cgroup nor taskset is there; ask for all ${hostCores} cores`,
    );
  if (resources.outputBytes > maxFolderBytes)
    refuse(
      'outputBytes',
      `a job folder is held in memory here, so at most ${maxFolderBytes} bytes can be bounded`,
    );
  return {
    enforcement: enforcementOf(cgroups),
    process: {
      fileBytes: resources.outputBytes,
      cpuSeconds: resources.durationSeconds * Math.max(1, Math.ceil(resources.cpuCores)) + 1,
      // twice the limit and what a fast program fills between two looks: the watchdog comes first and can tell why, and
      // what is never touched does no harm
      // what never does any harm either are the addresses that CUDA sets apart, more than the machine has memory
      dataBytes: memoryCounted || resources.gpus > 0 ? null : resources.memoryBytes * 2 + betweenLooksBytes,
      // above the watchdog's bound, so that it can see that the bound was passed
      processes: processesCounted ? null : resources.processes + 256,
    },
    cgroup: {
      // the folder lives in memory and has a bound of its own; the watchdog tells the two apart
      memoryBytes: resources.memoryBytes + resources.outputBytes,
      processes: resources.processes,
      cpuCores: resources.cpuCores,
    },
    memoryBytes: resources.memoryBytes,
    watchedMemoryBytes: memoryCounted ? null : resources.memoryBytes,
    watchedProcesses: processesCounted ? null : resources.processes,
    pinnedCores: pinned ? resources.cpuCores : null,
    folderBytes: (Math.ceil(resources.outputBytes / pageBytes) + 1) * pageBytes,
  };
}

/** Descriptors that bubblewrap reads from; the gate's own is the control. */
export const descriptors = {
  control: 3,
  arguments: 4,
  seccomp: 5,
  status: 6,
  passwd: 7,
  group: 8,
  hosts: 9,
} as const;

/** What of /proc is the machine's and may be open to writing. */
const machineParts = [
  'sys',
  'sysrq-trigger',
  'irq',
  'bus',
  'pressure',
  'fs',
  'acpi',
  'scsi',
  'driver',
  'timer_list',
];

/** The job's user and group inside: "nobody", whoever runs the server. */
const insideId = 65_534;
export const passwdFile = `nobody:x:${insideId}:${insideId}:nobody:/tmp:/bin/sh\n`;
export const groupFile = `nogroup:x:${insideId}:\n`;
/** Processes of a job meet at "localhost"; the host's own file may name who else is there. */
export const hostsFile = '127.0.0.1 localhost job\n';

/** What every job finds in its environment, besides what its specification says. */
export const fixedEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/tmp',
  TMPDIR: '/tmp',
  LANG: 'C.UTF-8',
} as const;

/** What the job sees of the host, at the paths under which bubblewrap finds it; each in the order of the specification. */
export type SeenPaths = { sources: string[]; mounts: string[]; sockets: string[]; workspace: string | null };

/** What differs from the sandbox of jobs where the platform does work of its own in one. */
export type SandboxWays = {
  /** It reaches the network of the host. */
  network?: boolean;
  /** Where it sees its workspace, instead of at that one's own path. */
  workspaceAt?: string;
};

/**
 * Arguments of bubblewrap up to the command. They go through a
 * descriptor, so that the job does not find host paths in /proc/1/cmdline. Only the job folder and the workspace can be written: the root, /dev and /proc are read-only (root's own files
 * below /proc/sys would otherwise be writable for a server that runs as root), /tmp and /dev/shm lie in the folder. With
 * GPUs, of /proc only what is the machine's is read-only.
 */
export function sandboxArguments(
  spec: JobSpec,
  plan: LimitPlan,
  bubblewrap: Bubblewrap,
  runtime: RuntimePart[],
  seen: SeenPaths,
  { network, workspaceAt }: SandboxWays = {},
  gpus: GivenGpus | null = null,
): string[] {
  const { sources, mounts, sockets, workspace } = seen;
  const scratch = `/job/${reservedNames.scratch}`;
  const size = ['--size', String(plan.folderBytes)];
  const root = workspaceAt ?? spec.workspace?.root ?? '';
  // nothing can be mounted behind a link, so that a workspace below it makes it a folder of its own
  const temporary = (path: string): string[] =>
    root.startsWith(`${path}/`) ? [...size, '--tmpfs', path] : ['--symlink', scratch, path];
  return [
    ...[
      '--unshare-user',
      '--unshare-ipc',
      '--unshare-pid',
      ...(network === true ? [] : ['--unshare-net']),
      '--unshare-uts',
      '--unshare-cgroup-try',
    ],
    ...(bubblewrap.disablesUserNamespaces ? ['--disable-userns'] : []),
    ...['--uid', String(insideId), '--gid', String(insideId), '--cap-drop', 'ALL', '--hostname', 'job'],
    ...['--new-session', '--die-with-parent', '--clearenv'],
    ...Object.entries(fixedEnvironment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...(gpus?.libraries == null ? [] : ['--setenv', 'LD_LIBRARY_PATH', gpus.libraries]),
    ...runtime.flatMap((part) =>
      part.kind === 'link'
        ? ['--symlink', part.target, part.path]
        : ['--ro-bind', part.path, part.at ?? part.path],
    ),
    ...[
      '--file',
      String(descriptors.passwd),
      '/etc/passwd',
      '--file',
      String(descriptors.group),
      '/etc/group',
    ],
    ...(network === true ? [] : ['--file', String(descriptors.hosts), '/etc/hosts']),
    ...['--proc', '/proc'],
    // CUDA names its threads in /proc/PID/task/TID/comm and does not start where it cannot: of what is not a process's
    // own, the parts that hold anything to write are read-only
    ...(gpus === null
      ? ['--remount-ro', '/proc']
      : machineParts.flatMap((part) => ['--ro-bind-try', `/proc/${part}`, `/proc/${part}`])),
    ...(gpus?.places ?? []).flatMap((place) => ['--ro-bind', place, place]),
    ...['--tmpfs', '/dev'],
    ...['null', 'zero', 'full', 'random', 'urandom'].flatMap((name) => [
      '--dev-bind',
      `/dev/${name}`,
      `/dev/${name}`,
    ]),
    ...(gpus?.files ?? []).flatMap(({ source, at }) => ['--dev-bind', source, at]),
    ...['--symlink', '/proc/self/fd', '/dev/fd', '--symlink', '/proc/self/fd/0', '/dev/stdin'],
    ...['--symlink', '/proc/self/fd/1', '/dev/stdout', '--symlink', '/proc/self/fd/2', '/dev/stderr'],
    ...['--symlink', scratch, '/dev/shm', '--remount-ro', '/dev'],
    ...temporary('/tmp'),
    ...temporary('/var/tmp'),
    ...[...size, '--tmpfs', '/job', '--dir', scratch],
    ...['--dir', '/inputs', '--symlink', '/inputs', `/job/${reservedNames.inputs}`],
    ...spec.inputs.flatMap(({ path }, index) => ['--ro-bind', sources[index] ?? '', `/inputs/${path}`]),
    ...spec.mounts.flatMap(({ path }, index) => ['--ro-bind', mounts[index] ?? '', path]),
    ...spec.sockets.flatMap(({ path }, index) => ['--ro-bind', sockets[index] ?? '', path]),
    ...(workspace === null ? [] : ['--bind', workspace, root]),
    ...['--remount-ro', '/'],
    ...['--chdir', spec.workspace === undefined ? '/job' : beginsIn({ ...spec.workspace, root })],
    ...['--seccomp', String(descriptors.seccomp), '--json-status-fd', String(descriptors.status)],
  ];
}
