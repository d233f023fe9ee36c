import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { GenesisError } from '@genesis/contracts';
import { sql } from 'drizzle-orm';
import { fromDrizzle, type Job, PgBoss } from 'pg-boss';
import type { z } from 'zod';
import type { BackedUpJob } from './backup-format.ts';
import type { Database, Tx } from './database.ts';
import { asGenesisError, databaseTrouble } from './database-error.ts';
import { watchDueJobs } from './due-jobs.ts';
import type { Log } from './log.ts';

/** A kind of background work: its name, the shape of its payload, and how often a failing job is tried again. */
export type QueueDefinition<Payload extends object> = {
  name: string;
  payload: z.ZodType<Payload>;
  /**
   * Tries after the first one failed; 5 by default. A process that dies does not use one up, nor does a failure that
   * may pass (a full disk, a database that is away): the job waits until it can go on.
   */
  retryLimit?: number;
  /** First pause between tries, doubled each time up to a minute; 1 by default. */
  retryDelaySeconds?: number;
};

export type JobContext = {
  /** Aborted when the platform stops or the job was taken away. A handler that ends because of it runs again. */
  signal: AbortSignal;
  jobId: string;
};

type EnqueueOptions = {
  /**
   * At most one job of a key waits and at most one runs; a further one that would wait is dropped. What the handler
   * does must therefore follow from the key, as in "bring campaign X forward".
   */
  key?: string;
  startAfter?: Date;
};

export type Queue = {
  /**
   * Adds a job. With a transaction it exists if, and only if, that transaction commits.
   */
  enqueue<Payload extends object>(
    tx: Tx | null,
    queue: QueueDefinition<Payload>,
    payload: Payload,
    options?: EnqueueOptions,
  ): Promise<void>;
  /**
   * Runs `handler` for each job, at most `concurrency` (1) at a time in this process. A job may run more than once:
   * after an error, and after its process died. Handlers are therefore repeatable.
   */
  work<Payload extends object>(
    queue: QueueDefinition<Payload>,
    handler: (payload: Payload, context: JobContext) => Promise<void>,
    options?: { concurrency?: number },
  ): Promise<void>;
  /** Takes no more jobs, aborts the running ones and waits for them, ten seconds at most. */
  stop(): Promise<void>;
};

const connect = (connection: Database['connection'], log: Log): PgBoss => {
  const boss = new PgBoss({
    ...connection,
    max: 4,
    application_name: 'genesis-queue',
    useListenNotify: true,
    schedule: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    openTelemetry: { enabled: false },
  } as ConstructorParameters<typeof PgBoss>[0] & object);
  boss.on('error', (error) => log.warn({ err: error }, 'The queue had a problem with the database'));
  boss.on('warning', (warning) => log.debug({ warning }, 'Warning of the queue'));
  return boss;
};

/** One job of a key waits, one runs. */
const policy = 'stately';

/** Puts jobs of a backup into a database that has no queue yet. */
export const restoreJobs = async (
  connection: Database['connection'],
  log: Log,
  jobs: readonly BackedUpJob[],
): Promise<void> => {
  if (jobs.length === 0) return;
  const boss = connect(connection, log);
  await boss.start();
  for (const name of new Set(jobs.map((job) => job.queue))) await boss.createQueue(name, { policy });
  for (const { queue, payload, key, startAfter } of jobs) {
    await boss.send(queue, payload, { startAfter, singletonKey: key ?? randomUUID() });
  }
  await boss.stop({ graceful: true });
};

/** A job that died with its process runs again without using up a try, under a new number, which fences the old run. */
const rerunOrphans = async (database: Database): Promise<void> => {
  await database.transaction(async (tx) => {
    await tx.execute(sql`update pgboss.job as orphan set state = 'cancelled', completed_on = now()
      where state = 'active' and exists (select 1 from pgboss.job as other where other.name = orphan.name
        and other.singleton_key = orphan.singleton_key and other.state = 'retry')`);
    await tx.execute(sql`update pgboss.job set state = 'retry', started_on = null, heartbeat_on = null, start_after = now(),
      retry_count = retry_count + 1, retry_limit = retry_limit + 1 where state = 'active'`);
  });
};

const day = 86_400;
const keptDays = 7;
const triesAfterRestart = 5;

/**
 * Takes up jobs that used up their tries: what stopped them may be mended now. The newest of each key, unless another
 * waits or runs. What is a week old was given up for good.
 */
const retryFailed = async (database: Database): Promise<void> => {
  await database.orm.execute(sql`update pgboss.job as failed set state = 'retry', started_on = null, heartbeat_on = null,
    completed_on = null, start_after = now(), retry_limit = retry_count + ${triesAfterRestart}
    where state = 'failed' and created_on > now() - make_interval(days => ${keptDays}) and not exists (
      select 1 from pgboss.job as other where other.name = failed.name and other.singleton_key = failed.singleton_key
        and other.id <> failed.id and (other.state in ('created', 'retry', 'active')
          or (other.state = 'failed' and (other.created_on, other.id) > (failed.created_on, failed.id))))`);
};

