import { ExplorerError, isRecord, requireThat, shown } from './errors.ts';

export type Parameter =
  | { kind: 'continuous'; name: string; min: number; max: number; scale?: 'linear' | 'log' }
  | { kind: 'integer'; name: string; min: number; max: number }
  | { kind: 'categorical'; name: string; choices: string[] }
  /** The fractions of one group are at least 0 and sum to 1 (a composition). */
  | { kind: 'fraction'; name: string; group: string };

/** A known linear constraint on numeric parameters: the sum of coefficient times value is at most `max`. */
export type Constraint = { coefficients: Record<string, number>; max: number };

export type Space = { parameters: Parameter[]; constraints?: Constraint[] };

/** One value for each parameter of the space, by name. */
export type Design = Record<string, number | string>;

/** How far a value may lie outside its range (relative to the range) through rounding. */
const ROUNDING = 1e-6;

/** How far a composition may sum from 1: tables print fractions with three digits or so. */
const COMPOSITION_ROUNDING = 2e-3;

function assertNumber(value: unknown, field: string): asserts value is number {
  requireThat(
    typeof value === 'number' && Number.isFinite(value),
    field,
    `must be a finite number, got ${shown(value)}`,
  );
}

function assertParameter(parameter: unknown, field: string): asserts parameter is Parameter {
  requireThat(isRecord(parameter), field, 'must be an object with kind and name');
  const { kind, name, min, max, scale, choices, group } = parameter;
  requireThat(
    typeof name === 'string' && name.length > 0,
    `${field}.name`,
    `must be a non-empty string, got ${shown(name)}`,
  );
  if (kind === 'continuous' || kind === 'integer') {
    assertNumber(min, `${field}.min`);
    assertNumber(max, `${field}.max`);
    requireThat(min < max, `${field}.max`, `must be greater than min (${min}), got ${max}`);
    requireThat(Number.isFinite(max - min), `${field}.max`, 'must lie within the range of numbers from min');
    if (kind === 'integer') {
      requireThat(
        Number.isSafeInteger(min) && Number.isSafeInteger(max),
        `${field}.min and max`,
        'must be safe integers',
      );
    } else {
      requireThat(
        scale === undefined || scale === 'linear' || scale === 'log',
        `${field}.scale`,
        `must be 'linear' or 'log', got ${shown(scale)}`,
      );
      requireThat(scale !== 'log' || min > 0, `${field}.min`, `must be above 0 on a log scale, got ${min}`);
    }
  } else if (kind === 'categorical') {
    requireThat(
      Array.isArray(choices) && choices.length > 0,
      `${field}.choices`,
      'must be a non-empty array',
    );
    requireThat(
      choices.every((choice) => typeof choice === 'string'),
      `${field}.choices`,
      'must hold strings only',
    );
    requireThat(new Set(choices).size === choices.length, `${field}.choices`, 'must not repeat a choice');
  } else if (kind === 'fraction') {
    requireThat(
      typeof group === 'string' && group.length > 0,
      `${field}.group`,
      `must be a non-empty string, got ${shown(group)}`,
    );
  } else {
    throw new ExplorerError(
      `${field}.kind`,
      `must be continuous, integer, categorical or fraction, got ${shown(kind)}`,
    );
  }
}

/** Throws an ExplorerError that names the field when `space` is not a usable space. */
export function assertSpace(space: unknown, field = 'space'): asserts space is Space {
  requireThat(isRecord(space), field, 'must be an object with parameters');
  const { parameters, constraints } = space;
  requireThat(
    Array.isArray(parameters) && parameters.length > 0,
    `${field}.parameters`,
    'must be a non-empty array',
  );
  const byName = new Map<string, Parameter>();
  parameters.forEach((parameter: unknown, i) => {
    assertParameter(parameter, `${field}.parameters[${i}]`);
    requireThat(
      !byName.has(parameter.name),
      `${field}.parameters[${i}].name`,
      `repeats ${shown(parameter.name)}`,
    );
    byName.set(parameter.name, parameter);
  });
  if (constraints === undefined) return;
  requireThat(Array.isArray(constraints), `${field}.constraints`, 'must be an array');
  constraints.forEach((constraint: unknown, i) => {
    const place = `${field}.constraints[${i}]`;
    requireThat(
      isRecord(constraint) && isRecord(constraint['coefficients']),
      place,
      'must hold coefficients and max',
    );
    assertNumber(constraint['max'], `${place}.max`);
    for (const [name, coefficient] of Object.entries(constraint['coefficients'])) {
      const parameter = byName.get(name);
      requireThat(parameter !== undefined, `${place}.coefficients`, `names no parameter: ${shown(name)}`);
      requireThat(
        parameter.kind !== 'categorical',
        `${place}.coefficients`,
        `must name numeric parameters, ${shown(name)} is not`,
      );
      assertNumber(coefficient, `${place}.coefficients[${shown(name)}]`);
    }
  });
}

