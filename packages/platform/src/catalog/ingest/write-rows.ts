import type { DuckDBConnection } from '@duckdb/node-api';
import type { RowSink } from './cut-table.ts';
import type { ChildJob } from './job.ts';
import type { ColumnType } from './model.ts';
import { type RowCell, streamRows } from './rows.ts';

/** A spreadsheet takes text that begins like this for a formula. */
const formula = /^[=+\-@\t\r]/;

const csvText = (text: string): string =>
  /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** Text is neutralised by a leading apostrophe where a spreadsheet would run it; numbers, times and booleans are as they are. */
const csvCell = (cell: RowCell, type: ColumnType | undefined): string => {
  if (cell === null) return '';
  const text = String(cell);
  return csvText(type === 'text' && formula.test(text) ? `'${text}` : text);
};

/** Writes the chosen columns of a table, row by row: JSON arrays, or CSV for people, with a header. */
export const writeRows = async (
  connection: DuckDBConnection,
  request: Extract<ChildJob, { kind: 'rows' }>['request'],
  sink: RowSink,
): Promise<{ rows: number }> => {
  const { parquetFile, columns, chosen, form, range } = request;
  const types = chosen.map((index) => columns[index]?.type);
  const line =
    form === 'csv'
      ? (row: readonly RowCell[]) => row.map((cell, at) => csvCell(cell, types[at])).join(',')
      : JSON.stringify;
  let rows = 0;
  if (form === 'csv')
    await sink(`${chosen.map((index) => csvCell(columns[index]?.name ?? '', 'text')).join(',')}\n`);
  for await (const batch of streamRows(connection, parquetFile, columns, chosen, range)) {
    rows += batch.length;
    await sink(batch.map((row) => `${line(row)}\n`).join(''));
  }
  return { rows };
};
