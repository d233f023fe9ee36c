import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { whileAway, withConnection } from '../../src/kernel/connection.ts';

export type Read = <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>;

/** Where the database of a data folder listens. */
export function connectionOf(dataFolder: string) {
  const lines = readFileSync(join(dataFolder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n');
  return { host: lines[4]?.trim() ?? '', port: 5432, user: 'genesis', database: 'genesis' };
}

/** Reads what the platform of a data folder has on record, beside its interface, while its database runs. */
export const readerOf =
  (dataFolder: string): Read =>
  async (sql, values = []) =>
    await whileAway(async () => {
      const result = await withConnection(connectionOf(dataFolder), (client) => client.query(sql, values));
      return result.rows;
    });
