import { setTimeout as pause } from 'node:timers/promises';

/** Work that takes turns: `processes` are those that do it once it has begun, and are held between its turns. */
export type Way = { begin: () => Promise<void>; processes: () => number[] };

/** Between turns, so that what goes on a moment longer is not counted to the next. */
const betweenMs = 500;
const lookEveryMs = 20;

const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
};

/**
 * Lets two or more pieces of work take turns until all have ended, and gives the seconds that each had. A machine that
 * becomes faster or slower within a minute, by more than the difference between them, then does so to each of them.
 */
export async function inTurns(ways: readonly Way[], turnMs: number): Promise<number[]> {
  const places = ways.map((way) => ({
    way,
    work: undefined as Promise<void> | undefined,
    held: [] as number[],
    endedAt: undefined as number | undefined,
    seconds: 0,
  }));
  type Place = (typeof places)[number];

  const go = (place: Place): void => {
    signal(place.held, 'SIGCONT');
    place.held = [];
    place.work ??= place.way.begin().finally(() => {
      place.endedAt = performance.now();
    });
  };
  /** Holds the processes; what has none yet goes on until it has. */
  const hold = async (place: Place): Promise<void> => {
    while (place.endedAt === undefined) {
      place.held = place.way.processes();
      if (place.held.length > 0) return signal(place.held, 'SIGSTOP');
      await Promise.race([place.work, pause(lookEveryMs)]);
    }
  };

  try {
    while (places.some(({ endedAt }) => endedAt === undefined)) {
      for (const place of places.filter(({ endedAt }) => endedAt === undefined)) {
        const began = performance.now();
        go(place);
        await Promise.race([place.work, pause(turnMs)]);
        await hold(place);
        place.seconds += ((place.endedAt ?? performance.now()) - began) / 1000;
        await pause(betweenMs);
      }
    }
  } finally {
    for (const { held } of places) signal(held, 'SIGCONT');
  }
  return places.map(({ seconds }) => seconds);
}
