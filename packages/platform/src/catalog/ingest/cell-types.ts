import type { ColumnType } from './model.ts';

/** Digits, which may be grouped by single underscores, as in Python and SQL. */
const digits = String.raw`\d+(?:_\d+)*`;
const numberPattern = new RegExp(`^[+-]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:[eE][+-]?\\d+)?$`);
const integerPattern = new RegExp(`^[+-]?${digits}$`);
/** RE2 and JavaScript read this pattern alike, so DuckDB checks the very same rule. */
export const timestampPattern = '^\\d{4}-\\d{2}-\\d{2}(?:[T ]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,6})?)?Z?)?$';
const timestampRegex = new RegExp(timestampPattern);

const largest = 2n ** 63n - 1n;
const smallest = -(2n ** 63n);

const isTimestamp = (cell: string): boolean => {
  if (!timestampRegex.test(cell)) return false;
  const [date = '', time = '00:00'] = cell.replace(/Z$/, '').split(/[T ]/);
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  if (hours > 23 || minutes > 59 || seconds >= 60) return false;
  const midnight = new Date(`${date}T00:00:00Z`);
  return (
    !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date) && !date.startsWith('0000')
  );
};

/** What one non-empty cell can be read as, the narrowest first. Numbers that do not fit a double are `text`. */
export const cellType = (cell: string): ColumnType => {
  const trimmed = cell.trim();
  if (numberPattern.test(trimmed)) {
    const plain = trimmed.replaceAll('_', '');
    if (integerPattern.test(trimmed)) {
      if (plain.length < 16) return 'integer';
      const value = BigInt(plain.replace(/^\+/, ''));
      if (value >= smallest && value <= largest) return 'integer';
    }
    return Number.isFinite(Number(plain)) ? 'number' : 'text';
  }
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(cell)) return 'boolean';
  return isTimestamp(cell) ? 'timestamp' : 'text';
};

/** Whether a cell of type `narrow` may stand in a column of type `wide`. */
export const fits = (narrow: ColumnType, wide: ColumnType): boolean =>
  wide === 'text' || narrow === wide || (narrow === 'integer' && wide === 'number');

/** What a person should have written in a cell of a column of this type. */
export const expectation: Record<ColumnType, string> = {
  number: 'a finite number within the range of a double',
  integer: 'an integer that fits 64 bits',
  text: 'text',
  boolean: 'true or false',
  timestamp: 'a time such as 2026-01-31 or 2026-01-31T12:00:00Z',
};
