/** A value of a table. Dates come as ISO 8601 text. */
export type Cell = string | number | bigint | boolean | null | undefined;

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const notANumber = /^[+-]?nan$/i;
const infinite = /^([+-]?)inf(inity)?$/i;

/** Integers keep all their digits: beyond 2^53 a double's shortest form and the digits of an int64 would differ. */
function canonicalNumber(value: number): string {
  if (Number.isNaN(value)) return '-';
  return Number.isInteger(value) ? `n${BigInt(value)}` : `n${value}`;
}

function canonicalText(text: string): string {
  const trimmed = text.normalize('NFC').trim();
  if (trimmed === '' || notANumber.test(trimmed)) return '-';
  const sign = infinite.exec(trimmed)?.[1];
  if (sign !== undefined) return canonicalNumber(sign === '-' ? -Infinity : Infinity);
  if (!decimal.test(trimmed)) return `s${trimmed}`;
  if (/^[+-]?\d+$/.test(trimmed)) return `n${BigInt(trimmed.replace('+', ''))}`;
  const value = Number(trimmed);
  return Number.isFinite(value) ? canonicalNumber(value) : `s${trimmed}`;
}

/**
 * One text for one value: 1, 1.0, "1e0" and " 1 " are the same; an empty text, null and NaN are the same, and so are
 * NaN and the infinities as doubles and as CSV files spell them; text is NFC and trimmed, and true is the text "true".
 * Integers are compared by all their digits (so that long identifiers stay apart), other numbers as doubles. Different
 * values have different texts, except that text which reads as a number is that number.
 */
export function canonicalCell(cell: Cell): string {
  switch (typeof cell) {
    case 'number':
      return canonicalNumber(cell);
    case 'bigint':
      return `n${cell}`;
    case 'boolean':
      return canonicalText(cell ? 'true' : 'false');
    case 'string':
      return canonicalText(cell);
    default:
      return '-';
  }
}

/** Texts joined so that no other list of texts gives the same bytes: each is preceded by its length. */
export const joinCells = (cells: readonly string[]): string => {
  let joined = '';
  for (const cell of cells) joined += `${cell.length}:${cell}`;
  return joined;
};

/**
 * The key of a design: its inputs by name, in whatever column order. Rows with equal keys are replicates and stay
 * together in a split. `inputs` are the input columns only, never the outcome.
 */
export const canonicalRowKey = (inputs: Readonly<Record<string, Cell>>): string =>
  joinCells(
    Object.keys(inputs)
      .sort()
      .flatMap((name) => [name, canonicalCell(inputs[name])]),
  );
