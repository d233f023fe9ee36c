import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/kernel/embedded-postgres.ts';
import { createLog, type Database, errorCode, openDatabase } from '../src/kernel/index.ts';
import { migrateDatabase, schemaVersion } from '../src/kernel/migrate.ts';
import { temporaryFolder } from './temporary-folder.ts';

const log = createLog({ level: 'error' });
const opened: Database[] = [];
let server: Promise<EmbeddedPostgres> | undefined;
let made = 0;

/**
 * A migrated cluster to copy, which is several times faster than to make one. It is made once for each user and schema,
 * and kept in the system's temporary folder.
 */
const ensureTemplate = async (): Promise<string> => {
  const schema = createHash('sha256')
    .update((await schemaVersion()).join())
    .digest('hex')
    .slice(0, 16);
  const template = join(tmpdir(), `genesis-test-cluster-${process.getuid?.()}-${schema}`);
  if (existsSync(template)) return template;
  const folder = await temporaryFolder();
  const maker = await startEmbeddedPostgres({ folder, log });
  await migrateDatabase(maker.connection);
  await maker.stop();
  try {
    await rename(join(folder, 'data'), template);
  } catch (error) {
    // Another test file was faster.
    if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
  }
  return template;
};

/** One server for each test file, started by the first test that wants a database; `genesis` is its template. */
const startServer = async (): Promise<EmbeddedPostgres> => {
  const folder = await temporaryFolder();
  await promisify(execFile)('cp', ['-a', await ensureTemplate(), join(folder, 'data')]);
  // Nobody wants this data after a power cut.
  return startEmbeddedPostgres({ folder, log, settings: { fsync: 'off', full_page_writes: 'off' } });
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
  await admin.query(`create database ${name} template genesis strategy wal_log`);
  await admin.end();
  const databaseUrl = `postgres://genesis@${encodeURIComponent(connection.host)}/${name}`;
  const database = await openDatabase({ databaseUrl, dataFolder: await temporaryFolder(), log });
  opened.push(database);
  return database;
};
