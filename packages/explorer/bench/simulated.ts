import { createRandom, type Design, deriveSeed, type Goal, type Random, type Space } from '../src/index.ts';
import { matchedScreen } from './matched-screen.ts';
import { type Pool, poolOf } from './pool.ts';

export const simulatedNames = [
  'grid',
  'box6',
  'ridge',
  'simplex6',
  'screen',
  'screen-strong',
  'screen-rough',
  'screen-clipped',
  'screen-matched',
] as const;
export type SimulatedName = (typeof simulatedNames)[number];

const MAXIMIZE: Goal = { kind: 'maximize' };

function continuous(names: readonly string[]): Space {
  return { parameters: names.map((name) => ({ kind: 'continuous', name, min: 0, max: 1 })) };
}

function product<Item>(lists: readonly (readonly Item[])[]): Item[][] {
  return lists.reduce<Item[][]>(
    (all, list) => all.flatMap((head) => list.map((item) => [...head, item])),
    [[]],
  );
}

function levels(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i / (count - 1));
}

/** A smooth random function: a few bumps of different widths, each along some of the inputs, on a sloping plane. */
function bumps(width: number, count: number, random: Random): (x: readonly number[]) => number {
  const slope = Array.from({ length: width }, () => 0.5 * random.normal());
  const hills = Array.from({ length: count }, () => ({
    centre: Array.from({ length: width }, () => random.uniform()),
    sharpness: Array.from({ length: width }, () =>
      random.uniform() < 0.35 ? 0 : Math.exp(1.2 + 1.2 * random.normal()),
    ),
    height: Math.exp(0.5 * random.normal()) * (random.uniform() < 0.7 ? 1 : -1),
  }));
  return (x) => {
    let value = 0;
    for (let c = 0; c < width; c++) value += slope[c]! * x[c]!;
    for (const { centre, sharpness, height } of hills) {
      let distance = 0;
      for (let c = 0; c < width; c++) distance += sharpness[c]! * (x[c]! - centre[c]!) ** 2;
      value += height * Math.exp(-distance);
    }
    return value;
  };
}

/** A full grid of a few levels in four inputs; an exponential of bumps (positive, skewed) with a regime that falls off. */
function grid(random: Random): Pool {
  const names = ['a', 'b', 'c', 'd'];
  const points = product([levels(4), levels(9), levels(5), levels(3)]);
  const hills = bumps(4, 5, random);
  const edge = Array.from({ length: 4 }, () => random.normal());
  const border = 0.4 * random.normal() + edge.reduce((sum, e) => sum + 0.5 * e, 0);
  return poolOf(
    'grid',
    continuous(names),
    MAXIMIZE,
    points.map((x) => {
      const side = x.reduce((sum, value, c) => sum + edge[c]! * value, -border);
      const value = Math.exp(0.8 * hills(x)) / (1 + Math.exp(-6 * side)) + 0.05 * random.normal();
      return { design: Object.fromEntries(names.map((name, c) => [name, x[c]!])), value };
    }),
  );
}

/** A thousand random designs in six inputs of unequal weight. */
function box6(random: Random): Pool {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const hills = bumps(6, 6, random);
  return poolOf(
    'box6',
    continuous(names),
    MAXIMIZE,
    Array.from({ length: 1000 }, () => {
      const x = names.map(() => random.uniform());
      return {
        design: Object.fromEntries(names.map((name, c) => [name, x[c]!])),
        value: hills(x) + 0.03 * random.normal(),
      };
    }),
  );
}

/** Zero nearly everywhere; signal on a band in five inputs, as when an instrument has to be timed right. */
function ridge(random: Random): Pool {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const direction = names.map(() => random.normal());
  const middle = direction.reduce((sum, part) => sum + part * (0.3 + 0.4 * random.uniform()), 0);
  const hills = bumps(5, 3, random);
  return poolOf(
    'ridge',
    continuous(names),
    MAXIMIZE,
    Array.from({ length: 1000 }, () => {
      const x = names.map(() => random.uniform());
      const off = direction.reduce((sum, part, c) => sum + part * x[c]!, -middle);
      const value = Math.max(
        0,
        Math.exp(-8 * off * off) * (1 + 0.5 * hills(x)) - 0.15 + 0.02 * random.normal(),
      );
      return { design: Object.fromEntries(names.map((name, c) => [name, x[c]!])), value };
    }),
  );
}

/** Compositions in steps of a tenth of at most four among six elements. */
function compositions(): number[][] {
  const all: number[][] = [];
  const extend = (head: number[], left: number): void => {
    if (head.length === 5) {
      const whole = [...head, left];
      if (whole.filter((amount) => amount > 0).length <= 4) all.push(whole.map((amount) => amount / 10));
      return;
    }
    for (let amount = 0; amount <= left; amount++) extend([...head, amount], left - amount);
  };
  extend([], 10);
  return all;
}

