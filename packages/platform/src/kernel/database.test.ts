import { sql } from 'drizzle-orm';
import { integer, pgTable } from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test/test-database.ts';

const numbers = pgTable('numbers', { id: integer().primaryKey(), value: integer().notNull() });

const withNumbers = async () => {
  const database = await freshDatabase();
  await database.orm.execute(sql`create table numbers (id integer primary key, value integer not null)`);
  await database.orm.insert(numbers).values([
    { id: 1, value: 0 },
    { id: 2, value: 0 },
  ]);
  return database;
};

test('each fresh database has the schema and nothing in it', async () => {
  const first = await freshDatabase();
  const second = await freshDatabase();
  await first.orm.execute(sql`create table only_here (id integer)`);
  const found = await second.orm.execute(sql`select to_regclass('only_here') as name,
    to_regclass('idempotent_responses') is not null as migrated`);
  expect(found.rows).toEqual([{ name: null, migrated: true }]);
});

test('8-byte integers come back as numbers while they are exact', async () => {
  const database = await freshDatabase();
  const result = await database.orm.execute(sql`select 42::int8 as small, 9007199254740993::int8 as large`);
  expect(result.rows).toEqual([{ small: 42, large: 9007199254740993n }]);
});

test('a body that throws leaves nothing behind', async () => {
  const database = await withNumbers();
  const failing = database.transaction(async (tx) => {
    await tx.insert(numbers).values({ id: 3, value: 1 });
    throw new Error('on purpose');
  });
  await expect(failing).rejects.toThrow('on purpose');
  expect(await database.orm.$count(numbers)).toBe(2);
});

test('serializable transactions that collide run again, and none of their work is lost', async () => {
  const database = await withNumbers();
  let runs = 0;
  const increment = () =>
    database.transaction(
      async (tx) => {
        runs++;
        const [row] = await tx.select().from(numbers).where(sql`id = 1`);
        await tx
          .update(numbers)
          .set({ value: row!.value + 1 })
          .where(sql`id = 1`);
      },
      { isolationLevel: 'serializable', retries: 50 },
    );
  await Promise.all(Array.from({ length: 8 }, increment));
  const [row] = await database.orm.select().from(numbers).where(sql`id = 1`);
  expect(row?.value).toBe(8);
  expect(runs).toBeGreaterThan(8);
});

test('contention beyond the allowed retries is reported as unavailable', async () => {
  const database = await withNumbers();
  let runs = 0;
  const always = database.transaction(
    async (tx) => {
      runs++;
      await tx.execute(sql`do $$ begin raise exception 'collision' using errcode = '40001'; end $$`);
    },
    { retries: 2 },
  );
  await expect(always).rejects.toMatchObject({ failure: { code: 'unavailable' }, transient: true });
  expect(runs).toBe(3);
});

test('a connection that is cut in the middle of a transaction is replaced, and the transaction runs again', async () => {
  const database = await withNumbers();
  let runs = 0;
  await database.transaction(async (tx) => {
    runs++;
    await tx.update(numbers).set({ value: 7 }).where(sql`id = 2`);
    const found = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    if (runs === 1) {
      await database.pool.query('select pg_terminate_backend($1)', [found.rows[0]!.pid]);
      await tx.execute(sql`select 1`);
    }
  });
  expect(runs).toBe(2);
  const [row] = await database.orm.select().from(numbers).where(sql`id = 2`);
  expect(row?.value).toBe(7);
});
