import { GenesisError, invalidField, type ModelDescription } from '@genesis/contracts';

/** Rows by column; a value is what came, not looked at yet. */
export type Table = {
  rows: number;
  columns: ReadonlyMap<string, ArrayLike<unknown>>;
  /** Units as they were given, by column. */
  units: ReadonlyMap<string, string>;
  /** Whether every value is a text, as in a file that has nothing else: what is a number is known by the model. */
  texts?: boolean;
};

/** Rows of one call. */
export const mostRows = 10_000;
/** Problems that are told at once. */
const mostProblems = 20;

export type Checked = {
  rows: number;
  /** Shape [rows, inputs], categories as their index. */
  data: Float32Array;
  /** For each row the inputs that lie outside the range of the training data; undefined where none does in any row. */
  outside: (string[] | undefined)[] | undefined;
};

type Check = (value: unknown, isText: boolean) => number | string;

const numeric = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;
const mostDigits = 400;

/** The number that a text writes in decimal digits, and nothing for any other. */
function written(text: string): number | undefined {
  const trimmed = text.length > mostDigits ? '' : text.trim();
  return numeric.test(trimmed) ? Number(trimmed) : undefined;
}

const numberOf: Check = (value, isText) => {
  const given = isText && typeof value === 'string' ? written(value) : value;
  const number = typeof given === 'bigint' ? Number(given) : given;
  if (typeof number !== 'number' || !Number.isFinite(number)) return 'expected a finite number';
  return Math.abs(number) > 3.4e38 ? 'expected a number that fits into 32 bits' : number;
};

function categoryOf(categories: readonly string[]): Check {
  const index = new Map(categories.map((name, at) => [name, at]));
  const known = categories
    .slice(0, 20)
    .map((name) => JSON.stringify(name))
    .join(', ');
  return (value) => (typeof value === 'string' ? index.get(value) : undefined) ?? `expected one of ${known}`;
}

/** Whether a call can hold rows of these inputs: numbers and categories. */
export const canBeAsked = (inputs: readonly { kind: string }[]): boolean =>
  inputs.every(({ kind }) => kind === 'number' || kind === 'category');

/** Checks calls against the schema of a model; made once for each model. @throws where an input cannot be served */
export function createChecker({ inputs }: Pick<ModelDescription, 'inputs'>): (table: Table) => Checked {
  const checks = inputs.map(({ name, kind, categories = [] }): Check => {
    if (kind === 'number') return numberOf;
    if (kind === 'category') return categoryOf(categories);
    const message = `The input ${JSON.stringify(name)} is a ${kind}, which only the program that trained it reads. Use the model in a run: genesis run submit CAPABILITY --purpose infer --model ID`;
    throw new GenesisError({ code: 'conflict', message });
  });
  const byName = new Map(inputs.map((input, at) => [input.name, at]));
  const names = inputs
    .map(({ name }) => name)
    .slice(0, 50)
    .join(', ');

  function assertColumns({ columns, units }: Table): void {
    const missing = inputs.filter(({ name }) => !columns.has(name)).map(({ name }) => name);
    const strangers = [...columns.keys()].filter((name) => !byName.has(name));
    const problems = [
      ...missing.map((name) => ({ field: `rows.${name}`, message: 'missing' })),
      ...strangers.map((name) => ({
        field: `rows.${name}`,
        message: `no input of this model; known are ${names}`,
      })),
    ];
    for (const [name, unit] of units) {
      const at = byName.get(name);
      if (at === undefined) {
        if (!columns.has(name)) problems.push({ field: `units.${name}`, message: 'no input of this model' });
        continue;
      }
      const own = inputs[at]!.unit ?? null;
      if (own !== unit)
        problems.push({
          field: `units.${name}`,
          message: `given in ${JSON.stringify(unit)}; the model takes it ${own === null ? 'without a unit' : `in ${JSON.stringify(own)}`}, and nothing is converted`,
        });
    }
    refuse(problems);
  }

  return (table) => {
    const { rows, columns, texts = false } = table;
    if (rows < 1 || rows > mostRows) throw invalidField('rows', `expected 1 to ${mostRows} rows`);
    assertColumns(table);
    const width = inputs.length;
    const data = new Float32Array(rows * width);
    let outside: (string[] | undefined)[] | undefined;
    const problems: Problem[] = [];
    for (let at = 0; at < width; at++) {
      const { name, minimum = -Infinity, maximum = Infinity } = inputs[at]!;
      const column = columns.get(name)!;
      const check = checks[at]!;
      for (let row = 0; row < rows; row++) {
        const value = check(column[row], texts);
        if (typeof value === 'string') {
          if (problems.length < mostProblems) problems.push({ field: `rows.${row}.${name}`, message: value });
          continue;
        }
        data[row * width + at] = value;
        if (value < minimum || value > maximum) {
          outside ??= new Array<string[] | undefined>(rows).fill(undefined);
          outside[row] = [...(outside[row] ?? []), name];
        }
      }
    }
    refuse(problems);
    return { rows, data, outside };
  };
}

type Problem = { field: string; message: string };

function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const told = problems.slice(0, mostProblems);
  const message = told.map((problem) => `${problem.field}: ${problem.message}`).join('; ');
  throw new GenesisError({ code: 'invalid-input', message, problems: told });
}
