/** Looks at all jobs of one facility, again and again, while there are any. */
import { setTimeout as pause } from 'node:timers/promises';
import { clearAway } from './clear-away.ts';
import type { FacilityClient } from './facility-client.ts';
import type { FollowedJob } from './followed-job.ts';
import type { JobFolder } from './job-folder.ts';
import type { Tempo } from './tempo.ts';

export type Poller = {
  /** Has a look taken soon. */
  wake(): void;
  /** Resolves when nothing of what was being looked at is under way any more; to be asked after `signal`. */
  idle(): Promise<void>;
};

/** One list for all jobs at each look; the pauses grow while nothing changes. It ends with `signal`. */
export function createPoller(parts: {
  facility: () => Promise<FacilityClient>;
  name: string;
  followed: ReadonlyMap<string, FollowedJob>;
  /** Folders of released jobs, whose rest has to be cleared away. */
  doomed: Set<JobFolder>;
  tempo: Tempo;
  warn: (message: string, error: unknown) => void;
  signal: AbortSignal;
}): Poller {
  const { facility, name, followed, doomed, tempo, warn, signal } = parts;
  /** What is wrong with one look after another is told once, until a look goes well. */
  const told = new Set<string>();
  const warnOnce = (message: string, error: unknown): void => {
    if (told.has(message)) return;
    told.add(message);
    warn(message, error);
  };
  /** Whether the last looks brought something that calls for another one soon. */
  let news = false;
  const active = new Set<Promise<void>>();
  const track = (work: Promise<void>): Promise<void> => {
    const tracked: Promise<void> = work.finally(() => active.delete(tracked));
    active.add(tracked);
    return tracked;
  };
  const clearing = new Set<JobFolder>();
  const clear = async (client: FacilityClient, folder: JobFolder): Promise<void> => {
    if (clearing.has(folder)) return;
    clearing.add(folder);
    try {
      await clearAway(client, folder, warn);
      doomed.delete(folder);
    } finally {
      clearing.delete(folder);
    }
  };
  const lookAfter = async (client: FacilityClient): Promise<Promise<void>[]> => {
    const jobs = [...followed.values()];
    const ids = jobs.flatMap(({ id }) => (id === null ? [] : [id]));
    const seen = ids.length === 0 ? new Map<string, null>() : await client.lookAt(ids);
    const looks = jobs.map(async (job) => {
      if (job.id === null) await job.resolve();
      else if (seen.has(job.id) && (await job.look(seen.get(job.id) ?? null))) news = true;
    });
    return [...looks, ...[...doomed].map((folder) => clear(client, folder))];
  };
  /** What takes long for one job, a large output, say, does not hold up the others. */
  const poll = async (): Promise<void> => {
    let failed = false;
    const looks = (await lookAfter(await facility())).map((look) =>
      track(
        look.catch((error: unknown) => {
          failed = true;
          warnOnce('A job cannot be looked after just now', error);
        }),
      ),
    );
    await Promise.race([Promise.all(looks), pause(tempo.pollMostMs, undefined, { ref: false })]);
    if (!failed) told.clear();
  };

  let timer: NodeJS.Timeout | undefined;
  let polling = false;
  let rest = tempo.pollFirstMs;
  let due = Number.POSITIVE_INFINITY;
  const pollOnce = async (): Promise<void> => {
    polling = true;
    due = Number.POSITIVE_INFINITY;
    news = false;
    try {
      await poll();
      rest = news ? tempo.pollFirstMs : Math.min(rest * 1.4, tempo.pollMostMs);
    } catch (error) {
      warnOnce(`${name} cannot be asked about its jobs; they go on`, error);
      rest = Math.min(rest * 1.4, tempo.pollMostMs);
    } finally {
      polling = false;
      schedule();
    }
  };
  const schedule = (): void => {
    if (signal.aborted || (followed.size === 0 && doomed.size === 0)) return;
    const at = performance.now() + rest;
    // whoever wakes it often does not put it off
    if (at >= due) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(() => void track(pollOnce()), rest);
  };
  signal.addEventListener('abort', () => clearTimeout(timer));
  return {
    wake: () => {
      rest = tempo.pollFirstMs;
      if (!polling) schedule();
    },
    idle: async () => {
      while (active.size > 0) await Promise.all(active);
    },
  };
}
