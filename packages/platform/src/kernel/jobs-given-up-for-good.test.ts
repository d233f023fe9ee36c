import { once } from 'node:events';
import { GenesisError } from '@genesis/contracts';
import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { freshDatabase } from '../../test/test-database.ts';
import type { Database } from './database.ts';
import { createLog } from './log.ts';
import { createQueue, type Queue, type QueueDefinition } from './queue.ts';

/*
 * A disk that was full for two minutes, or a database that was away for as long, used up the tries of every job, and
 * nothing took the jobs up again: campaigns, trainings and imports stood still for good.
 */

const greetOnce: QueueDefinition<{ name: string }> = {
  name: 'once',
  payload: z.strictObject({ name: z.string() }),
  retryLimit: 0,
};

const started: Queue[] = [];
const start = async (database: Database) => {
  const log = createLog({ level: 'silent' });
  const queue = await createQueue({ database, log, queues: [greetOnce] });
  started.push(queue);
  return queue;
};
afterEach(async () => {
  for (const queue of started.splice(0)) await queue.stop();
});

const counted = () => {
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

const states = async (database: Database) => {
  const { rows } = await database.orm.execute<{ said: string }>(
    sql`select (data ->> 'name') || ' ' || state as said from pgboss.job where name = 'once' order by 1`,
  );
  return rows.map(({ said }) => said);
};
const untilState = async (database: Database, wanted: string) => {
  while (!(await states(database)).includes(wanted)) await new Promise((resolve) => setTimeout(resolve, 50));
};

test('a full disk and a lost database use up no try', async () => {
  const queue = await start(await freshDatabase());
  const handled = counted();
  const failures = [
    new GenesisError({ code: 'storage-full', message: 'full' }),
    Object.assign(new Error('the server closed the connection'), { code: '57P01' }),
  ];
  await queue.work(greetOnce, async ({ name }) => {
    handled.add(name);
    const failure = failures.shift();
    if (failure) throw failure;
  });
  await queue.enqueue(null, greetOnce, { name: 'patient' });
  await handled.until(3);
  expect(handled.names).toHaveLength(3);
}, 60_000);

test('a job that used up its tries runs again after the next start', async () => {
  const database = await freshDatabase();
  const first = await start(database);
  await first.work(greetOnce, async () => {
    throw new Error('broken');
  });
  await first.enqueue(null, greetOnce, { name: 'broken' }, { key: 'a' });
  await untilState(database, 'broken failed');
  await first.stop();
  const second = await start(database);
  const handled = counted();
  await second.work(greetOnce, async ({ name }) => handled.add(name));
  await handled.until(1);
  await untilState(database, 'broken completed');
  expect(handled.names).toEqual(['broken']);
}, 60_000);

test('of one key one is taken up, none where another waits, and none after a week', async () => {
  const database = await freshDatabase();
  const queue = await start(database);
  const add = (name: string, key: string) => queue.enqueue(null, greetOnce, { name }, { key });
  for (const [name, key] of [
    ['older', 'twice'],
    ['newer', 'twice'],
    ['superseded', 'waits'],
    ['ancient', 'old'],
  ] as const) {
    await add(name, key);
    await database.orm.execute(sql`update pgboss.job set state = 'failed' where data ->> 'name' = ${name}`);
  }
  await add('waiting', 'waits');
  await database.orm.execute(
    sql`update pgboss.job set created_on = now() - interval '8 days' where data ->> 'name' = 'ancient'`,
  );
  await start(database);
  expect(await states(database)).toEqual([
    'ancient failed',
    'newer retry',
    'older failed',
    'superseded failed',
    'waiting created',
  ]);
}, 60_000);
