import { type Access, GenesisError } from '@genesis/contracts';
import type { Executor } from './ports.ts';

/** Opens the executor of a resource; given by `main.ts`, the only place that knows adapters. */
export type OpenExecutor = (machine: string, access: Access) => Promise<Executor>;

export interface Executors {
  /** The executor of a resource, opened at its first use. Throws `unavailable` where it cannot be opened now. */
  of(machine: string): Promise<Executor>;
  close(): Promise<void>;
}

type Opened = { key: string; executor: Promise<Executor> };

/**
 * One executor for each resource. How a resource is reached is read anew at each use, so that what an operator changes
 * counts at once; it changes only while no run is there.
 */
export function createExecutors(parts: {
  accessOf: (machine: string) => Promise<Access | null>;
  open: OpenExecutor;
}): Executors {
  const opened = new Map<string, Opened>();
  let closed = false;
  return {
    async of(machine) {
      const access = await parts.accessOf(machine);
      if (access === null)
        throw new GenesisError({
          code: 'unsupported',
          message: 'Nothing can be run on this resource: nobody has said how it is reached.',
        });
      if (closed)
        throw new GenesisError({
          code: 'unavailable',
          message: 'The platform stops.',
          retryAfterSeconds: 10,
        });
      const key = JSON.stringify(access);
      const known = opened.get(machine);
      if (known?.key === key) return await known.executor;
      const mine: Opened = { key, executor: reopen(known, () => parts.open(machine, access)) };
      opened.set(machine, mine);
      try {
        return await mine.executor;
      } catch (error) {
        // what could not be opened is tried again at the next use
        if (opened.get(machine) === mine) opened.delete(machine);
        throw error;
      }
    },
    async close() {
      closed = true;
      for (const { executor } of opened.values()) {
        // why it could not be opened was told to whoever wanted it
        const one = await executor.catch(() => null);
        await one?.close();
      }
    },
  };
}

/** Two executors never own one staging folder: the old one lets go first. One that failed to open holds nothing. */
async function reopen(old: Opened | undefined, open: () => Promise<Executor>): Promise<Executor> {
  // why the old one could not be opened was told to whoever wanted it
  const before = await old?.executor.catch(() => null);
  await before?.close();
  return await open();
}
