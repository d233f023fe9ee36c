import { stat } from 'node:fs/promises';
import { GenesisError, invalidField } from '@genesis/contracts/errors';
import { cellType, expectation, fits } from './cell-types.ts';
import { type CsvRecord, csvRecords } from './csv-records.ts';
import { checkNames, unitOf, withRowLabels } from './header.ts';
import {
  type BadCell,
  type Column,
  type ColumnType,
  countedBadCells,
  type IngestLimits,
  type IngestRequest,
  listedBadCells,
} from './model.ts';
import { badCellsError } from './problems.ts';

/** How a CSV file will be read: names and types of its columns, and whether each cell was looked at. */
export type CsvPlan = {
  delimiter: string;
  header: boolean;
  columns: Column[];
  /** Columns without any value in what was read so far: their type is not known yet. */
  undecided: boolean[];
  missing: string[];
  /** True after a full reading: every cell then fits its column. */
  exact: boolean;
};

const sampleBytes = 2 ** 20;
const delimiters = [',', ';', '\t', '|'];

/** The separator that cuts the first record into most cells. */
const guessDelimiter = async (file: string, maxRecordBytes: number): Promise<string> => {
  for (const end of [1 << 16, maxRecordBytes]) {
    let best: string | null = null;
    let most = 0;
    for (const delimiter of delimiters) {
      for await (const records of csvRecords(file, { delimiter, maxRecordBytes, end })) {
        const width = records[0]?.cells.length ?? 0;
        if (width > most) [most, best] = [width, delimiter];
        break;
      }
    }
    if (best !== null) return best;
  }
  return ',';
};

class Tally {
  readonly counts = { number: 0, integer: 0, text: 0, boolean: 0, timestamp: 0 } satisfies Record<
    ColumnType,
    number
  >;

  add(cell: string): void {
    this.counts[cellType(cell)]++;
  }

  /**
   * The narrowest type that all cells fit. Where only some fit, a column of mostly words is text,
   * and a column that is mostly of one narrower type keeps it, so that the others are reported.
   */
  type(): ColumnType | null {
    const { number, integer, text, boolean, timestamp } = this.counts;
    const total = number + integer + text + boolean + timestamp;
    if (total === 0) return null;
    const numeric = number + integer;
    if (numeric * 2 > total) return number > 0 ? 'number' : 'integer';
    if (boolean * 2 > total) return 'boolean';
    if (timestamp * 2 > total) return 'timestamp';
    return 'text';
  }
}

/** A record that holds nothing: a blank line. In a table of one column it is a missing value instead. */
const isBlank = (record: CsvRecord, width: number): boolean =>
  width > 1 && record.cells.length === 1 && record.cells[0] === '';

const widthProblem = (record: CsvRecord, width: number): BadCell | null => {
  const extra = record.cells.length - width;
  if (extra === 0 || (extra === 1 && record.cells[width] === '')) return null;
  const expected = `${width} ${width === 1 ? 'cell' : 'cells'}`;
  return { line: record.line, column: null, name: null, expected, found: `${record.cells.length} cells` };
};

const refuseNumbersAsHeader = (cells: readonly string[]): void => {
  const numeric = (cell: string) => ['integer', 'number'].includes(cellType(cell));
  if (!cells.every(numeric)) return;
  throw invalidField(
    'line 1',
    'holds only numbers where a header is expected; name the columns with --columns',
  );
};

const insisted = (request: IngestRequest, names: readonly string[]): Map<number, ColumnType> => {
  const types = new Map<number, ColumnType>();
  for (const [name, type] of Object.entries(request.types ?? {})) {
    const index = names.indexOf(name);
    if (index === -1) {
      throw invalidField(
        'types',
        `there is no column ${JSON.stringify(name)}; the columns are ${names.join(', ')}`,
      );
    }
    types.set(index, type);
  }
  for (const [index, column] of (request.columns ?? []).entries())
    if (column.type) types.set(index, column.type);
  return types;
};

