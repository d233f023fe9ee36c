import type { Cell, Row } from './model.ts';

type Column = { name: string; type: string };

/** ISO 8601 in UTC as the catalog writes it, in seconds since 1970, as kits read a time in a stored table. */
function epochSeconds(text: string): number {
  const [, whole = '', fraction = '0'] = /^([^.Z]+)(?:\.(\d+))?Z$/.exec(text) ?? [];
  return Date.parse(`${whole}Z`) / 1000 + Number(`0.${fraction}`);
}

/** A cell as a kit sees it in the stored table that models are trained on: yes and no are 1 and 0, times are seconds. */
function asTrained(cell: Cell, type: string | undefined): Cell {
  if (typeof cell === 'boolean') return Number(cell);
  if (typeof cell !== 'string') return cell;
  if (type === 'timestamp') return epochSeconds(cell);
  // An integer beyond 2^53 leaves the catalog as text.
  return type === 'integer' ? Number(cell) : cell;
}

/** Rows that are to be predicted: the features alone, as models saw them in training. */
export function blindRows(
  rows: readonly Row[],
  features: readonly string[],
  columns: readonly Column[],
): Row[] {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  return rows.map((row) =>
    Object.fromEntries(features.map((name) => [name, asTrained(row[name] ?? null, types.get(name))])),
  );
}
