import { setTimeout as pause } from 'node:timers/promises';
import { Gone, Refused } from '../crash/client.ts';
import type { Place } from './place.ts';
import type { Trial } from './trial.ts';

const patienceMs = 300_000;

/** Asks again while the platform is away, or went away during the answer. Only what may be asked twice: reads, and writes with a key. */
export async function patiently<T>({ server }: Pick<Place, 'server'>, ask: () => Promise<T>): Promise<T> {
  const begun = Date.now();
  for (;;) {
    const { starts } = server;
    try {
      return await ask();
    } catch (error) {
      // a process whose database died before it may still have answered that it failed
      await pause(200);
      const died = !server.alive || server.starts !== starts;
      const passes = error instanceof Gone || (error instanceof Refused && error.status >= 500 && died);
      if (!passes || Date.now() - begun > patienceMs) throw error;
    }
  }
}

/** The one kill of a trial. */
export type Kill = {
  /** The work has come to where a kill at a moment counts from: it comes so much later. */
  begin(afterMs: number): void;
  /** Waits until everything was killed and is back; a point that is not reached within the time is given up for a kill now. Says at what it was. */
  over(patienceMs?: number): Promise<string>;
};

/** Makes ready to kill: where a point is named, the platform is started anew and will end itself there. */
export async function prepareKill(place: Place, { victim, when, awayMs }: Trial): Promise<Kill> {
  const { server, objects } = place;
  const dies = { platform: victim !== 'store', store: victim === 'store' || victim === 'both' };
  let killed = 'at the end';
  let going: Promise<void> | undefined;
  const back = async (): Promise<void> => {
    place.returning = (async () => {
      await pause(awayMs);
      if (place.isClosed) return;
      if (dies.store) objects?.restart();
      if (dies.platform) await server.start();
    })();
    await place.returning;
  };
  const strike = async (words: string): Promise<void> => {
    killed = words;
    await Promise.all([
      dies.platform ? server.kill(victim === 'database' ? 'both' : 'server') : undefined,
      dies.store ? objects?.kill() : undefined,
    ]);
    await back();
  };
  const begin = (what: () => Promise<void>): void => {
    going ??= what();
    going.catch(() => undefined);
  };
  if ('point' in when) {
    await server.stop();
    const reached = async (): Promise<void> => {
      if (!server.killed) throw new Error('the platform ended, and not by a kill');
      await back();
    };
    const words = `${when.point}@${when.nth}`;
    let isLast = false;
    try {
      await server.start(words);
      begin(async () => {
        await server.ended();
        if (!isLast) killed = words;
        await reached();
      });
    } catch {
      killed = words;
      begin(reached);
    }
    return {
      begin: () => undefined,
      over: async (patience = 0) => {
        for (const until = Date.now() + patience; killed !== words && Date.now() < until; ) await pause(50);
        if (killed !== words && server.alive) {
          isLast = true;
          await server.kill('server');
        }
        await going;
        return killed;
      },
    };
  }
  return {
    begin: (afterMs) =>
      begin(async () => {
        await pause(afterMs);
        await strike('share' in when ? `at ${Math.round(when.share * 100)} %` : `${Math.round(afterMs)} ms`);
      }),
    over: async () => {
      begin(() => strike('at the end'));
      await going;
      return killed;
    },
  };
}

/** Looks again and again until it is stopped, while the platform is killed too; collects what did not hold, each once. */
export function watch(look: () => Promise<string[]>): () => Promise<{ looks: number; broken: string[] }> {
  const broken = new Set<string>();
  let looks = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      try {
        for (const what of await look()) broken.add(what);
        looks += 1;
      } catch (error) {
        if (!(error instanceof Gone)) broken.add(`a look failed: ${String(error)}`);
      }
      await pause(250);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return { looks, broken: [...broken] };
  };
}
