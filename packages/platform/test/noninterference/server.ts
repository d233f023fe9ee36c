import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll } from 'vitest';
import { startEmbeddedPostgres } from '../../src/kernel/embedded-postgres.ts';
import { createLog, loadConfig } from '../../src/kernel/index.ts';
import { startPlatform } from '../../src/main.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** A whole platform that answers over HTTP, with the eyes of its operator: its database and its folder. */
export type Server = {
  url: string;
  admin: string;
  dataFolder: string;
  /** Rows of a query, as the operator of the database sees them. */
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
};

/** Starts a platform for a test file; it is stopped and removed after the last test. */
export async function startServer(): Promise<Server> {
  const log = createLog({ level: 'silent' });
  const postgres = await startEmbeddedPostgres({ folder: await temporaryFolder(), log });
  cleanUp.push(() => postgres.stop());
  const dataFolder = await temporaryFolder();
  const databaseUrl = `postgres://genesis@${encodeURIComponent(postgres.connection.host)}/genesis`;
  const { config } = await loadConfig({
    env: {},
    flags: {
      dataFolder,
      databaseUrl,
      port: 0,
      logLevel: process.env['GENESIS_TEST_LOG'] ?? 'silent',
      reserveBytes: 0,
      allowUnsandboxed: true,
    },
    workingFolder: dataFolder,
  });
  const platform = await startPlatform(config);
  cleanUp.push(() => platform.close());
  const pool = new pg.Pool({ ...postgres.connection, database: 'genesis', max: 2 });
  cleanUp.push(() => pool.end());
  return {
    url: platform.url,
    admin: (await readFile(platform.admin.tokenFile, 'utf8')).trim(),
    dataFolder,
    query: async (text, values) => (await pool.query(text, values)).rows,
  };
}