/** Reads the first megabytes and decides names and types. Later cells can confirm or refuse, and widen integer to number. */
export const planCsv = async (
  file: string,
  request: IngestRequest,
  limits: IngestLimits,
): Promise<CsvPlan> => {
  const { size } = await stat(file);
  const { maxRecordBytes } = limits;
  const delimiter = request.delimiter ?? (await guessDelimiter(file, maxRecordBytes));
  if (!delimiters.includes(delimiter)) throw invalidField('delimiter', 'one of , ; tab | is allowed');
  const missing = request.missing ?? [];
  const header = request.columns === undefined;
  let names = header
    ? null
    : checkNames(request.columns?.map((column) => column.name) ?? [], limits.maxColumns);
  let tallies: Tally[] = names?.map(() => new Tally()) ?? [];
  const end = size > sampleBytes ? { end: sampleBytes } : {};
  const first: BadCell[] = [];
  for await (const records of csvRecords(file, { delimiter, maxRecordBytes, ...end })) {
    for (const record of records) {
      if (record.problem) first.push({ column: null, name: null, ...record.problem });
      if (first.length > 0) break;
      if (names === null) {
        refuseNumbersAsHeader(record.cells);
        names = checkNames(withRowLabels(record.cells), limits.maxColumns);
        tallies = names.map(() => new Tally());
        continue;
      }
      if (isBlank(record, names.length) || widthProblem(record, names.length)) continue;
      for (const [index, tally] of tallies.entries()) {
        const cell = record.cells[index] ?? '';
        if (cell !== '' && !missing.includes(cell)) tally.add(cell);
      }
    }
  }
  if (first.length > 0 && names === null) throw badCellsError(first, 1, false);
  if (names === null)
    throw new GenesisError({
      code: 'invalid-input',
      message: 'the file is empty: it has no header and no rows',
      problems: [
        { field: 'file', message: 'is empty; a table with a header and at least one row is expected' },
      ],
    });
  const types = insisted(request, names);
  const columns = names.map((name, index) => ({
    name,
    unit: unitOf(name),
    type: types.get(index) ?? tallies[index]?.type() ?? 'text',
  }));
  const undecided = tallies.map((tally, index) => !types.has(index) && tally.type() === null);
  return { delimiter, header, columns, undecided, missing, exact: false };
};

/**
 * Reads every cell of the file against the plan, in constant memory. Returns a plan that is exact, with integer columns
 * widened to number where needed; throws with the places of the bad cells otherwise. Slow (about 100 MB/s): it runs
 * only when the fast way met something that it would not vouch for.
 */
export const examineCsv = async (
  file: string,
  plan: CsvPlan,
  request: IngestRequest,
  limits: IngestLimits,
): Promise<CsvPlan> => {
  const width = plan.columns.length;
  const types = plan.columns.map((column) => column.type);
  const fixed = new Set(
    insisted(
      request,
      plan.columns.map((column) => column.name),
    ).keys(),
  );
  const tallies = plan.undecided.map((undecided) => (undecided ? new Tally() : null));
  const bad: BadCell[] = [];
  const badColumns = new Set<number>();
  let total = 0;
  const report = (cell: BadCell) => {
    total++;
    if (bad.length < listedBadCells) bad.push(cell);
  };
  const missing = new Set(['', ...plan.missing]);
  let skip = plan.header ? 1 : 0;
  const look = (record: CsvRecord) => {
    if (record.problem) report({ column: null, name: null, ...record.problem });
    if (record.problem || isBlank(record, width)) return;
    const ragged = widthProblem(record, width);
    if (ragged !== null) return report(ragged);
    for (let index = 0; index < width; index++) {
      const cell = record.cells[index] as string;
      if (missing.has(cell)) continue;
      const type = types[index] as ColumnType;
      if (type === 'text') {
        tallies[index]?.add(cell);
        continue;
      }
      const narrow = cellType(cell);
      if (fits(narrow, type)) continue;
      if (type === 'integer' && narrow === 'number' && !fixed.has(index)) types[index] = 'number';
      else {
        badColumns.add(index);
        const name = plan.columns[index]?.name ?? null;
        report({ line: record.line, column: index + 1, name, expected: expectation[type], found: cell });
      }
    }
  };
  const { delimiter } = plan;
  for await (const records of csvRecords(file, { delimiter, maxRecordBytes: limits.maxRecordBytes })) {
    for (const record of records) {
      if (skip > 0) skip--;
      else look(record);
    }
    if (total > countedBadCells) break;
  }
  if (total > 0) {
    const mixed = [...badColumns].map((index) => `${plan.columns[index]?.name}:text`);
    const hint =
      mixed.length === 0
        ? undefined
        : `Correct these cells, name the words that mean "no value" (--missing), or take a mixed column as text (--types ${JSON.stringify(mixed.slice(0, 5).join(','))})`;
    throw badCellsError(bad, total, total > countedBadCells, hint);
  }
  const columns = plan.columns.map((column, index) => ({
    ...column,
    type: tallies[index]?.type() ?? (types[index] as ColumnType),
  }));
  const undecided = plan.undecided.map((was, index) => was && tallies[index]?.type() === null);
  if (columns.some((column, index) => column.type !== plan.columns[index]?.type && plan.undecided[index])) {
    // A column that had no values in the sample has got a type by majority: its cells were not held against it yet.
    return examineCsv(file, { ...plan, columns, undecided: undecided.map(() => false) }, request, limits);
  }
  return { ...plan, columns, undecided, exact: true };
};
