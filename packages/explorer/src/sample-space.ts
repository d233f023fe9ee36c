import { ExplorerError } from './errors.ts';
import type { Random } from './random.ts';
import { type Design, fractionGroups, keepsConstraints, type Space } from './space.ts';

/** A design drawn uniformly (log-uniformly on log scales), without regard to constraints. */
function drawFreely(space: Space, random: Random): Design {
  const design: Design = {};
  for (const names of fractionGroups(space)) {
    const draws = names.map(() => -Math.log(1 - random.uniform()));
    setFractions(design, names, draws);
  }
  const ordered: Design = {};
  for (const parameter of space.parameters) {
    const { name } = parameter;
    if (parameter.kind === 'categorical') {
      ordered[name] = parameter.choices[random.integer(parameter.choices.length)]!;
    } else if (parameter.kind === 'integer') {
      const span = parameter.max - parameter.min + 1;
      ordered[name] = Math.min(parameter.max, parameter.min + Math.floor(random.uniform() * span));
    } else if (parameter.kind === 'fraction') {
      ordered[name] = design[name]!;
    } else {
      ordered[name] = atFraction(parameter, random.uniform());
    }
  }
  return ordered;
}

function atFraction(
  parameter: { min: number; max: number; scale?: 'linear' | 'log' },
  position: number,
): number {
  const { min, max } = parameter;
  const value =
    parameter.scale === 'log' ? min * (max / min) ** position : min * (1 - position) + max * position;
  return Math.min(max, Math.max(min, value));
}

/** Writes nonnegative amounts as fractions that sum to 1 up to one rounding. */
function setFractions(design: Design, names: readonly string[], amounts: readonly number[]): void {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  names.forEach((name, i) => {
    design[name] = total > 0 ? amounts[i]! / total : 1 / names.length;
  });
}

/** Draws tried for one design that keeps the constraints. */
const ATTEMPTS = 2000;

/**
 * A design that keeps the constraints: drawn uniformly when the constraints leave a fair part of the space, else by
 * a random walk from a point that keeps them. Throws when none is found.
 */
export function drawDesign(space: Space, random: Random): Design {
  let nearest: { design: Design; excess: number } | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const design = drawFreely(space, random);
    if (keepsConstraints(space, design)) return design;
    const excess = excessOf(space, design);
    if (nearest === undefined || excess < nearest.excess) nearest = { design, excess };
  }
  let current = nearest!;
  for (let attempt = 0; attempt < 20 * ATTEMPTS; attempt++) {
    const design = perturb(space, current.design, 10 ** (-4 * random.uniform()), random);
    if (keepsConstraints(space, design)) return design;
    const excess = excessOf(space, design);
    if (excess < current.excess) current = { design, excess };
  }
  throw new ExplorerError('space.constraints', 'no design was found that keeps them all');
}

/** By how much the constraints are exceeded, each relative to its size. */
function excessOf(space: Space, design: Design): number {
  let excess = 0;
  for (const { coefficients, max } of space.constraints ?? []) {
    let sum = -max;
    let size = Math.abs(max);
    for (const [name, coefficient] of Object.entries(coefficients)) {
      sum += coefficient * (design[name] as number);
      size += Math.abs(coefficient * (design[name] as number));
    }
    excess += Math.max(0, sum) / (size || 1);
  }
  return excess;
}

/** Moves about half of the parameters (one at least) by steps of about `size` of their range. */
export function perturb(space: Space, design: Design, size: number, random: Random): Design {
  const fresh: Design = { ...design };
  const count = space.parameters.length;
  const certain = random.integer(count);
  const moved = new Set<string>();
  space.parameters.forEach((parameter, index) => {
    if (index !== certain && random.uniform() < 0.5) return;
    const { name } = parameter;
    if (parameter.kind === 'categorical') {
      if (index === certain || random.uniform() < size)
        fresh[name] = parameter.choices[random.integer(parameter.choices.length)]!;
    } else if (parameter.kind === 'fraction') {
      moved.add(parameter.group);
      fresh[name] = Math.max(0, (design[name] as number) + size * random.normal());
    } else if (parameter.kind === 'integer') {
      const step = Math.max(0.7, size * (parameter.max - parameter.min)) * random.normal();
      const value = Math.round((design[name] as number) + step);
      fresh[name] = Math.min(parameter.max, Math.max(parameter.min, value));
    } else {
      const { min, max } = parameter;
      const value = design[name] as number;
      const position =
        parameter.scale === 'log' ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
      fresh[name] = atFraction(parameter, Math.min(1, Math.max(0, position + size * random.normal())));
    }
  });
  for (const names of fractionGroups(space)) {
    const group = space.parameters.find(({ name }) => name === names[0]);
    if (group?.kind !== 'fraction' || !moved.has(group.group)) continue;
    setFractions(
      fresh,
      names,
      names.map((name) => fresh[name] as number),
    );
  }
  return fresh;
}
