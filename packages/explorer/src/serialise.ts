import { ExplorerError, isRecord, requireThat, shown } from './errors.ts';
import { condition, type GaussianProcess, prepare } from './gaussian-process.ts';
import { assertGoal } from './goal.ts';
import { assertSpace, type Space } from './space.ts';
import type { Surrogate } from './surrogate.ts';

/** A tensor as safetensors stores it: row-major, 64-bit floats. */
export type Tensor = { shape: number[]; data: Float64Array };

/** A surrogate as a JSON-safe object and named tensors. */
export type EncodedSurrogate = { config: Record<string, unknown>; tensors: Record<string, Tensor> };

const FORMAT = 'genesis-explorer-surrogate/1';

/** More rows than any exploration has; a decoder must not be led to allocate without bound. */
const MOST_ROWS = 20_000;
const MOST_MEMBERS = 64;

/** Writes a surrogate; factors are left out and computed again on decoding. */
export function encodeSurrogate(surrogate: Surrogate): EncodedSurrogate {
  const width = surrogate.space.parameters.length;
  const { members, feasibility } = surrogate;
  const first = members[0]!.process;
  const tensors: Record<string, Tensor> = {
    rows: { shape: [first.values.length, width], data: first.rows.slice() },
    values: { shape: [first.values.length], data: first.values.slice() },
    extra_noise: { shape: [first.values.length], data: first.extraNoise.slice() },
    weights: { shape: [members.length], data: Float64Array.from(members, ({ weight }) => weight) },
    parameters: {
      shape: [members.length, width + 3],
      data: Float64Array.from(members.flatMap(({ process }) => parameterList(process))),
    },
  };
  if (feasibility !== null) {
    tensors['feasibility_rows'] = {
      shape: [feasibility.values.length, width],
      data: feasibility.rows.slice(),
    };
    tensors['feasibility_values'] = { shape: [feasibility.values.length], data: feasibility.values.slice() };
    tensors['feasibility_parameters'] = {
      shape: [1, width + 3],
      data: Float64Array.from(parameterList(feasibility)),
    };
  }
  const { space, goal, outcome } = surrogate;
  return { config: structuredClone({ format: FORMAT, space, goal, outcome }), tensors };
}

/** Length scales, signal, offset, noise. */
function parameterList({ parameters }: GaussianProcess): number[] {
  const { lengthScales, signal, offset, noise } = parameters;
  return [...lengthScales, signal, offset, noise];
}

/**
 * Reads what `encodeSurrogate` wrote. The input may come from anywhere: every field is checked, and an ExplorerError
 * names the first that is wrong. Predictions equal those of the encoded surrogate to the bit.
 */
export function decodeSurrogate(encoded: EncodedSurrogate): Surrogate {
  requireThat(
    isRecord(encoded) && isRecord(encoded.config) && isRecord(encoded.tensors),
    'surrogate',
    'must hold config and tensors',
  );
  const { config, tensors } = encoded;
  requireThat(
    config['format'] === FORMAT,
    'config.format',
    `must be ${FORMAT}, got ${shown(config['format'])}`,
  );
  const { space, goal } = config;
  assertSpace(space, 'config.space');
  assertGoal(goal, 'config.goal');
  const outcome = readOutcome(config['outcome']);
  const width = space.parameters.length;
  const weights = readTensor(tensors, 'weights', [undefined], MOST_MEMBERS);
  requireThat(
    weights.every((weight) => weight >= 0 && weight <= 1) &&
      Math.abs(weights.reduce((a, b) => a + b, 0) - 1) < 1e-9,
    'tensors.weights',
    'must be nonnegative and sum to 1',
  );
  const rows = readTensor(tensors, 'rows', [undefined, width], MOST_ROWS);
  const n = rows.length / width;
  const values = readTensor(tensors, 'values', [n], MOST_ROWS);
  const extraNoise = readTensor(tensors, 'extra_noise', [n], MOST_ROWS);
  requireThat(
    extraNoise.every((noise) => noise >= 0),
    'tensors.extra_noise',
    'must be nonnegative',
  );
  const parameters = readTensor(tensors, 'parameters', [weights.length, width + 3], MOST_MEMBERS);
  const members = Array.from(weights, (weight, m) => ({
    weight,
    process: rebuild(
      space,
      { rows, values, extraNoise },
      parameters.subarray(m * (width + 3), (m + 1) * (width + 3)),
      'tensors.parameters',
    ),
  }));
  return {
    space: structuredClone(space),
    goal: structuredClone(goal),
    outcome,
    rows,
    members,
    feasibility: readFeasibility(space, tensors),
  };
}

