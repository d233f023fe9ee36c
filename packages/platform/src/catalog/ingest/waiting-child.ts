import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { IngestLimits } from './model.ts';
import { killGroup, type StartedChild, startChild } from './start-child.ts';

/** Whoever takes slices takes several; when nobody has for so long, the memory is given back. */
const longestWaitMs = 5 * 60_000;

type Folders = {
  /** An empty folder of its own for a job, under a new name. */
  open(): Promise<{ job: string; folder: string }>;
  clear(job: string): Promise<void>;
};
/** A child with the name of the job whose folder it is confined to. */
export type Waiting = { job: string; child: StartedChild };

/** A child that waits keeps no process alive; one that works does. */
const hold = ({ process }: StartedChild, held: boolean): void => {
  for (const handle of [process, ...process.stdio] as ({ ref?(): void; unref?(): void } | null)[]) {
    if (held) handle?.ref?.();
    else handle?.unref?.();
  }
};

const hasEnded = ({ process }: StartedChild): boolean =>
  process.pid === undefined || process.exitCode !== null || process.signalCode !== null;

/**
 * Keeps one child ready for the next slice: started, loaded, and confined to a folder that is empty until a file is lent to it.
 * What goes wrong with it is told to `warn` and costs nobody a slice: theirs is then read by a fresh child.
 */
export const createWaitingChild = (
  folders: Folders,
  limits: IngestLimits,
  warn: (error: unknown) => void,
  waitMs = longestWaitMs,
) => {
  let waiting: (Waiting & { timer: NodeJS.Timeout; loaded: Promise<unknown> }) | null = null;
  /** Starts and ends, one after the other. */
  let last: Promise<void> = Promise.resolve();
  let closed = false;
  const afterwards = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work).catch(warn);
    return last;
  };

  const start = async (): Promise<void> => {
    if (waiting !== null || closed) return;
    const { job, folder } = await folders.open();
    const child = await startChild(folder, limits, { readOnly: true, loads: 'slice' });
    hold(child, false);
    child.process.on('error', warn);
    const loaded = Promise.race([
      once(child.process.stdout as Readable, 'readable'),
      once(child.process, 'close'),
    ]);
    loaded.catch(warn);
    waiting = { job, child, loaded, timer: setTimeout(() => void afterwards(end), waitMs).unref() };
  };
  const end = async (): Promise<void> => {
    const taken = take();
    if (taken === null) return;
    const ended = once(taken.child.process, 'close');
    killGroup(taken.child.process);
    await ended;
    await folders.clear(taken.job);
  };
  /** The child that waits, for good: its taker clears its folder. Null where none waits, or it has died. */
  const take = (): Waiting | null => {
    if (waiting === null) return null;
    const { job, child, timer } = waiting;
    waiting = null;
    clearTimeout(timer);
    hold(child, true);
    if (!hasEnded(child)) return { job, child };
    void afterwards(() => folders.clear(job));
    return null;
  };

  return {
    take,
    /** Starts the next one, where none waits. Resolves when it was started. */
    renew: (): Promise<void> => afterwards(start),
    /** Resolves when a child that waits has loaded what it needs. */
    async ready(): Promise<void> {
      await last;
      const now = waiting;
      if (now === null) return;
      hold(now.child, true);
      await now.loaded;
      if (waiting === now) hold(now.child, false);
    },
    async close(): Promise<void> {
      closed = true;
      await afterwards(end);
    },
  };
};
export type WaitingChild = ReturnType<typeof createWaitingChild>;
