import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/kernel/embedded-postgres.ts';
import { createLog, loadConfig } from '../../src/kernel/index.ts';
import { startPlatform } from '../../src/main.ts';

/** A whole platform that answers over HTTP, with the eyes of its operator: its database and its folder. */
export type Server = {
  url: string;
  admin: string;
  dataFolder: string;
  /** Rows of a query, as the operator of the database sees them. */
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
};

/** Starts a platform with a database of its own, both below a folder that the caller removes after `close`. */
export async function runServer(
  folder: string,
  logLevel = 'silent',
  more: Readonly<Record<string, unknown>> = {},
): Promise<Server> {
  const log = createLog({ level: 'silent' });
  const cleanUp: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  };
  const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), log });
  cleanUp.push(() => postgres.stop());
  const dataFolder = join(folder, 'data');
  const databaseUrl = `postgres://genesis@${encodeURIComponent(postgres.connection.host)}/genesis`;
  const { config } = await loadConfig({
    env: {},
    flags: { dataFolder, databaseUrl, port: 0, logLevel, reserveBytes: 0, allowUnsandboxed: true, ...more },
    workingFolder: folder,
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
    close,
  };
}
