import { oneAtATime } from '../../one-at-a-time.ts';
import type { SlurmCommands } from './commands.ts';
import { readInTurn } from './follow-files.ts';
import type { FollowedJob } from './followed-job.ts';
import type { Over } from './over.ts';
import type { Queue } from './queue.ts';

const recentMs = 500;

/**
 * Looks at the queue and at the folders from time to time, for all jobs together: each look is one call of squeue,
 * however many jobs there are, and none while there is nothing to look for.
 */
export function lookForEver(parts: {
  commands: Pick<SlurmCommands, 'listJobs'>;
  over: Over;
  followed: ReadonlyMap<string, FollowedJob>;
  pollMilliseconds?: number | undefined;
  warn: (message: string, error: unknown) => void;
}) {
  const { commands, over, followed, pollMilliseconds = 2_000, warn } = parts;
  let last: { asked: number; queue: Queue } | null = null;
  const ask = oneAtATime(async (): Promise<Queue> => {
    const asked = Date.now();
    const queue = await commands.listJobs();
    last = { asked, queue };
    return queue;
  });

  const look = async (): Promise<void> => {
    if (followed.size === 0 && !over.pending) return;
    // what is given to Slurm from now on is not looked for in what it says of before
    const jobs = [...followed.values()];
    const queue = await ask();
    for (const job of jobs) job.look(queue);
    over.sweep(queue);
  };
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const again = (): void => {
    if (ended) return;
    timer = setTimeout(() => {
      look()
        .catch((error: unknown) => warn('The queue of Slurm cannot be read', error))
        .finally(again);
    }, pollMilliseconds);
  };
  again();
  const endReading = readInTurn(
    () => followed.values(),
    () => followed.size,
  );
  return {
    /** What Slurm said some moments ago, or says now: many who ask at once share the answer. */
    recent: async (): Promise<Queue> =>
      last !== null && Date.now() - last.asked < recentMs ? last.queue : await ask(),
    end: (): void => {
      ended = true;
      clearTimeout(timer);
      endReading();
    },
  };
}
