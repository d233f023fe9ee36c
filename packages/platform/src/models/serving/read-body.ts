import { GenesisError, invalidField } from '@genesis/contracts';
import { assertCells, assertName, mostBodyBytes, mostColumns } from './limits.ts';
import type { Table } from './table.ts';

/** The whole of a stream that is not longer than a call may be. */
export async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > mostBodyBytes)
      throw new GenesisError({
        ...{ code: 'too-large', limitBytes: mostBodyBytes },
        message: `A call may have ${mostBodyBytes} bytes. Send fewer rows at once.`,
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Rows of JSON, an object each, as columns. What names every row must have is decided by the first. */
export function tableOfRows(rows: readonly unknown[], units: Readonly<Record<string, string>>): Table {
  const first = rows[0];
  if (typeof first !== 'object' || first === null || Array.isArray(first))
    throw invalidField('rows.0', 'expected an object of names and values');
  const names = Object.keys(first);
  const columns = new Map<string, unknown[]>(names.map((name) => [name, new Array<unknown>(rows.length)]));
  for (const [at, row] of rows.entries()) {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw invalidField(`rows.${at}`, 'expected an object of names and values');
    const own = Object.keys(row);
    const stranger = own.length === names.length ? undefined : own.find((name) => !columns.has(name));
    if (stranger !== undefined)
      throw invalidField(`rows.${at}.${stranger}`, 'the first row has no such name');
    for (const name of names) {
      if (!Object.hasOwn(row, name))
        throw invalidField(`rows.${at}.${name}`, 'missing, though the first row has it');
      columns.get(name)![at] = (row as Record<string, unknown>)[name];
    }
  }
  return { rows: rows.length, columns, units: new Map(Object.entries(units)) };
}

/** Cells of a CSV text (RFC 4180), line by line. */
function* linesOf(text: string): Generator<string[]> {
  let [cells, cell, quoted, at] = [[] as string[], '', false, 0];
  while (at < text.length) {
    const character = text[at]!;
    at += 1;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[at] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === ',') {
      if (cells.length >= mostColumns) throw invalidField('csv', `more than ${mostColumns} columns`);
      cells.push(cell);
      cell = '';
    } else if (character === '\n') {
      yield [...cells, cell.replace(/\r$/, '')];
      [cells, cell] = [[], ''];
    } else cell += character;
  }
  if (quoted) throw invalidField('csv', 'it ends within quotes');
  if (cell !== '' || cells.length > 0) yield [...cells, cell.replace(/\r$/, '')];
}

/** A name with its unit in brackets, where it has one. */
function nameAndUnit(cell: string): { name: string; unit: string | undefined } {
  const text = cell.trim();
  const open = text.endsWith(']') ? text.lastIndexOf('[') : -1;
  if (open === -1) return { name: text, unit: undefined };
  return { name: text.slice(0, open).trim(), unit: text.slice(open + 1, -1) };
}

/** A CSV text whose first line names the columns, each with its unit in brackets where it has one: `carbon [%]`. */
export function tableOfCsv(bytes: Buffer): Table {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (text.includes('\uFFFD') || text.includes('\0')) throw invalidField('csv', 'it is not UTF-8 text');
  const columns = new Map<string, unknown[]>();
  const units = new Map<string, string>();
  let rows = -1;
  let all: unknown[][] = [];
  for (const cells of linesOf(text)) {
    if (rows === -1) {
      assertCells('csv', 0, cells.length);
      all = cells.map((cell) => {
        const { name, unit } = nameAndUnit(cell);
        assertName('csv', name, unit);
        if (columns.has(name)) throw invalidField('csv', `the column ${JSON.stringify(name)} is there twice`);
        const column: unknown[] = [];
        columns.set(name, column);
        if (unit !== undefined) units.set(name, unit);
        return column;
      });
    } else {
      if (cells.length === 1 && cells[0] === '') continue;
      if (cells.length !== all.length)
        throw invalidField(
          'csv',
          `line ${rows + 2} has ${cells.length} cells, and the first has ${all.length}`,
        );
      assertCells('csv', rows + 1, cells.length);
      for (const [at, cell] of cells.entries()) all[at]!.push(cell);
    }
    rows += 1;
  }
  if (rows < 1) throw invalidField('csv', 'expected a line of names and at least one row');
  return { rows, columns, units, texts: true };
}
