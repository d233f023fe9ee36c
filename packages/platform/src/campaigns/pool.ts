import { type Design, invalidField, type Space } from '@genesis/contracts';

/** The explore part of a table as a replay instrument takes it. */
export type Pool = { inputs: string[]; objective: string; rows: Record<string, unknown>[] };

type Column = { name: string; values: (number | string)[] };

/** Printed fractions seldom sum to exactly 1. */
const compositionSlack = 2e-3;

/**
 * The space that a table's designs span: text is categorical; three or more columns whose values are fractions that
 * sum to 1 in every row are one composition; other numbers are continuous between their least and greatest value.
 *
 * @throws GenesisError `invalid-input` for an input with a missing cell or a single value throughout
 */
export function spaceOf(pool: Pool): Space {
  const columns = pool.inputs.map(
    (name): Column => ({ name, values: pool.rows.map((row, i) => cell(row, name, i)) }),
  );
  const fractions = compositionOf(columns);
  return {
    parameters: columns.map((column) => {
      if (fractions.has(column.name)) return { kind: 'fraction', name: column.name, group: 'composition' };
      return parameterOf(column);
    }),
  };
}

function cell(row: Record<string, unknown>, name: string, index: number): number | string {
  const value = row[name];
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw invalidField(`inputs.${name}`, `row ${index + 1} of the table has no value in this column`);
}

function compositionOf(columns: readonly Column[]): Set<string> {
  const candidates = columns.filter(({ values }) =>
    values.every((value) => typeof value === 'number' && value >= 0 && value <= 1),
  );
  const sums = candidates[0]?.values.map((_, row) =>
    candidates.reduce((sum, { values }) => sum + (values[row] as number), 0),
  );
  const whole =
    candidates.length >= 3 && sums?.every((sum) => Math.abs(sum - 1) <= compositionSlack) === true;
  return new Set(whole ? candidates.map(({ name }) => name) : []);
}

function parameterOf({ name, values }: Column): Space['parameters'][number] {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length) {
    const choices = [...new Set(values.map(String))].sort();
    if (numbers.length > 0) throw invalidField(`inputs.${name}`, 'mixes numbers and text');
    if (choices.length < 2) throw constant(name);
    return { kind: 'categorical', name, choices };
  }
  const [min, max] = numbers.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as [number, number]);
  if (min === max) throw constant(name);
  return { kind: 'continuous', name, min, max };
}

const constant = (name: string) =>
  invalidField(`inputs.${name}`, 'has the same value in every row, so it cannot be varied: leave it out');

/** The different designs of a pool, in order of their first row. */
export function designsOf(pool: Pool): Design[] {
  const seen = new Map<string, Design>();
  for (const row of pool.rows) {
    const design: Design = Object.fromEntries(pool.inputs.map((name, i) => [name, cell(row, name, i)]));
    const key = JSON.stringify(Object.values(design));
    if (!seen.has(key)) seen.set(key, design);
  }
  return [...seen.values()];
}
