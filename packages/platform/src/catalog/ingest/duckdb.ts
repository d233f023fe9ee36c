import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { IngestLimits } from './model.ts';

/** A string literal of SQL. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * An in-memory DuckDB that can open files below `stagingFolder` only (external access is off, the staging folder is its one
 * allowed directory, no extension loads), and whose settings can no longer be changed. What does not fit its memory
 * spills into the staging folder.
 */
export const openDuckDb = async (stagingFolder: string, limits: IngestLimits): Promise<DuckDBConnection> => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const settings = [
    `allowed_directories = [${literal(stagingFolder)}]`,
    `temp_directory = ${literal(`${stagingFolder}/spill`)}`,
    `max_temp_directory_size = '${Math.ceil(limits.maxFileBytes / 2 ** 20)}MiB'`,
    `memory_limit = '${limits.memoryMiB}MiB'`,
    `threads = ${limits.threads}`,
    'autoinstall_known_extensions = false',
    'autoload_known_extensions = false',
    "TimeZone = 'UTC'",
    'enable_external_access = false',
    'lock_configuration = true',
  ];
  for (const setting of settings) await connection.run(`SET ${setting}`);
  return connection;
};

/** Runs a query and returns its rows, with 64-bit integers as bigint. */
export const query = async (connection: DuckDBConnection, sql: string): Promise<unknown[][]> =>
  (await connection.runAndReadAll(sql)).getRowsJS();
