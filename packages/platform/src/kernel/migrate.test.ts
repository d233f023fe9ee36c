import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test/test-database.ts';
import { migrateDatabase, schemaVersion } from './migrate.ts';

test('several processes that start at once bring an empty database up to date once', async () => {
  const database = await freshDatabase();
  await database.orm.execute(sql`drop schema public cascade`);
  await database.orm.execute(sql`drop schema drizzle cascade`);
  await database.orm.execute(sql`create schema public`);
  await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(database.connection)));
  const found = await database.orm.execute(
    sql`select count(*) as rows, count(distinct hash) as different from drizzle.__drizzle_migrations`,
  );
  const count = (await schemaVersion()).length;
  expect(found.rows).toEqual([{ rows: count, different: count }]);
});

test('a database that another version made is refused, and stays as it is', async () => {
  const database = await freshDatabase();
  await database.orm.execute(sql`update drizzle.__drizzle_migrations set hash = 'other' where id = 1`);
  await expect(migrateDatabase(database.connection)).rejects.toMatchObject({ failure: { code: 'conflict' } });
  await database.orm.execute(
    sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 99)`,
  );
  await expect(migrateDatabase(database.connection)).rejects.toThrow(/\d+ migrations/);
});
