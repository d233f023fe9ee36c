/**
 * Control groups, version 1 and 2, as far as this process may write them. A job's groups are children of the
 * server's own groups, so whatever bounds the server bounds its jobs too.
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
 */

import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent, readKernelFile } from '../../../kernel/index.ts';

type Controller = 'memory' | 'pids' | 'cpu' | 'cpuacct';
const controllers: Controller[] = ['memory', 'pids', 'cpu', 'cpuacct'];

/** For each controller, the folder below which a job's group can be made, or nothing. */
export type CgroupParents = { version: 1 | 2; folders: Partial<Record<Controller, string>> };

export const noCgroups: CgroupParents = { version: 2, folders: {} };

export type CgroupLimits = { memoryBytes: number; processes: number; cpuCores: number };

type CgroupSample = {
  /** Anonymous memory now: what the programs hold, without files and the job folder. */
  memoryBytes: number | null;
  /** The kernel's own peak, with the job folder and cached files. */
  peakMemoryBytes: number | null;
  cpuSeconds: number | null;
  outOfMemoryKills: number;
  refusedForks: number;
};

export type JobCgroup = {
  readonly folders: string[];
  /** Moves one process, with all its threads; what it starts later is born inside. */
  add(pid: number): Promise<void>;
  sample(): CgroupSample;
};

const files = {
  1: {
    memoryLimit: 'memory.limit_in_bytes',
    memoryPeak: 'memory.max_usage_in_bytes',
    anonymous: 'rss',
    memoryEvents: 'memory.oom_control',
    cpuQuota: 'cpu.cfs_quota_us',
  },
  2: {
    memoryLimit: 'memory.max',
    memoryPeak: 'memory.peak',
    anonymous: 'anon',
    memoryEvents: 'memory.events',
    cpuQuota: 'cpu.max',
  },
} as const;

const cpuPeriodMicroseconds = 100_000;

async function succeeds(action: Promise<unknown>): Promise<boolean> {
  return action.then(
    () => true,
    () => false,
  );
}

const keyed = (text: string | null, key: string): number =>
  Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? 0);

/** Where the server itself lives: controller (or '' for version 2) to the folder of its group. */
function ownGroups(): Map<string, string> {
  const groups = readKernelFile('/proc/self/cgroup');
  const mounts = readKernelFile('/proc/self/mountinfo');
  const mountOf = new Map<string, { root: string; folder: string }>();
  for (const line of (mounts ?? '').split('\n')) {
    const [left, right] = line.split(' - ');
    const [, , , root, folder] = (left ?? '').split(' ');
    const [type, , options] = (right ?? '').split(' ');
    if (root === undefined || folder === undefined) continue;
    if (type === 'cgroup2') mountOf.set('', { root, folder });
    if (type === 'cgroup')
      for (const name of (options ?? '').split(',')) if (name !== 'rw') mountOf.set(name, { root, folder });
  }
  const own = new Map<string, string>();
  for (const line of (groups ?? '').split('\n')) {
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined) continue;
    for (const name of names.split(',')) {
      const mount = mountOf.get(name);
      if (mount === undefined) continue;
      const below = path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
      own.set(name, join(mount.folder, below));
    }
  }
  return own;
}

const probePrefix = 'genesis-probe-';

/** Groups that processes tried and left, since they were killed meanwhile. */
async function removeLeftProbes(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  for (const name of names) {
    const pid = name.startsWith(probePrefix) ? name.slice(probePrefix.length).split('-')[0] : undefined;
    if (pid === undefined || readKernelFile(`/proc/${pid}/stat`) !== null) continue;
    await succeeds(rmdir(join(folder, name)));
  }
}

/** Tries each controller by making and removing a group; nothing is left behind. */
export async function detectCgroups(): Promise<CgroupParents> {
  const own = ownGroups();
  // a name of its own: a process with this one's number may have left one
  const probe = `${probePrefix}${process.pid}-${randomUUID()}`;
  for (const folder of new Set(own.values())) await removeLeftProbes(folder);
  const folders: CgroupParents['folders'] = {};
  for (const controller of controllers) {
    const folder = own.get(controller);
    if (folder === undefined || !(await succeeds(mkdir(join(folder, probe))))) continue;
    folders[controller] = folder;
    await rmdir(join(folder, probe));
  }
  if (Object.keys(folders).length > 0) return { version: 1, folders };
  const unified = own.get('');
  if (unified === undefined) return noCgroups;
  // refused with EBUSY where the server shares its group with other processes: then an operator has to delegate one
  await succeeds(writeFile(join(unified, 'cgroup.subtree_control'), '+memory +pids +cpu'));
  const enabled = (readKernelFile(join(unified, 'cgroup.subtree_control')) ?? '').trim().split(' ');
  if (!(await succeeds(mkdir(join(unified, probe))))) return noCgroups;
  await rmdir(join(unified, probe));
  for (const controller of ['memory', 'pids', 'cpu'] as const)
    if (enabled.includes(controller)) folders[controller] = unified;
  if (folders.cpu !== undefined) folders.cpuacct = folders.cpu;
  return { version: 2, folders };
}

