import pg from 'pg';
import { afterAll } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/kernel/embedded-postgres.ts';
import { createLog, type Database, openDatabase } from '../src/kernel/index.ts';
import { migrateDatabase } from '../src/kernel/migrate.ts';
import { temporaryFolder } from './temporary-folder.ts';

const log = createLog({ level: 'error' });
const opened: Database[] = [];
let server: Promise<EmbeddedPostgres> | undefined;
let made = 0;

/** One server for each test file, started by the first test that wants a database; `genesis` is its template. */
const startServer = async (): Promise<EmbeddedPostgres> => {
  const started = await startEmbeddedPostgres({ folder: await temporaryFolder(), log });
  await migrateDatabase(started.connection);
  return started;
};

afterAll(async () => {
  for (const database of opened) await database.close();
  await (await server)?.stop();
});

/**
 * A fresh database with the platform's schema, on a real embedded PostgreSQL. The first call of a test file takes
 * about a second, each further one some 50 ms. Everything is closed and removed after the last test of the file; a
 * test may close its database earlier.
 */
export const freshDatabase = async (): Promise<Database> => {
  server ??= startServer();
  const { connection } = await server;
  const name = `test_${++made}`;
  const admin = new pg.Client({ ...connection, database: 'postgres' });
  await admin.connect();
  await admin.query(`create database ${name} template genesis strategy file_copy`);
  await admin.end();
  const databaseUrl = `postgres://genesis@${encodeURIComponent(connection.host)}/${name}`;
  const database = await openDatabase({ databaseUrl, dataFolder: await temporaryFolder(), log });
  opened.push(database);
  return database;
};
