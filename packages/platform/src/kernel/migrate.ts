import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GenesisError } from '@genesis/contracts';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { withConnection } from './connection.ts';

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** One number for all processes that want to migrate the same database; the second waits for the first. */
const advisoryLock = 7_470_001;

/** The migrations of a database must be a beginning of ours, else another version of Genesis made or changed it. */
const assertOurHistory = async (client: pg.Client): Promise<void> => {
  const table = await client.query(`select to_regclass('drizzle.__drizzle_migrations') as name`);
  if (table.rows[0]?.name === null) return;
  const applied = await client.query<{ hash: string }>(
    'select hash from drizzle.__drizzle_migrations order by created_at',
  );
  const ours = readMigrationFiles({ migrationsFolder }).map((migration) => migration.hash);
  if (applied.rows.every((row, index) => row.hash === ours[index])) return;
  throw new GenesisError({
    code: 'conflict',
    message: `The database was made by another version of Genesis: its schema has ${applied.rows.length} migrations that are not the first of this version's ${ours.length}. Use that version, or an empty data folder.`,
  });
};

/** Brings the schema up to date, forward only. Safe to call from several processes at once. */
export const migrateDatabase = (connection: pg.ClientConfig): Promise<void> =>
  withConnection(connection, async (client) => {
    await client.query('select pg_advisory_lock($1)', [advisoryLock]);
    await assertOurHistory(client);
    await migrate(drizzle({ client }), { migrationsFolder });
  });

/** The SHA-256 of every migration, in order: it names the shape of the schema. */
export const schemaVersion = async (): Promise<string[]> => {
  await readFile(join(migrationsFolder, 'meta', '_journal.json'));
  return readMigrationFiles({ migrationsFolder }).map((migration) => migration.hash);
};
