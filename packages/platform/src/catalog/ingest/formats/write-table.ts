import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBTimestampValue,
  type DuckDBValue,
  TIMESTAMP,
  VARCHAR,
} from '@duckdb/node-api';
import { literal, query } from '../duckdb.ts';
import { type Column, type ColumnType, innerName } from '../model.ts';
import type { CurveColumns, Metadata } from './model.ts';

/** A cell on its way into a table. A bigint in a timestamp column counts microseconds since 1970. */
export type InCell = number | bigint | string | boolean | null;

/** A table whose cells are vouched for, row by row, in constant memory. */
export type TableSource = {
  columns: Column[];
  batches: AsyncIterable<InCell[][]> | Iterable<InCell[][]>;
  curve: CurveColumns | null;
  metadata: Metadata;
};

const types = {
  number: DOUBLE,
  integer: BIGINT,
  text: VARCHAR,
  boolean: BOOLEAN,
  timestamp: TIMESTAMP,
} as const satisfies Record<ColumnType, unknown>;

const duckValue = (cell: InCell, type: ColumnType): DuckDBValue => {
  if (cell === null) return null;
  if (type === 'integer') return BigInt(cell as number | bigint);
  if (type === 'timestamp') return new DuckDBTimestampValue(cell as bigint);
  return cell;
};

const rowsPerChunk = 2048;

/** Writes rows as normalised Parquet; returns how many there were. */
export const writeTable = async (
  connection: DuckDBConnection,
  parquetFile: string,
  { columns, batches }: TableSource,
): Promise<number> => {
  const duckTypes = columns.map(({ type }) => types[type]);
  const names = columns.map((_, index) => `${innerName(index)} ${String(duckTypes[index])}`);
  await query(connection, `CREATE TEMP TABLE incoming (${names.join(', ')})`);
  const appender = await connection.createAppender('incoming');
  let rows = 0;
  for await (const batch of batches) {
    for (let at = 0; at < batch.length; at += rowsPerChunk) {
      const part = batch.slice(at, at + rowsPerChunk);
      const chunk = DuckDBDataChunk.create(duckTypes, part.length);
      chunk.setColumns(
        columns.map(({ type }, index) => part.map((row) => duckValue(row[index] ?? null, type))),
      );
      appender.appendDataChunk(chunk);
    }
    rows += batch.length;
  }
  appender.closeSync();
  await query(connection, `COPY incoming TO ${literal(parquetFile)} (FORMAT parquet, COMPRESSION zstd)`);
  return rows;
};
