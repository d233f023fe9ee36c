import type { DuckDBConnection } from '@duckdb/node-api';
import { literal } from './duckdb.ts';
import type { RowRange } from './job.ts';
import { type Column, innerName } from './model.ts';

/** A value as it leaves the catalog: JSON, times as ISO 8601 in UTC, integers beyond 2^53 as text of their digits. */
export type RowCell = number | string | boolean | null;

const toCell = (value: unknown): RowCell => {
  if (typeof value !== 'bigint') return value as RowCell;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
};

const selection = (column: Column, index: number): string => {
  const name = innerName(index);
  if (column.type !== 'timestamp') return name;
  return `CASE WHEN microsecond(${name}) % 1000000 = 0 THEN strftime(${name}, '%Y-%m-%dT%H:%M:%SZ') ELSE strftime(${name}, '%Y-%m-%dT%H:%M:%S.%fZ') END`;
};

/** Streams the rows of a normalised table in their order, some thousand at a time, in constant memory. */
export async function* streamRows(
  connection: DuckDBConnection,
  parquetFile: string,
  columns: readonly Column[],
  chosen: readonly number[] = columns.map((_, index) => index),
  range?: RowRange,
): AsyncGenerator<RowCell[][]> {
  const select = chosen.map((index) => selection(columns[index] as Column, index)).join(', ');
  const place = 'file_row_number';
  const where =
    range === undefined
      ? ''
      : ` WHERE ${place} >= ${range.start} AND ${place} < ${range.stop} AND (${place} - ${range.start}) % ${range.step} = 0`;
  const source = `read_parquet(${literal(parquetFile)}${range === undefined ? '' : `, ${place} = true`})`;
  const result = await connection.stream(`SELECT ${select} FROM ${source}${where}`);
  for await (const chunk of result.yieldRowsJs()) yield chunk.map((row) => row.map(toCell));
}
