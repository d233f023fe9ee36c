import { setTimeout as wait } from 'node:timers/promises';

export type Clock = {
  now(): Date;
  /** Resolves after `milliseconds`; rejects with an AbortError as soon as `signal` is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: async (milliseconds, signal) => {
    await wait(milliseconds, undefined, signal ? { signal } : {});
  },
};
