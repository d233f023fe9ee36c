import { decodeUtf8, encodeUtf8 } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';

/** A table of texts: a header and rows of its length. An empty text is a missing value. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Longer than any value of a table that a campaign can use; reading a number takes time with its square. */
const longestCell = 100_000;

function cell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const line = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\n`;

/** RFC 4180 with line feeds and quotes only where they are needed, so that a table has one spelling. */
export function writeTable(table: Table): Uint8Array {
  return encodeUtf8(line(table.columns) + table.rows.map(line).join(''));
}

function refuse(message: string): never {
  throw new MalformedError('crate', `the table ${message}`);
}

function splitCells(text: string): string[][] {
  const rows: string[][] = [];
  let cells: string[] = [];
  let at = 0;
  while (at < text.length) {
    let value = '';
    if (text[at] === '"') {
      for (;;) {
        const end = text.indexOf('"', at + 1);
        if (end < 0) refuse('ends within quotes');
        value += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] !== '"') break;
        value += '"';
      }
    } else {
      const start = at;
      while (at < text.length && text[at] !== ',' && text[at] !== '\n') at += 1;
      value = text.slice(start, at);
    }
    if (value.length > longestCell) refuse(`has a cell longer than ${longestCell} characters`);
    cells.push(value);
    if (text[at] === '\n') {
      rows.push(cells);
      cells = [];
    } else if (text[at] !== ',') {
      refuse('has text after a closing quote, or does not end in a line feed');
    }
    at += 1;
  }
  if (cells.length > 0) refuse('ends after a comma');
  return rows;
}

/** Reads what `writeTable` writes: at least a header with distinct names, and rows of its length. */
export function readTable(bytes: Uint8Array): Table {
  const text = decodeUtf8(bytes) ?? refuse('is not UTF-8');
  const [columns, ...rows] = splitCells(text);
  if (columns === undefined) refuse('has no header');
  if (new Set(columns).size !== columns.length) refuse('names a column twice');
  const uneven = rows.findIndex((row) => row.length !== columns.length);
  if (uneven >= 0)
    refuse(`has ${rows[uneven]!.length} cells in row ${uneven + 1}; expected ${columns.length}`);
  if (decodeUtf8(writeTable({ columns, rows })) !== text) refuse('quotes a cell that needs no quotes');
  return { columns, rows };
}
