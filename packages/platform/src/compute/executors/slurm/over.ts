import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SlurmCommands } from './commands.ts';
import { isLive, type Queue } from './queue.ts';

/** A job whose outcome is there leaves by itself within this time. */
const leaveMs = 1_000;
/** A submission that was on its way when its server died may arrive this much later. */
const settleMs = 60_000;

/**
 * Names of which no job is to be left in Slurm's queue. They lie on disk until Slurm has confirmed it, so that neither
 * the end of the server nor that of Slurm's controller leaves anything there.
 */
export type Over = {
  /** Returns once the name is on disk. */
  add(name: string): Promise<void>;
  /** Takes out of the queue what is in it of these names, and forgets those that are not. It neither waits nor throws. */
  sweep(queue: Queue): void;
  /** Whether there are names to be removed. */
  readonly pending: boolean;
};

export async function openOver(
  stagingRoot: string,
  commands: Pick<SlurmCommands, 'remove'>,
  warn: (message: string, error: unknown) => void,
): Promise<Over> {
  const folder = join(stagingRoot, '.over');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  /** Since when. */
  const names = new Map<string, number>();
  for (const name of await readdir(folder)) names.set(name, (await stat(join(folder, name))).mtimeMs);
  let sweeping = false;

  const sweep = async (queue: Queue): Promise<void> => {
    for (const [name, since] of [...names]) {
      const job = queue.get(name);
      const age = Date.now() - since;
      if (job !== undefined && isLive(job.state)) {
        if (age > leaveMs && job.state !== 'COMPLETING') await commands.remove(name);
      } else if (age > settleMs) {
        await rm(join(folder, name), { force: true });
        names.delete(name);
      }
    }
  };
  return {
    add: async (name) => {
      await writeFile(join(folder, name), '', { mode: 0o600 });
      names.set(name, Date.now());
    },
    sweep: (queue) => {
      if (sweeping) return;
      sweeping = true;
      sweep(queue)
        .catch((error: unknown) => warn('What is over cannot be taken out of the queue yet', error))
        .finally(() => {
          sweeping = false;
        });
    },
    get pending() {
      return names.size > 0;
    },
  };
}
