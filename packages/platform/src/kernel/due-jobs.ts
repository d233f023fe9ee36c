import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { databaseTrouble } from './database-error.ts';
import type { Log } from './log.ts';

const lookEveryMs = 1000;

/**
 * Tells of queues with a job that can run now, once a second until it is stopped: those whose time has come, which no
 * notification announces. One look for all queues costs a fraction of what each of their workers would by asking.
 */
export async function watchDueJobs(parts: {
  database: Database;
  log: Log;
  queues: () => readonly string[];
  due: (queue: string) => void;
  stopping: AbortSignal;
}): Promise<void> {
  const { database, log, queues, due, stopping } = parts;
  const look = database.orm
    .select({ name: sql<string>`queue.name` })
    .from(sql`unnest(${sql.placeholder('queues')}::text[]) as queue(name)`)
    .where(
      sql`exists (select 1 from pgboss.job where job.name = queue.name and job.state in ('created', 'retry')
        and not job.blocked and job.start_after <= now() and not exists (
          select 1 from pgboss.job as other where other.name = job.name and other.state = 'active'
            and other.singleton_key = job.singleton_key))`,
    )
    .prepare('queues-with-due-jobs');
  while (!stopping.aborted) {
    try {
      for (const { name } of await look.execute({ queues: queues() })) due(name);
    } catch (error) {
      if (databaseTrouble(error) === undefined && !stopping.aborted)
        log.warn({ err: error }, 'The queue could not look for jobs whose time has come');
    }
    // Rejects when the queue stops: there is no next look then.
    await pause(lookEveryMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}