function readFeasibility(space: Space, tensors: Record<string, unknown>): GaussianProcess | null {
  const width = space.parameters.length;
  if (!Object.hasOwn(tensors, 'feasibility_rows')) return null;
  const rows = readTensor(tensors, 'feasibility_rows', [undefined, width], MOST_ROWS);
  const values = readTensor(tensors, 'feasibility_values', [rows.length / width], MOST_ROWS);
  const parameters = readTensor(tensors, 'feasibility_parameters', [1, width + 3], 1);
  const extraNoise = new Float64Array(values.length);
  return rebuild(space, { rows, values, extraNoise }, parameters, 'tensors.feasibility_parameters');
}

function readOutcome(outcome: unknown): Surrogate['outcome'] {
  requireThat(isRecord(outcome), 'config.outcome', 'must be an object');
  const { sign, magnitude, center, spread, power } = outcome;
  const field = (name: string, value: unknown, allowed: string, holds: (x: number) => boolean): number => {
    requireThat(
      typeof value === 'number' && Number.isFinite(value) && holds(value),
      `config.outcome.${name}`,
      `must be ${allowed}, got ${shown(value)}`,
    );
    return value;
  };
  return {
    sign: field('sign', sign, '1 or -1', (x) => Math.abs(x) === 1) as 1 | -1,
    magnitude: field('magnitude', magnitude, 'positive', (x) => x > 0),
    center: field('center', center, 'finite', () => true),
    spread: field('spread', spread, 'positive', (x) => x > 0),
    power: field('power', power, 'between 0 and 2', (x) => x > 0 && x < 2),
  };
}

/** A tensor of the expected shape (undefined: any length, at least 1) with finite numbers only. */
function readTensor(
  tensors: Record<string, unknown>,
  name: string,
  shape: (number | undefined)[],
  mostRows: number,
): Float64Array {
  const field = `tensors.${name}`;
  const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  requireThat(isRecord(tensor), field, 'must be a tensor with shape and data');
  const { shape: given, data } = tensor;
  requireThat(
    Array.isArray(given) &&
      given.length === shape.length &&
      given.every(
        (size, i) => Number.isInteger(size) && size >= 1 && (shape[i] === undefined || shape[i] === size),
      ),
    `${field}.shape`,
    `must be [${shape.map((size) => size ?? 'any').join(', ')}]`,
  );
  requireThat((given[0] as number) <= mostRows, `${field}.shape`, `must have at most ${mostRows} rows`);
  requireThat(data instanceof Float64Array, `${field}.data`, 'must be a Float64Array');
  const size = (given as number[]).reduce((product, length) => product * length, 1);
  requireThat(data.length === size, `${field}.data`, `must hold ${size} numbers, got ${data.length}`);
  requireThat(
    data.every((value) => Number.isFinite(value)),
    `${field}.data`,
    'must hold finite numbers only',
  );
  return data.slice();
}

function rebuild(
  space: Space,
  data: { rows: Float64Array; values: Float64Array; extraNoise: Float64Array },
  list: Float64Array,
  field: string,
): GaussianProcess {
  const width = space.parameters.length;
  const [signal, offset, noise] = list.subarray(width);
  requireThat(
    list.subarray(0, width).every((scale) => scale > 0) && signal! > 0 && offset! >= 0 && noise! > 0,
    field,
    'must hold positive length scales, signal and noise, and a nonnegative offset',
  );
  const process = condition(
    prepare({ ...data, categorical: space.parameters.map(({ kind }) => kind === 'categorical') }),
    {
      lengthScales: list.slice(0, width),
      signal: signal!,
      offset: offset!,
      noise: noise!,
    },
  );
  if (process === undefined) throw new ExplorerError(field, 'must give a positive definite covariance');
  return process;
}
