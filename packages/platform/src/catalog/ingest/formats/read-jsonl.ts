import { invalidField } from '@genesis/contracts/errors';
import { cellType, expectation } from '../cell-types.ts';
import { checkNames, unitOf } from '../header.ts';
import {
  type BadCell,
  type ColumnType,
  countedBadCells,
  type IngestLimits,
  type IngestRequest,
  listedBadCells,
} from '../model.ts';
import { badCellsError } from '../problems.ts';
import { textLines } from './text-lines.ts';
import type { InCell, TableSource } from './write-table.ts';

type Cell = { type: ColumnType; value: InCell } | { wrong: string };

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

const numberCell = (value: number | bigint): Cell => {
  if (typeof value === 'bigint') {
    return value >= least && value <= most
      ? { type: 'integer', value }
      : { type: 'number', value: Number(value) };
  }
  if (!Number.isFinite(value)) return { wrong: 'a number beyond a double' };
  return { type: Number.isSafeInteger(value) ? 'integer' : 'number', value };
};

const cellOf = (value: unknown): Cell | null => {
  if (value === null) return null;
  if (typeof value === 'number' || typeof value === 'bigint') return numberCell(value);
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (typeof value === 'string') {
    return { type: cellType(value) === 'timestamp' ? 'timestamp' : 'text', value };
  }
  return { wrong: Array.isArray(value) ? 'a list' : 'an object' };
};

/** Integers that a double does not hold keep their digits. */
const exactly = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
    ? BigInt(context?.source as string)
    : value;

const parse = (text: string): Record<string, unknown> | string => {
  let value: unknown;
  try {
    value = /\d{16}/.test(text) ? JSON.parse(text, exactly) : JSON.parse(text);
  } catch {
    return 'text that is not JSON';
  }
  if (typeof value !== 'object' || value === null) return `a ${value === null ? 'null' : typeof value}`;
  return Array.isArray(value) ? 'a list' : (value as Record<string, unknown>);
};

async function* records(file: string, limits: IngestLimits) {
  for await (const lines of textLines(file, limits.maxRecordBytes)) {
    yield lines
      .filter(({ text }) => text.trim() !== '')
      .map(({ line, text }) => ({ line, record: parse(line === 1 ? text.replace(/^\ufeff/, '') : text) }));
  }
}

/** What a column holds, as far as it was read. `wanted` was insisted on. */
type Seen = { index: number; type: ColumnType | null; wanted: ColumnType | undefined };

/** The type of a column that also holds this; null where the two do not go together. */
const widened = (now: ColumnType | null, next: ColumnType): ColumnType | null => {
  if (now === null || now === next) return next;
  const pair = new Set([now, next]);
  if (pair.has('integer') && pair.has('number')) return 'number';
  return pair.has('timestamp') && pair.has('text') ? 'text' : null;
};

const fitsWanted = (wanted: ColumnType, type: ColumnType): boolean =>
  wanted === 'text' || wanted === type || (wanted === 'number' && type === 'integer');

const examine = async (
  file: string,
  request: IngestRequest,
  limits: IngestLimits,
): Promise<Map<string, Seen>> => {
  const columns = new Map<string, Seen>();
  const bad: BadCell[] = [];
  let total = 0;
  const report = (cell: BadCell) => {
    total++;
    if (bad.length < listedBadCells) bad.push(cell);
  };
  for await (const batch of records(file, limits)) {
    for (const { line, record } of batch) {
      if (typeof record === 'string') {
        report({ line, column: null, name: null, expected: 'a JSON object', found: record });
        continue;
      }
      for (const [name, value] of Object.entries(record)) {
        let seen = columns.get(name);
        if (seen === undefined) {
          seen = { index: columns.size, type: null, wanted: request.types?.[name] };
          columns.set(name, seen);
          if (columns.size > limits.maxColumns) checkNames([...columns.keys()], limits.maxColumns);
        }
        const cell = cellOf(value);
        if (cell === null) continue;
        const type =
          'wrong' in cell ? null : widened(seen.wanted === undefined ? seen.type : null, cell.type);
        if (type !== null && (seen.wanted === undefined || fitsWanted(seen.wanted, type))) seen.type = type;
        else {
          const expected = expectation[seen.wanted ?? seen.type ?? 'text'];
          const found = 'wrong' in cell ? cell.wrong : String(value);
          report({ line, column: seen.index + 1, name, expected, found });
        }
      }
    }
    if (total > countedBadCells) break;
  }
  if (total > 0) {
    const hint =
      'Each line must be one flat JSON object; a column of mixed values can be taken as text (--types)';
    throw badCellsError(bad, total, total > countedBadCells, hint);
  }
  return columns;
};

const isoToMicroseconds = (text: string): bigint => {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const whole = text.replace(/\.\d+/, '').replace(' ', 'T').replace(/Z$/, '');
  const milliseconds = Date.parse(whole.includes('T') ? `${whole}Z` : `${whole}T00:00Z`);
  return BigInt(milliseconds) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
};

const convert = (value: unknown, type: ColumnType): InCell => {
  if (value === null || value === undefined) return null;
  if (type === 'text') return String(value as string | number | bigint | boolean);
  if (type === 'number') return Number(value);
  return type === 'timestamp' ? isoToMicroseconds(value as string) : (value as InCell);
};

/** Reads JSON Lines twice: first every value is looked at, which gives the columns; then the rows come. */
export const readJsonl = async (request: IngestRequest, limits: IngestLimits): Promise<TableSource> => {
  const seen = await examine(request.file, request, limits);
  const keys = [...seen.keys()];
  if (keys.length === 0) throw invalidField('file', 'holds no objects with values');
  for (const name of Object.keys(request.types ?? {})) {
    if (!seen.has(name)) throw invalidField('types', `there is no column ${JSON.stringify(name)}`);
  }
  const names = checkNames(keys, limits.maxColumns);
  const columns = keys.map((key, index) => {
    const { type, wanted } = seen.get(key) as Seen;
    const name = names[index] as string;
    return { name, unit: unitOf(name), type: wanted ?? type ?? 'text' };
  });
  async function* batches() {
    for await (const batch of records(request.file, limits)) {
      yield batch.map(({ record }) =>
        keys.map((key, index) =>
          convert((record as Record<string, unknown>)[key], columns[index]?.type ?? 'text'),
        ),
      );
    }
  }
  return { columns, batches: batches(), curve: null, metadata: {} };
};
