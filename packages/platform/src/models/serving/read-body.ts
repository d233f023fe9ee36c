import { GenesisError, invalidField } from '@genesis/contracts';
import { RecordBatchReader } from 'apache-arrow';
import { mostRows, type Table } from './table.ts';

const mostBodyBytes = 32 * 2 ** 20;
const mostColumns = 10_000;

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

const looksNumeric = /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/;

/** A CSV text whose first line names the columns, each with its unit in brackets where it has one: `carbon [%]`. */
export function tableOfCsv(bytes: Buffer): Table {
  const text = bytes.toString('utf8');
  if (text.includes('\uFFFD') || text.includes('\0')) throw invalidField('csv', 'it is not UTF-8 text');
  const columns = new Map<string, unknown[]>();
  const units = new Map<string, string>();
  let rows = -1;
  let all: unknown[][] = [];
  for (const cells of linesOf(text)) {
    if (rows === -1) {
      all = cells.slice(0, mostColumns + 1).map((cell) => {
        const [, name = cell.trim(), unit] = /^\s*(.*?)\s*\[([^\]]*)\]\s*$/.exec(cell) ?? [];
        if (columns.has(name)) throw invalidField('csv', `the column ${JSON.stringify(name)} is there twice`);
        const column: unknown[] = [];
        columns.set(name, column);
        if (unit !== undefined) units.set(name, unit);
        return column;
      });
      if (cells.length > mostColumns) throw invalidField('csv', `more than ${mostColumns} columns`);
    } else {
      if (cells.length === 1 && cells[0] === '') continue;
      if (cells.length !== all.length)
        throw invalidField(
          'csv',
          `line ${rows + 2} has ${cells.length} cells, and the first has ${all.length}`,
        );
      if (rows >= mostRows) throw invalidField('csv', `more than ${mostRows} rows`);
      for (const [at, cell] of cells.entries()) all[at]!.push(looksNumeric.test(cell) ? Number(cell) : cell);
    }
    rows += 1;
  }
  if (rows < 1) throw invalidField('csv', 'expected a line of names and at least one row');
  return { rows, columns, units };
}

/** An Arrow IPC stream or file. A unit stands in the metadata of the field, under `unit`. */
export function tableOfArrow(bytes: Buffer): Table {
  const columns = new Map<string, unknown[]>();
  const units = new Map<string, string>();
  let rows = 0;
  try {
    for (const batch of RecordBatchReader.from(bytes) as Iterable<import('apache-arrow').RecordBatch>) {
      const { fields } = batch.schema;
      if (fields.length > mostColumns) throw invalidField('arrow', `more than ${mostColumns} columns`);
      if (rows + batch.numRows > mostRows) throw invalidField('arrow', `more than ${mostRows} rows`);
      for (const [at, { name, metadata }] of fields.entries()) {
        const known = columns.get(name) ?? [];
        columns.set(name, known);
        const unit = metadata.get('unit');
        if (unit !== undefined) units.set(name, unit);
        const vector = batch.getChildAt(at);
        for (let row = 0; row < batch.numRows; row++) known.push(vector?.get(row));
      }
      rows += batch.numRows;
    }
  } catch (error) {
    if (error instanceof GenesisError) throw error;
    throw invalidField('arrow', 'it cannot be read as an Arrow stream', { cause: error });
  }
  if ([...columns.values()].some((column) => column.length !== rows))
    throw invalidField('arrow', 'two columns have the same name');
  return { rows, columns, units };
}
