import { describe, InstrumentError, requireSeed } from './errors.ts';
import { createRandom } from './random.ts';

/** A value of an input: a finite number or the name of a category. */
export type ReplayValue = number | string;

/** A design of the table: one value for each input. */
export type ReplayDesign = Readonly<Record<string, ReplayValue>>;

/** A table to be replayed. */
export interface ReplayTable {
  /** Columns that make a design; at least one. */
  readonly inputs: readonly string[];
  /** Column of measured values; null (or absent) in a row whose experiment gave none. */
  readonly objective: string;
  /** Further columns are ignored. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** What one replayed experiment gave; `row` is the place of the replicate in the table, from 0. */
export type ReplayMeasurement =
  | { readonly status: 'measured'; readonly value: number; readonly row: number }
  | { readonly status: 'failed'; readonly reason: string; readonly row: number };

/** The noiseless truth of a design, as far as the table knows it. */
export interface ReplayTruth {
  /** Mean of the replicates that have a value; null where none has. */
  readonly value: number | null;
  /** Rows of the design, and how many of them have a value. */
  readonly replicates: number;
  readonly measured: number;
}

/** An instrument that answers from a table of measurements. */
export interface Replay {
  /** The designs that can be measured, each once, in order of their first row. */
  readonly pool: readonly ReplayDesign[];
  /**
   * One of the design's replicates, drawn uniformly by the seed.
   * @throws InstrumentError for a design that is not in the pool or an empty seed
   */
  measure(design: ReplayDesign, seed: string): ReplayMeasurement;
  /** @throws InstrumentError for a design that is not in the pool */
  truth(design: ReplayDesign): ReplayTruth;
}

interface Entry {
  readonly design: ReplayDesign;
  readonly rows: number[];
  readonly values: (number | null)[];
}

/**
 * Makes a replay instrument. Rows with equal inputs (numbers compared exactly) are replicates of one design.
 *
 * @throws InstrumentError `bad-table` for no rows, no inputs, repeated inputs, the objective among the inputs,
 *   or a cell that is neither a finite number nor (for inputs) text, naming row and column
 */
export function createReplay({ inputs, objective, rows }: ReplayTable): Replay {
  requireColumns(inputs, objective);
  if (rows.length === 0) throw new InstrumentError('bad-table', 'rows', 'no rows', 'at least one row');
  const entries = new Map<string, Entry>();
  for (const [index, row] of rows.entries()) {
    const design = Object.fromEntries(
      inputs.map((name) => [name, requireInput(row[name], `rows[${index}].${name}`)]),
    );
    const key = keyOf(inputs, design);
    const entry = entries.get(key) ?? { design: Object.freeze(design), rows: [], values: [] };
    entry.rows.push(index);
    entry.values.push(requireObjective(row[objective], `rows[${index}].${objective}`));
    entries.set(key, entry);
  }

  function find(design: ReplayDesign): { key: string; entry: Entry } {
    for (const name of Object.keys(design)) {
      if (!inputs.includes(name)) {
        throw new InstrumentError('unknown-parameter', `design.${name}`, 'not an input', inputs.join(', '));
      }
    }
    for (const name of inputs) {
      if (!Object.hasOwn(design, name)) {
        throw new InstrumentError(
          'missing-parameter',
          `design.${name}`,
          'missing',
          `all of ${inputs.join(', ')}`,
        );
      }
    }
    const key = keyOf(inputs, design);
    const entry = entries.get(key);
    if (entry === undefined) {
      throw new InstrumentError(
        'not-in-pool',
        'design',
        key,
        `one of the ${entries.size} designs of the table`,
      );
    }
    return { key, entry };
  }

  return {
    pool: [...entries.values()].map(({ design }) => design),
    measure(design, seed) {
      requireSeed(seed);
      const { key, entry } = find(design);
      const drawn = createRandom(JSON.stringify([seed, 'replay', key])).integer(entry.rows.length);
      const row = entry.rows[drawn]!;
      const value = entry.values[drawn]!;
      return value === null
        ? { status: 'failed', reason: `the table has no ${objective} in this row`, row }
        : { status: 'measured', value, row };
    },
    truth(design) {
      const { entry } = find(design);
      const known = entry.values.filter((value) => value !== null);
      const sum = known.reduce((total, value) => total + value, 0);
      return {
        value: known.length === 0 ? null : sum / known.length,
        replicates: entry.rows.length,
        measured: known.length,
      };
    },
  };
}

/** Adding 0 makes -0 equal to 0; JSON keeps numbers and text apart and numbers exact. */
function keyOf(inputs: readonly string[], design: ReplayDesign): string {
  return JSON.stringify(
    inputs.map((name) => {
      const value = design[name]!;
      return typeof value === 'number' ? value + 0 : value;
    }),
  );
}

function requireColumns(inputs: readonly string[], objective: string): void {
  if (inputs.length === 0) throw new InstrumentError('bad-table', 'inputs', 'none', 'at least one column');
  const repeated = inputs.find((name, i) => inputs.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new InstrumentError('bad-table', 'inputs', `${repeated} twice`, 'each column once');
  }
  if (inputs.includes(objective)) {
    throw new InstrumentError('bad-table', 'objective', `${objective} is an input`, 'a column of its own');
  }
}

function requireInput(value: unknown, field: string): ReplayValue {
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw new InstrumentError('bad-table', field, describe(value), 'a finite number or text');
}

function requireObjective(value: unknown, field: string): number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new InstrumentError('bad-table', field, describe(value), 'a finite number, or null for no value');
}
