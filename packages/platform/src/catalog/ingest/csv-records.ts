import { createReadStream } from 'node:fs';

export type CsvRecord = {
  /** Line on which the record begins, from 1. */
  line: number;
  cells: string[];
  /** Why this record is not well-formed, and on which line; the cells are then what was read so far. */
  problem?: { line: number; expected: string; found: string };
};

const LF = 10;
const CR = 13;
const SPACE = 32;
const QUOTE = 34;

const decode = (bytes: Buffer, start: number, end: number): string => bytes.toString('utf8', start, end);

/**
 * Splits one complete record (without its line end) into cells. Quotes count only at the start of a cell
 * (blanks before them are dropped); a doubled quote inside a quoted cell is one quote.
 */
const splitRecord = (record: Buffer, delimiter: number): { cells: string[]; broken: boolean } => {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let start = at;
    while (record[start] === SPACE) start++;
    if (record[start] !== QUOTE) {
      const end = record.indexOf(delimiter, at);
      cells.push(decode(record, at, end === -1 ? record.length : end));
      if (end === -1) return { cells, broken: false };
      at = end + 1;
      continue;
    }
    let end = start + 1;
    for (;;) {
      end = record.indexOf(QUOTE, end);
      if (end === -1) return { cells: [...cells, decode(record, start, record.length)], broken: true };
      if (record[end + 1] !== QUOTE) break;
      end += 2;
    }
    cells.push(decode(record, start + 1, end).replaceAll('""', '"'));
    let after = end + 1;
    while (record[after] === SPACE) after++;
    if (after >= record.length) return { cells, broken: false };
    if (record[after] !== delimiter) return { cells, broken: true };
    at = after + 1;
  }
};

export type CsvShape = { delimiter: string; maxRecordBytes: number; end?: number };

/**
 * Reads a CSV file record by record in constant memory (one chunk and one record). A line end inside a quoted cell
 * belongs to the cell. Yields a record with `problem` where the file is malformed, and stops there
 * if what follows cannot be trusted (an unclosed quote, a record that is too long).
 */
export async function* csvRecords(file: string, shape: CsvShape): AsyncGenerator<CsvRecord[]> {
  const delimiter = shape.delimiter.charCodeAt(0);
  const options = { highWaterMark: 1 << 20, ...(shape.end === undefined ? {} : { end: shape.end - 1 }) };
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  let first = true;
  let lineEnd: string | null = null;

  /** Cuts `buffer` into records; returns what is left over. `last` says that nothing follows. */
  const cut = (buffer: Buffer, last: boolean, records: CsvRecord[]): { rest: Buffer; stop: boolean } => {
    let start = 0;
    let linesInside = 0;
    let quoted = false;
    let cellStart = true;
    for (let i = 0; i < buffer.length; i++) {
      const byte = buffer[i];
      if (quoted) {
        if (byte === QUOTE) {
          if (buffer[i + 1] === QUOTE) i++;
          else if (i + 1 === buffer.length && !last) break;
          else quoted = false;
        } else if (byte === LF || (byte === CR && buffer[i + 1] !== LF)) linesInside++;
        continue;
      }
      if (byte === QUOTE && cellStart) {
        quoted = true;
        cellStart = false;
      } else if (byte === delimiter) cellStart = true;
      else if (byte === LF || byte === CR) {
        if (byte === CR && i + 1 === buffer.length && !last) break;
        const width = byte === CR && buffer[i + 1] === LF ? 2 : 1;
        const kind = width === 2 ? 'CR LF' : byte === LF ? 'LF' : 'CR';
        lineEnd ??= kind;
        const { cells, broken } = splitRecord(buffer.subarray(start, i), delimiter);
        const record: CsvRecord = { line, cells };
        if (broken) {
          record.problem = {
            line,
            expected: 'a separator after the closing quote',
            found: cells.at(-1) ?? '',
          };
        } else if (kind !== lineEnd) {
          record.problem = {
            line,
            expected: `lines that all end with ${lineEnd}`,
            found: `a line that ends with ${kind}`,
          };
        }
        if (i - start > shape.maxRecordBytes) {
          const expected = `a record of at most ${shape.maxRecordBytes} bytes`;
          record.problem = { line, expected, found: `a record of ${i - start} bytes` };
        }
        records.push(record);
        line += 1 + linesInside;
        linesInside = 0;
        i += width - 1;
        start = i + 1;
        cellStart = true;
      } else if (byte !== SPACE) cellStart = false;
    }
    const left = buffer.subarray(start);
    if (left.length > shape.maxRecordBytes) {
      const found = `${decode(left, 0, 40)}... (${left.length} bytes so far)`;
      const expected = quoted
        ? `a closing quote, and a record of at most ${shape.maxRecordBytes} bytes`
        : `a record of at most ${shape.maxRecordBytes} bytes`;
      records.push({ line, cells: [], problem: { line, expected, found } });
      return { rest: left, stop: true };
    }
    if (last && left.length > 0) {
      const { cells, broken } = splitRecord(left, delimiter);
      const record: CsvRecord = { line, cells };
      if (broken) record.problem = { line, expected: 'a closing quote', found: decode(left, 0, 60) };
      records.push(record);
    }
    return { rest: left, stop: false };
  };

  for await (const chunk of createReadStream(file, options) as AsyncIterable<Buffer>) {
    let buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (first && buffer.length >= 3) {
      first = false;
      if (buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) buffer = buffer.subarray(3);
    }
    const records: CsvRecord[] = [];
    const result = cut(buffer, false, records);
    yield records;
    if (result.stop) return;
    rest = result.rest;
  }
  // A sample that ends in the middle of a record says nothing about that record.
  if (shape.end !== undefined) return;
  const records: CsvRecord[] = [];
  cut(rest, true, records);
  yield records;
}