/** What is wrong with one value, or undefined when it is allowed. Runs for every candidate: builds no text for good ones. */
function faultOf(parameter: Parameter, value: unknown): string | undefined {
  if (parameter.kind === 'categorical') {
    if (typeof value === 'string' && parameter.choices.includes(value)) return undefined;
    return `must be one of the ${parameter.choices.length} choices, got ${shown(value)}`;
  }
  if (typeof value !== 'number' || !Number.isFinite(value))
    return `must be a finite number, got ${shown(value)}`;
  const min = parameter.kind === 'fraction' ? 0 : parameter.min;
  const max = parameter.kind === 'fraction' ? 1 : parameter.max;
  const slack = parameter.kind === 'integer' ? 0 : ROUNDING * (max - min);
  if (value < min - slack || value > max + slack) return `must be between ${min} and ${max}, got ${value}`;
  if (parameter.kind === 'integer' && !Number.isInteger(value)) return `must be an integer, got ${value}`;
  return undefined;
}

/** Throws an ExplorerError when `design` does not give every parameter an allowed value. */
export function assertDesign(space: Space, design: unknown, field: string): asserts design is Design {
  requireThat(isRecord(design), field, 'must be an object with one value for each parameter');
  let sums: Map<string, number> | undefined;
  for (const parameter of space.parameters) {
    const value = Object.hasOwn(design, parameter.name) ? design[parameter.name] : undefined;
    const fault = faultOf(parameter, value);
    if (fault !== undefined) throw new ExplorerError(`${field}[${shown(parameter.name)}]`, fault);
    if (parameter.kind !== 'fraction') continue;
    sums ??= new Map();
    sums.set(parameter.group, (sums.get(parameter.group) ?? 0) + (value as number));
  }
  for (const [group, sum] of sums ?? [])
    if (Math.abs(sum - 1) > COMPOSITION_ROUNDING)
      throw new ExplorerError(field, `the fractions of group ${shown(group)} must sum to 1, got ${sum}`);
  const names = Object.keys(design);
  if (names.length === space.parameters.length) return;
  const stranger = names.find((name) => space.parameters.every((parameter) => parameter.name !== name));
  throw new ExplorerError(`${field}[${shown(stranger)}]`, 'is not a parameter of the space');
}

/** True when the design keeps every known constraint (to rounding). The design must belong to the space. */
export function keepsConstraints(space: Space, design: Design): boolean {
  return (space.constraints ?? []).every(({ coefficients, max }) => {
    let sum = 0;
    let size = Math.abs(max);
    for (const [name, coefficient] of Object.entries(coefficients)) {
      const term = coefficient * (design[name] as number);
      sum += term;
      size += Math.abs(term);
    }
    return sum <= max + 1e-9 * size;
  });
}

/** A text that two designs share exactly when they give every parameter the same value. */
export function designKey(space: Space, design: Design): string {
  return JSON.stringify(space.parameters.map(({ name }) => (design[name] === 0 ? 0 : design[name])));
}

/** The parameters of each simplex group, in order of first appearance. */
export function fractionGroups(space: Space): string[][] {
  const groups = new Map<string, string[]>();
  for (const parameter of space.parameters) {
    if (parameter.kind !== 'fraction') continue;
    groups.set(parameter.group, [...(groups.get(parameter.group) ?? []), parameter.name]);
  }
  return [...groups.values()];
}