/** A property of mixtures: element, pair and presence effects, with a sharp ridge at some ratio of two elements. */
function simplex6(random: Random): Pool {
  const names = ['A', 'B', 'C', 'D', 'E', 'F'];
  const own = names.map(() => random.normal());
  const presence = names.map(() => 0.3 * random.normal());
  const pairs = names.map(() => names.map(() => (random.uniform() < 0.4 ? 3 * random.normal() : 0)));
  const [first, second] = random.shuffle([0, 1, 2, 3, 4, 5]);
  const ratio = 0.2 + 0.6 * random.uniform();
  const sharpness = 10 + 30 * random.uniform();
  const height = 0.5 + random.uniform();
  return poolOf(
    'simplex6',
    { parameters: names.map((name) => ({ kind: 'fraction', name, group: 'composition' })) },
    { kind: 'minimize' },
    compositions().map((x) => {
      let value = 0.1 * random.normal();
      for (let i = 0; i < 6; i++) {
        value -= own[i]! * x[i]! + presence[i]! * (1 - Math.exp(-12 * x[i]!));
        for (let j = 0; j < i; j++) value -= pairs[i]![j]! * x[i]! * x[j]!;
      }
      const amount = x[first!]! + x[second!]!;
      const off = x[first!]! - ratio * amount;
      value -= height * amount * Math.exp(-sharpness * off * off);
      return { design: Object.fromEntries(names.map((name, c) => [name, x[c]!])), value };
    }),
  );
}

/**
 * A reaction screen: 4 × 12 × 4 components known by name, and three levels each of two conditions. The yield is a
 * saturating function of a sum of main effects and of pairwise interactions of strength `interaction`. A rough one
 * has pairs of components that do not go together at all, and effects of three components at once; a clipped one is
 * straight above zero, where many reactions lie.
 */
function screen(random: Random, interaction: number, rough: boolean, clipped: boolean): Pool {
  const components = { base: 4, ligand: 12, solvent: 4 };
  const sizes = [...Object.values(components), 3, 3];
  const weight = [0.8, 1.3, 0.8, 0.3, 0.5].map((w) => w * Math.exp((rough ? 0.7 : 0.4) * random.normal()));
  const conditionSlope = [random.normal(), random.normal()];
  const main = sizes.map((size, p) =>
    Array.from({ length: size }, (_, level) =>
      p < 3
        ? weight[p]! * random.normal()
        : weight[p]! * conditionSlope[p - 3]! * (level - 1) - 0.2 * (level - 1) ** 2,
    ),
  );
  // Interactions act through one hidden property of each choice, plus a part without structure.
  const hidden = sizes.map((size, p) =>
    Array.from({ length: size }, (_, level) => (p < 3 ? random.normal() : level - 1)),
  );
  const pairing = sizes.map(() => sizes.map(() => interaction * random.normal()));
  const loose = new Map<string, number>();
  const parameters: Space['parameters'] = [
    ...Object.entries(components).map(([name, size]) => ({
      kind: 'categorical' as const,
      name,
      choices: Array.from({ length: size }, (_, i) => `${name}-${i}`),
    })),
    { kind: 'continuous', name: 'concentration', min: 0, max: 1 },
    { kind: 'continuous', name: 'temperature', min: 0, max: 1 },
  ];
  const choices = product(sizes.map((size) => Array.from({ length: size }, (_, i) => i)));
  const activities = choices.map((choice) => {
    let activity = 0;
    choice.forEach((level, p) => {
      activity += main[p]![level]!;
      for (let q = 0; q < p; q++) {
        activity += pairing[p]![q]! * hidden[p]![level]! * hidden[q]![choice[q]!]!;
        const key = `${p}:${level}:${q}:${choice[q]}`;
        if (!loose.has(key)) loose.set(key, 0.6 * interaction * random.normal());
        activity += loose.get(key)!;
      }
    });
    if (!rough) return activity;
    const drawn = (key: string): number => {
      if (!loose.has(key)) loose.set(key, random.normal());
      return loose.get(key)!;
    };
    const [base, ligand, solvent] = choice;
    activity += 0.8 * drawn(`three ${base} ${ligand} ${solvent}`);
    if (drawn(`pair ${base} ${ligand}`) < -0.8) activity -= 2;
    if (drawn(`pair ${base} / ${solvent}`) < -1) activity -= 2;
    return activity;
  });
  // The middle reaction yields a sixth, the best one nearly all.
  const sorted = [...activities].sort((a, b) => a - b);
  const [middle, most] = [sorted[sorted.length >> 1]!, sorted.at(-1)!];
  const table = choices.map((choice, i) => {
    const place = -1.7 + (5.7 * (activities[i]! - middle)) / (most - middle);
    const share = clipped ? Math.tanh((place + 1.7) / 3) : 1 / (1 + Math.exp(-place));
    const value = Math.min(100, Math.max(0, 100 * share + (1 + 3 * Math.abs(share)) * random.normal()));
    const design: Design = {};
    parameters.forEach((parameter, p) => {
      design[parameter.name] =
        parameter.kind === 'categorical' ? parameter.choices[choice[p]!]! : choice[p]! / 2;
    });
    return { design, value };
  });
  return poolOf('screen', { parameters }, MAXIMIZE, table);
}

export function simulate(name: SimulatedName, seed: number): Pool {
  const random = createRandom(deriveSeed('simulated', name, seed));
  switch (name) {
    case 'grid':
      return grid(random);
    case 'box6':
      return box6(random);
    case 'ridge':
      return ridge(random);
    case 'simplex6':
      return simplex6(random);
    case 'screen':
      return screen(random, 0.2, false, false);
    case 'screen-strong':
      return screen(random, 0.5, false, false);
    case 'screen-rough':
      return screen(random, 0.7, true, false);
    case 'screen-clipped':
      return screen(random, 0.7, true, true);
    case 'screen-matched':
      return matchedScreen(random);
  }
}