/** The folders that createJobCgroup() makes, whether they are there or not. */
export const jobCgroupFolders = (parents: CgroupParents, id: string): string[] => [
  ...new Set(Object.values(parents.folders).map((parent) => join(parent, `genesis-job-${id}`))),
];

/** Makes the groups of one job with their limits. Rejects, leaving nothing behind, when a limit cannot be set. */
export async function createJobCgroup(
  parents: CgroupParents,
  id: string,
  limits: CgroupLimits,
): Promise<JobCgroup> {
  const names = files[parents.version];
  const folderOf = (controller: Controller): string | null => {
    const parent = parents.folders[controller];
    return parent === undefined ? null : join(parent, `genesis-job-${id}`);
  };
  const memory = folderOf('memory');
  const pids = folderOf('pids');
  const cpu = folderOf('cpu');
  const accounting = folderOf('cpuacct');
  const folders = jobCgroupFolders(parents, id);
  // left over from a server that died between making them and claiming the job
  await removeCgroupFolders(folders);
  try {
    // all of them have been tried when the first failure is told, so that none appears after the clean-up
    const made = await Promise.allSettled(folders.map((folder) => mkdir(folder)));
    for (const attempt of made) if (attempt.status === 'rejected') throw attempt.reason;
    if (memory !== null) {
      await writeFile(join(memory, names.memoryLimit), String(limits.memoryBytes));
      // absent where the kernel counts no swap; then there is none to bound here
      if (parents.version === 1)
        await succeeds(writeFile(join(memory, 'memory.memsw.limit_in_bytes'), String(limits.memoryBytes)));
      else await succeeds(writeFile(join(memory, 'memory.swap.max'), '0'));
    }
    if (pids !== null) await writeFile(join(pids, 'pids.max'), String(limits.processes));
    if (cpu !== null) {
      const quota = Math.ceil(limits.cpuCores * cpuPeriodMicroseconds);
      await writeFile(
        join(cpu, names.cpuQuota),
        parents.version === 1 ? String(quota) : `${quota} ${cpuPeriodMicroseconds}`,
      );
    }
  } catch (cause) {
    await removeCgroupFolders(folders);
    throw cause;
  }
  return {
    folders,
    add: async (pid) => {
      await Promise.all(folders.map((folder) => writeFile(join(folder, 'cgroup.procs'), String(pid))));
    },
    sample: () => {
      const read = (folder: string | null, name: string): string | null =>
        folder === null ? null : readKernelFile(join(folder, name));
      const peak = read(memory, names.memoryPeak);
      const memoryStatistics = read(memory, 'memory.stat');
      const memoryEvents = read(memory, names.memoryEvents);
      const pidsEvents = read(pids, 'pids.events');
      const cpuUsage = read(accounting, parents.version === 1 ? 'cpuacct.usage' : 'cpu.stat');
      return {
        peakMemoryBytes: peak === null ? null : Number(peak),
        memoryBytes: memoryStatistics === null ? null : keyed(memoryStatistics, names.anonymous),
        cpuSeconds:
          cpuUsage === null
            ? null
            : parents.version === 1
              ? Number(cpuUsage) / 1e9
              : keyed(cpuUsage, 'usage_usec') / 1e6,
        outOfMemoryKills: keyed(memoryEvents, 'oom_kill'),
        refusedForks: keyed(pidsEvents, 'max'),
      };
    },
  };
}

/** Removes groups whose processes have ended. The kernel may take a moment; after a second it rejects. */
export async function removeCgroupFolders(folders: string[]): Promise<void> {
  for (const folder of folders) {
    for (let attempt = 0; ; attempt += 1) {
      const failure = await rmdir(folder).then(
        () => null,
        (error: NodeJS.ErrnoException) => error,
      );
      if (failure === null || failure.code === 'ENOENT') break;
      if (attempt === 50) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
