import type { Design, Random, Space } from '../src/index.ts';
import { type Pool, poolOf } from './pool.ts';

/** Choices of base, ligand and solvent, and levels of concentration and temperature. */
const SIZES = [4, 12, 4, 3, 3];

/** How much the components and conditions matter, typically. */
const IMPORTANCE = [1, 1.5, 1, 0.6, 0.6];

/** Shares of the variance of the activity: of single parts, of pairs, of base, ligand and solvent together, and of the reaction alone. */
const SHARES = [0.4, 0.4, 0.15, 0.05];

/** Quantiles of the beta distribution at (i + 0.5) / count, by summation on a grid. */
function betaQuantiles(a: number, b: number, count: number): number[] {
  const steps = 20_000;
  const density = Array.from({ length: steps }, (_, i) => {
    const x = (i + 0.5) / steps;
    return x ** (a - 1) * (1 - x) ** (b - 1);
  });
  const total = density.reduce((sum, d) => sum + d, 0);
  const quantiles: number[] = [];
  let cumulated = 0;
  let step = 0;
  for (let i = 0; i < count; i++) {
    while (step < steps - 1 && cumulated + density[step]! < ((i + 0.5) / count) * total)
      cumulated += density[step++]!;
    quantiles.push((step + 0.5) / steps);
  }
  return quantiles;
}

/** Centred, with the given variance. */
function scaled(values: readonly number[], variance: number): number[] {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) || 1;
  return values.map((v) => (Math.sqrt(variance) * (v - mean)) / spread);
}

/** Three hidden properties of each choice and level, standard normal; a level's are its place, its square and its place. */
function hiddenProperties(random: Random): number[][][] {
  return SIZES.map((size) =>
    Array.from({ length: size }, (_, level) =>
      size === 3
        ? [level - 1, (level - 1) ** 2 - 2 / 3, level - 1]
        : [random.normal(), random.normal(), random.normal()],
    ),
  );
}

/**
 * A screen as hard as what is published of direct arylation. Its yields are spread so that the best of 5, 10, 25, 50 and
 * 100 random reactions has the published mean (beta, 0.35 and 1.4: 52.8, 66.7, 80.7, 87.6 and 92.3 against 51.7, 66.0,
 * 81.3, 88.4 and 93.0); its effects are mixed so that a plain Gaussian process, one at a time, comes as far as the
 * published one.
 */
export function matchedScreen(random: Random): Pool {
  const names = ['base', 'ligand', 'solvent', 'concentration', 'temperature'];
  const table = SIZES.reduce<number[][]>(
    (all, size) => all.flatMap((head) => Array.from({ length: size }, (_, level) => [...head, level])),
    [[]],
  );
  const hidden = hiddenProperties(random);
  const property = (part: number, levels: readonly number[], k: number): number =>
    hidden[part]![levels[part]!]![k]!;
  const importance = IMPORTANCE.map((typical) => typical * Math.exp(0.5 * random.normal()));
  const pairing = importance.map((a) => importance.map((b) => a * b * random.normal()));
  const pairs = importance.flatMap((_, p) => Array.from({ length: p }, (__, q) => [p, q] as const));
  const together = Array.from({ length: 4 * 12 * 4 }, () => random.normal());
  const terms = [
    table.map((levels) => importance.reduce((sum, weight, p) => sum + weight * property(p, levels, 0), 0)),
    table.map((levels) =>
      pairs.reduce(
        (sum, [p, q]) =>
          sum + pairing[p]![q]! * property(p, levels, 1) * property(q, levels, p % 2 === 0 ? 1 : 2),
        0,
      ),
    ),
    table.map(([base, ligand, solvent]) => together[(base! * 12 + ligand!) * 4 + solvent!]!),
    table.map(() => random.normal()),
  ].map((values, k) => scaled(values, SHARES[k]!));
  const activities = table.map((_, i) => terms.reduce((sum, term) => sum + term[i]!, 0));
  const order = activities.map((_, i) => i).sort((a, b) => activities[a]! - activities[b]!);
  const quantiles = betaQuantiles(0.35, 1.4, table.length);
  const parameters: Space['parameters'] = names.map((name, p) =>
    p < 3
      ? { kind: 'categorical', name, choices: Array.from({ length: SIZES[p]! }, (_, i) => `${name}-${i}`) }
      : { kind: 'continuous', name, min: 0, max: 1 },
  );
  const rows = order.map((i, rank) => {
    const design: Design = {};
    parameters.forEach((parameter, p) => {
      const level = table[i]![p]!;
      design[parameter.name] = parameter.kind === 'categorical' ? parameter.choices[level]! : level / 2;
    });
    return { design, value: 100 * quantiles[rank]! };
  });
  return poolOf('screen-matched', { parameters }, { kind: 'maximize' }, random.shuffle(rows));
}
