import { UsageError } from '../failure.ts';

/**
 * Rows of a small CSV file as spreadsheets write them (RFC 4180; comma, semicolon or tab; with or without a byte order
 * mark), keyed by the names in its first line. Every problem names its line.
 */
export function readCsv(text: string): Record<string, string>[] {
  const lines = splitRecords(text.replace(/^\u{feff}/u, ''));
  const [head, ...rows] = lines;
  if (head === undefined) throw new UsageError('The CSV file is empty.');
  const twice = head.cells.find((name, at) => head.cells.indexOf(name) < at);
  if (twice !== undefined) throw new UsageError(`The CSV file has two columns named "${twice}".`);
  return rows.map(({ cells, line }) => {
    if (cells.length !== head.cells.length) {
      throw new UsageError(
        `Line ${line} of the CSV file has ${cells.length} cells; the first line has ${head.cells.length}.`,
      );
    }
    return Object.fromEntries(head.cells.map((name, at) => [name, cells[at]!]));
  });
}

type CsvRecord = { cells: string[]; line: number };

const delimiterOf = (text: string): string => {
  const first = text.slice(0, text.search(/\r|\n|$/));
  const counts = [',', ';', '\t'].map((one) => [one, first.split(one).length] as const);
  return counts.toSorted((a, b) => b[1] - a[1])[0]![0];
};

function splitRecords(text: string): CsvRecord[] {
  const delimiter = delimiterOf(text);
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let line = 1;
  let begun = 1;
  let at = 0;
  const close = () => {
    if (cells.some((cell) => cell !== '')) records.push({ cells, line: begun });
    cells = [];
    begun = line;
  };
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      const quoted = /"((?:[^"]|"")*)"/y;
      quoted.lastIndex = at;
      const match = quoted.exec(text);
      if (match === null)
        throw new UsageError(`Line ${line} of the CSV file has a quote that is never closed.`);
      cell = match[1]!.replaceAll('""', '"');
      line += cell.split('\n').length - 1;
      at = quoted.lastIndex;
    } else {
      const end = at;
      while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at++;
      cell = text.slice(end, at).trim();
    }
    cells.push(cell);
    if (text[at] === delimiter) {
      at++;
      if (at === text.length) cells.push('');
      continue;
    }
    if (at < text.length && text[at] !== '\n' && text[at] !== '\r') {
      throw new UsageError(`Line ${line} of the CSV file has text after a closing quote.`);
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    close();
  }
  if (cells.length > 0) close();
  return records;
}

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** A CSV text of named columns. */
export const writeCsv = (
  columns: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string =>
  [columns, ...rows]
    .map((row) => `${row.map((cell) => quoted(cell === null ? '' : String(cell))).join(',')}\n`)
    .join('');
