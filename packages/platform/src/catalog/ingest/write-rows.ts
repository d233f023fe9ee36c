import type { DuckDBConnection } from '@duckdb/node-api';
import type { RowSink } from './cut-table.ts';
import type { ChildJob } from './job.ts';
import { type RowCell, streamRows } from './rows.ts';

const csvCell = (cell: RowCell): string => {
  if (cell === null) return '';
  const text = String(cell);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Writes the chosen columns of a table, row by row: JSON arrays, or CSV with a header that reads back as the same table. */
export const writeRows = async (
  connection: DuckDBConnection,
  request: Extract<ChildJob, { kind: 'rows' }>['request'],
  sink: RowSink,
): Promise<{ rows: number }> => {
  const { parquetFile, columns, chosen, form } = request;
  const line = form === 'csv' ? (row: readonly RowCell[]) => row.map(csvCell).join(',') : JSON.stringify;
  let rows = 0;
  if (form === 'csv') await sink(`${line(chosen.map((index) => columns[index]?.name ?? ''))}\n`);
  for await (const batch of streamRows(connection, parquetFile, columns, chosen)) {
    rows += batch.length;
    await sink(batch.map((row) => `${line(row)}\n`).join(''));
  }
  return { rows };
};
