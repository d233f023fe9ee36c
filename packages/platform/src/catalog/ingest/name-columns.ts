import type { DuckDBConnection } from '@duckdb/node-api';
import { literal, query } from './duckdb.ts';
import type { ChildJob } from './job.ts';
import { innerName } from './model.ts';

/** An identifier of SQL. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Writes a stored table, whose columns have numbers, under the names that its file gave them. */
export const nameColumns = async (
  connection: DuckDBConnection,
  { parquetFile, columns, target }: Extract<ChildJob, { kind: 'named' }>['request'],
): Promise<{ columns: number }> => {
  const select = columns.map(({ name }, index) => `${innerName(index)} AS ${quoted(name)}`).join(', ');
  await query(
    connection,
    `COPY (SELECT ${select} FROM read_parquet(${literal(parquetFile)})) TO ${literal(target)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  return { columns: columns.length };
};
