/** Looks at a running job again and again: what the kernel reports of its limits, and what no cgroup bounds. */
import { statfsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import type { FailureReason, JobUsage } from '@genesis/contracts';
import { mostEntries, reservedNames } from './collect.ts';
import type { LimitPlan } from './plan.ts';
import { proportionalBytes, sampleTree } from './process-tree.ts';
import type { StartedJob } from './started-job.ts';

const intervalMilliseconds = { cgroup: 100, watchdog: 50 } as const;

type Usage = Pick<JobUsage, 'cpuSeconds' | 'peakMemoryBytes'>;
type Breach = Extract<FailureReason, 'out-of-memory' | 'process-limit' | 'output-limit'>;

export type Watchdog = {
  /** Stops looking, looks a last time, and says what was used and whether a limit was passed. */
  finish(): Promise<{ usage: Usage; breach: Breach | null }>;
};

/** Whether the job folder holds more than it may. */
export type FolderMeter = () => Promise<{ full: boolean }>;

/** A sandbox's folder is a file system of its own in memory, so one call, which waits for no disk, tells how full it is. */
export const fileSystemMeter =
  (job: Pick<StartedJob, 'folder'>): FolderMeter =>
  async () => {
    const { bavail, files, ffree } = statfsSync(`/proc/self/fd/${job.folder.fd}`);
    // files without content take kernel memory too
    return { full: bavail === 0 || files - ffree > mostEntries };
  };

/** Adds up the files of a job that shares the host's file system. What vanishes meanwhile counts nothing. */
export const walkingMeter =
  (job: Pick<StartedJob, 'folder'>, limitBytes: number): FolderMeter =>
  async () => {
    const folder = `/proc/self/fd/${job.folder.fd}/`;
    const names = await readdir(folder, { recursive: true });
    let bytes = 0;
    for (const name of names.filter((path) => !path.startsWith(`${reservedNames.inputs}/`)))
      bytes += (await lstat(folder + name).catch(() => ({ blocks: 0 }))).blocks * 512;
    return { full: bytes > limitBytes };
  };

/**
 * Calls `onBreach` at most once, at the first limit that is found passed. When it can no longer look, it ends the job
 * at once and `finish` rejects: nothing runs unwatched.
 */
export function watch(
  job: StartedJob,
  plan: LimitPlan,
  meter: FolderMeter,
  onBreach: (breach: Breach) => void,
): Watchdog {
  const { cgroup } = job;
  let usage: Usage = { cpuSeconds: null, peakMemoryBytes: null };
  let breach: Breach | null = null;
  let stopped = false;
  const report = (found: Breach): void => {
    if (breach !== null) return;
    breach = found;
    onBreach(found);
  };
  const raise = (before: number | null, now: number | null): number | null =>
    now === null ? before : Math.max(before ?? 0, now);

  const followTree = async (): Promise<void> => {
    const processes = plan.watchedProcesses ?? plan.cgroup.processes;
    const tree = await sampleTree(job.treeRoot, processes);
    let memory = tree.residentBytes;
    const limit = plan.watchedMemoryBytes;
    // resident sizes count shared pages more than once: look closely before calling it a breach
    if (limit !== null && memory > limit) memory = await proportionalBytes(tree.pids);
    usage = {
      cpuSeconds: raise(usage.cpuSeconds, tree.cpuSeconds),
      peakMemoryBytes: raise(usage.peakMemoryBytes, memory),
    };
    if (limit !== null && memory > limit) report('out-of-memory');
    if (plan.watchedProcesses !== null && Math.max(tree.threads, tree.pids.length) > plan.watchedProcesses)
      report('process-limit');
  };

  const readCgroup = (group: NonNullable<typeof cgroup>): void => {
    const sample = group.sample();
    usage = {
      cpuSeconds: raise(usage.cpuSeconds, sample.cpuSeconds),
      peakMemoryBytes: raise(usage.peakMemoryBytes, sample.peakMemoryBytes),
    };
    if (sample.outOfMemoryKills > 0 || (sample.memoryBytes ?? 0) > plan.memoryBytes) report('out-of-memory');
    if (sample.refusedForks > 0) report('process-limit');
  };

  const look = async (): Promise<void> => {
    if (cgroup !== null) readCgroup(cgroup);
    if (plan.enforcement === 'watchdog') await followTree();
    if ((await meter()).full) report('output-limit');
  };

  let wake: () => void = () => {};
  const loop = (async () => {
    while (!stopped) {
      await look();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMilliseconds[plan.enforcement]);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  loop.catch(() => job.kill());

  return {
    finish: async () => {
      stopped = true;
      wake();
      await loop;
      await look();
      return { usage, breach };
    },
  };
}