const lookAgainMs = 1000;
const mostStopMs = 10_000;

/**
 * Gives a job its try back. Without the database that waits for it until the queue stops: before, no job could
 * go on anyway, and the failure could not be entered either.
 */
const giveBackTry = async (database: Database, job: string, stopping: AbortSignal): Promise<void> => {
  for (;;) {
    try {
      await database.orm.execute(
        sql`update pgboss.job set retry_limit = retry_limit + 1 where id = ${job} and state in ('active', 'retry')`,
      );
      return;
    } catch (error) {
      if (databaseTrouble(error) === undefined || stopping.aborted) throw error;
      // Rejects when the queue stops: the next look is the last.
      await pause(lookAgainMs, undefined, { signal: stopping }).catch(() => undefined);
    }
  }
};

const isTransient = (error: unknown): boolean => {
  const known = asGenesisError(error);
  return known instanceof GenesisError && known.transient;
};

/**
 * Starts background work on the database. `queues` are all the kinds of work that this process adds or does.
 *
 * With `soleProcess` (the default on an embedded database, which belongs to one process) jobs that were running when
 * the last process died run again at once; otherwise within about fifteen seconds, when their heartbeat is missed.
 */
export const createQueue = async (options: {
  database: Database;
  log: Log;
  queues: readonly Omit<QueueDefinition<never>, 'payload'>[];
  soleProcess?: boolean;
}): Promise<Queue> => {
  const { database, log, queues, soleProcess = database.embedded } = options;
  const boss = connect(database.connection, log);
  await boss.start();
  for (const queue of queues) {
    const settings = {
      retryLimit: queue.retryLimit ?? 5,
      retryDelay: queue.retryDelaySeconds ?? 1,
      retryBackoff: true,
      retryDelayMax: 60,
      expireInSeconds: 23 * 3600,
      heartbeatSeconds: 10,
      deleteAfterSeconds: keptDays * day,
      notify: true,
    };
    await boss.createQueue(queue.name, { ...settings, policy });
    await boss.updateQueue(queue.name, settings);
  }
  if (soleProcess) await rerunOrphans(database);
  await retryFailed(database);

  const stopping = new AbortController();
  const workers = new Map<string, string[]>();
  const watching = watchDueJobs({
    ...{ database, log, stopping: stopping.signal, queues: () => [...workers.keys()] },
    due: (name) => {
      for (const worker of workers.get(name) ?? []) boss.notifyWorker(worker);
    },
  });
  return {
    enqueue: async (tx, queue, payload, { key, startAfter } = {}) => {
      await boss.send(queue.name, queue.payload.parse(payload), {
        singletonKey: key ?? randomUUID(),
        ...(startAfter ? { startAfter } : {}),
        ...(tx ? { db: fromDrizzle(tx, sql) } : {}),
      });
    },
    work: async (queue, handler, { concurrency = 1 } = {}) => {
      // New jobs are announced and due ones looked for; asking besides is for what neither told.
      const settings = {
        batchSize: 1,
        pollingIntervalSeconds: 5,
        notifyPollingIntervalSeconds: 30,
        heartbeatRefreshSeconds: 3,
      };
      const handle = async (job: Job<unknown>): Promise<void> => {
        const signal = AbortSignal.any([job.signal, stopping.signal]);
        try {
          await handler(queue.payload.parse(job.data), { signal, jobId: job.id });
        } catch (error) {
          const fields = { err: error, queue: queue.name, job: job.id };
          if (stopping.signal.aborted) {
            log.debug(fields, 'A job was interrupted by the stop and runs again');
            await giveBackTry(database, job.id, stopping.signal);
          } else if (isTransient(error)) {
            log.warn(fields, 'A job cannot go on just now and is tried again');
            await giveBackTry(database, job.id, stopping.signal);
          } else log.warn(fields, 'A job failed');
          throw error;
        }
      };
      const own = workers.get(queue.name) ?? [];
      workers.set(queue.name, own);
      for (let place = 0; place < concurrency; place++) {
        const worker = await boss.work<unknown>(queue.name, settings, async ([job]) => {
          if (!job) return;
          try {
            await handle(job);
          } finally {
            // The next of those that wait is taken as soon as this one is entered as ended.
            boss.notifyWorker(worker);
          }
        });
        own.push(worker);
      }
    },
    stop: async () => {
      stopping.abort();
      const looked = Promise.race([watching, pause(mostStopMs, undefined, { ref: false })]);
      await Promise.all([looked, boss.stop({ graceful: true, timeout: mostStopMs })]);
    },
  };
};
