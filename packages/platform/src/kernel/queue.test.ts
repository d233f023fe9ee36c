import { once } from 'node:events';
import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';
import { type Database, openDatabase } from './database.ts';
import { createLog } from './log.ts';
import { createQueue, type Queue, type QueueDefinition } from './queue.ts';

const greetings: QueueDefinition<{ name: string }> = {
  name: 'greetings',
  payload: z.strictObject({ name: z.string() }),
  retryLimit: 2,
};

const started: Queue[] = [];
const start = async (database: Database, soleProcess = true) => {
  const queue = await createQueue({
    database,
    log: createLog({ level: 'silent' }),
    queues: [greetings],
    soleProcess,
  });
  started.push(queue);
  return queue;
};
afterEach(async () => {
  for (const queue of started.splice(0)) await queue.stop();
});

/** Collects what was handled and lets a test wait for it. */
const collector = () => {
  const events = new EventTarget();
  const names: string[] = [];
  return {
    names,
    add: (name: string) => {
      names.push(name);
      events.dispatchEvent(new Event('added'));
    },
    until: async (count: number) => {
      while (names.length < count) await once(events, 'added');
    },
  };
};

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('a job exists only if the transaction that added it commits', async () => {
  const database = await freshDatabase();
  const queue = await start(database);
  const handled = collector();
  await queue.work(greetings, async ({ name }) => handled.add(name));
  const undone = database.transaction(async (tx) => {
    await queue.enqueue(tx, greetings, { name: 'never' });
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  await database.transaction((tx) => queue.enqueue(tx, greetings, { name: 'once' }));
  await handled.until(1);
  await pause(300);
  expect(handled.names).toEqual(['once']);
});

test('a waiting worker hears of a job within a tenth of a second', async () => {
  const queue = await start(await freshDatabase());
  const handled = collector();
  await queue.work(greetings, async ({ name }) => handled.add(name));
  await pause(1000);
  const delays: number[] = [];
  for (let index = 1; index <= 10; index++) {
    const began = performance.now();
    await queue.enqueue(null, greetings, { name: `${index}` });
    await handled.until(index);
    delays.push(performance.now() - began);
  }
  expect(delays.toSorted((a, b) => a - b)[5]).toBeLessThan(100);
});

test('of one key one job waits and one runs, never two at once', async () => {
  const queue = await start(await freshDatabase());
  const handled = collector();
  let running = 0;
  let most = 0;
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  await queue.work(
    greetings,
    async ({ name }) => {
      most = Math.max(most, ++running);
      handled.add(name);
      if (name === 'first') await gate;
      running--;
    },
    { concurrency: 4 },
  );
  await queue.enqueue(null, greetings, { name: 'first' }, { key: 'same' });
  await handled.until(1);
  for (const name of ['second', 'third', 'fourth'])
    await queue.enqueue(null, greetings, { name }, { key: 'same' });
  await pause(300);
  expect(handled.names).toEqual(['first']);
  release();
  await handled.until(2);
  await pause(300);
  expect(handled.names).toEqual(['first', 'second']);
  expect(most).toBe(1);
});

test('what waits is taken one after the other, and what is for later when its time comes', async () => {
  const queue = await start(await freshDatabase());
  const later = new Date(Date.now() + 2000);
  await queue.enqueue(null, greetings, { name: 'later' }, { startAfter: later });
  for (let index = 1; index <= 20; index++) await queue.enqueue(null, greetings, { name: `${index}` });
  const handled = collector();
  let laterAt = 0;
  await queue.work(greetings, async ({ name }) => {
    if (name === 'later') laterAt = Date.now();
    handled.add(name);
  });
  // A worker by itself asks every thirty seconds.
  await handled.until(21);
  expect(laterAt).toBeGreaterThanOrEqual(later.getTime());
  expect(new Set(handled.names).size).toBe(21);
}, 20_000);

test('a failing job is tried again and then left alone', async () => {
  const queue = await start(await freshDatabase());
  const handled = collector();
  await queue.work(greetings, async ({ name }) => {
    handled.add(name);
    throw new Error('always');
  });
  await queue.enqueue(null, greetings, { name: 'failing' });
  await handled.until(3);
  await pause(2500);
  expect(handled.names).toHaveLength(3);
}, 30_000);

test('a job whose process died runs again within seconds, without using up a try', async () => {
  const database = await freshDatabase();
  const first = await start(database);
  await first.enqueue(null, greetings, { name: 'orphan' }, { key: 'orphan' });
  await first.stop();
  for (let crash = 0; crash < 5; crash++) {
    // What a SIGKILL leaves behind: the job is marked as running, and nobody runs it.
    await database.orm.execute(sql`update pgboss.job set state = 'active', started_on = now(), heartbeat_on = now()
      where name = 'greetings'`);
    const restarted = await start(database);
    await restarted.stop();
  }
  await database.orm.execute(
    sql`update pgboss.job set state = 'active', started_on = now() where name = 'greetings'`,
  );
  const began = Date.now();
  const restarted = await start(database);
  const handled = collector();
  await restarted.work(greetings, async ({ name }) => handled.add(name));
  await handled.until(1);
  expect(Date.now() - began).toBeLessThan(3000);
}, 60_000);

test('stopping aborts a running job, which runs again after the next start', async () => {
  const database = await freshDatabase();
  const queue = await start(database);
  const handled = collector();
  await queue.work(greetings, async ({ name }, { signal }) => {
    handled.add(name);
    await once(signal, 'abort');
    signal.throwIfAborted();
  });
  await queue.enqueue(null, greetings, { name: 'long' });
  await handled.until(1);
  await queue.stop();
  const next = await start(database);
  const again = collector();
  await next.work(greetings, async ({ name }) => again.add(name));
  await again.until(1);
  expect(again.names).toEqual(['long']);
});

test('work goes on after the database server was killed', async () => {
  const database = await openDatabase({
    dataFolder: await temporaryFolder(),
    log: createLog({ level: 'silent' }),
  });
  try {
    const queue = await start(database);
    const handled = collector();
    await queue.work(greetings, async ({ name }) => handled.add(name));
    await queue.enqueue(null, greetings, { name: 'before' });
    await handled.until(1);
    const serverPid = async (): Promise<number> => {
      const { rows } = await database.pool.query<{ pid: number }>(
        `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`,
      );
      return rows[0]!.pid;
    };
    const killed = await serverPid();
    process.kill(killed, 'SIGKILL');
    // A commit that the dying server takes along has an unknown outcome; this test is about the queue.
    await expect.poll(() => serverPid().catch(() => killed), { timeout: 30_000 }).not.toBe(killed);
    await database.transaction((tx) => queue.enqueue(tx, greetings, { name: 'after' }));
    await handled.until(2);
    expect(handled.names).toEqual(['before', 'after']);
    await queue.stop();
  } finally {
    await database.close();
  }
}, 60_000);

test('a payload that does not fit its schema is refused where it is made', async () => {
  const queue = await start(await freshDatabase());
  const wrong = { name: 7 } as unknown as { name: string };
  await expect(queue.enqueue(null, greetings, wrong)).rejects.toThrow(/name/);
});
