import { GenesisError, invalidField } from '@genesis/contracts';
import { DataType, type RecordBatch, RecordBatchReader, type Vector } from 'apache-arrow';
import { mostRows, type Table } from './table.ts';

const mostBodyBytes = 32 * 2 ** 20;
const mostColumns = 10_000;
/** Rows times columns: a few bytes of a body can claim as many cells as they like. */
const mostCells = 2_000_000;
/** Bytes of one text; the names of categories are shorter. */
const mostTextBytes = 2_000;

function assertCells(field: string, rows: number, columns: number): void {
  if (columns > mostColumns) throw invalidField(field, `more than ${mostColumns} columns`);
  if (rows > mostRows) throw invalidField(field, `more than ${mostRows} rows`);
  if (rows * columns > mostCells)
    throw invalidField(field, `more than ${mostCells} cells; send fewer rows at once`);
}

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
  const text = bytes.toString('utf8');
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

/** The texts of a chunk, each decoded once its length is known: offsets may say what they like. */
function* textsOf(vector: Vector, name: string): Generator<unknown> {
  for (const { valueOffsets: offsets, length } of vector.data) {
    for (let row = 0; row < length; row++) {
      const bytes = Number(offsets[row + 1] ?? NaN) - Number(offsets[row] ?? NaN);
      if (!(bytes >= 0 && bytes <= mostTextBytes))
        throw invalidField('arrow', `${name}: a text of more than ${mostTextBytes} bytes, or none`);
    }
  }
  yield* vector;
}

type Decoded = Map<Vector, unknown[]>;
const isText = (type: DataType): boolean => DataType.isUtf8(type) || DataType.isLargeUtf8(type);

/** The values of a column of numbers, texts or categories; a dictionary is decoded once, however many rows point at it. */
function* valuesOf(vector: Vector, name: string, decoded: Decoded): Generator<unknown> {
  const { type } = vector;
  if (DataType.isInt(type) || DataType.isFloat(type) || DataType.isBool(type)) yield* vector;
  else if (isText(type)) yield* textsOf(vector, name);
  else if (DataType.isDictionary(type) && isText(type.dictionary)) {
    for (const data of vector.data) {
      const dictionary = data.dictionary!;
      if (dictionary.length > mostRows)
        throw invalidField('arrow', `${name}: more than ${mostRows} categories`);
      const texts = decoded.get(dictionary) ?? [...textsOf(dictionary, name)];
      decoded.set(dictionary, texts);
      for (let row = 0; row < data.length; row++)
        yield data.getValid(row) ? texts[Number(data.values[row])] : null;
    }
  } else
    throw invalidField('arrow', `${name} is a column of ${String(type)}; send numbers, texts or categories`);
}

/** An Arrow IPC stream or file. A unit stands in the metadata of the field, under `unit`. */
export function tableOfArrow(bytes: Buffer): Table {
  const columns = new Map<string, unknown[]>();
  const units = new Map<string, string>();
  const decoded: Decoded = new Map();
  let rows = 0;
  try {
    for (const batch of RecordBatchReader.from(bytes) as Iterable<RecordBatch>) {
      const { fields } = batch.schema;
      assertCells('arrow', rows + batch.numRows, fields.length);
      for (const [at, { name, metadata }] of fields.entries()) {
        const known = columns.get(name) ?? [];
        columns.set(name, known);
        const unit = metadata.get('unit');
        if (unit !== undefined) units.set(name, unit);
        const vector = batch.getChildAt(at);
        if (vector === null || vector.length !== batch.numRows)
          throw invalidField('arrow', `${name} does not have ${batch.numRows} values`);
        for (const value of valuesOf(vector, name, decoded)) known.push(value);
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
