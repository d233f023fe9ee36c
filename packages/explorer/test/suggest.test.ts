import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Design,
  designKey,
  type Goal,
  keepsConstraints,
  type Observation,
  type Space,
  type Strategy,
  suggest,
} from '../src/index.ts';
import { arbitraryObservations, arbitrarySpace, mixedSpace } from './arbitrary.ts';

const MAXIMIZE: Goal = { kind: 'maximize' };
const STRATEGIES: Strategy[] = [
  'adaptive',
  'log-expected-improvement',
  'upper-confidence-bound',
  'thompson-sampling',
  'random',
];

function expectAllowed(space: Space, design: Design): void {
  expect(Object.keys(design).sort()).toEqual(space.parameters.map(({ name }) => name).sort());
  const sums = new Map<string, number>();
  for (const parameter of space.parameters) {
    const value = design[parameter.name]!;
    if (parameter.kind === 'categorical') {
      expect(parameter.choices).toContain(value);
      continue;
    }
    const [min, max] = parameter.kind === 'fraction' ? [0, 1] : [parameter.min, parameter.max];
    expect(value).toBeGreaterThanOrEqual(min);
    expect(value).toBeLessThanOrEqual(max);
    if (parameter.kind === 'integer') expect(Number.isInteger(value)).toBe(true);
    if (parameter.kind === 'fraction')
      sums.set(parameter.group, (sums.get(parameter.group) ?? 0) + (value as number));
  }
  for (const sum of sums.values()) expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
  expect(keepsConstraints(space, design)).toBe(true);
}

const goals = fc.oneof(
  fc.constant<Goal>({ kind: 'maximize' }),
  fc.constant<Goal>({ kind: 'minimize' }),
  fc.double({ min: -10, max: 10, noNaN: true }).map((value): Goal => ({ kind: 'target', value })),
);

test('any request over any space gets designs that the space and its constraints allow, and the same ones twice', () => {
  const requests = arbitrarySpace.chain((space) =>
    fc.record({
      space: fc.constant(space),
      goal: goals,
      observations: arbitraryObservations(space, 8),
      strategy: fc.constantFrom(...STRATEGIES),
      count: fc.integer({ min: 1, max: 3 }),
      starts: fc.integer({ min: 0, max: 4 }),
      seed: fc.oneof(fc.integer(), fc.string()),
    }),
  );
  fc.assert(
    fc.property(requests, (request) => {
      const before = structuredClone(request);
      const { designs } = suggest(request);
      expect(request).toEqual(before);
      for (const design of designs) expectAllowed(request.space, design);
      expect(suggest(request).designs).toEqual(designs);
      if (request.space.parameters.some(({ kind }) => kind === 'continuous'))
        expect(designs).toHaveLength(request.count);
    }),
    { numRuns: 60, seed: 1 },
  );
});

const pool: Design[] = Array.from({ length: 60 }, (_, i) => ({
  x: (i % 10) / 10,
  c: 'abcdef'[Math.floor(i / 10)]!,
}));
const poolSpace: Space = {
  parameters: [
    { kind: 'continuous', name: 'x', min: 0, max: 1 },
    { kind: 'categorical', name: 'c', choices: ['a', 'b', 'c', 'd', 'e', 'f'] },
  ],
};
const outcomeOf = (design: Design): number =>
  -(((design['x'] as number) - 0.6) ** 2) - 0.1 * Math.abs('abcdef'.indexOf(design['c'] as string) - 3);
const measured = (design: Design, value = outcomeOf(design)): Observation => ({
  design,
  status: 'measured',
  value,
});

test.each(STRATEGIES)('%s draws from a pool without replacement until it is empty', (strategy) => {
  const observations: Observation[] = [];
  for (let left = pool.length; left > 0; left -= 7) {
    const { designs } = suggest({
      space: poolSpace,
      goal: MAXIMIZE,
      observations,
      candidates: [...pool, ...pool],
      count: 7,
      seed: 3,
      strategy,
    });
    expect(designs).toHaveLength(Math.min(7, left));
    observations.push(...designs.map((design) => measured(design)));
  }
  expect(new Set(observations.map(({ design }) => designKey(poolSpace, design))).size).toBe(pool.length);
  const request = { space: poolSpace, goal: MAXIMIZE, observations, candidates: pool, seed: 3, strategy };
  expect(suggest(request).designs).toEqual([]);
});

test('pending designs are not proposed again, and change what is proposed', () => {
  const observations = pool.filter((_, i) => i % 9 === 0).map((design) => measured(design));
  const request = { space: poolSpace, goal: MAXIMIZE, observations, candidates: pool, seed: 1, count: 3 };
  const first = suggest(request).designs;
  const next = suggest({ ...request, pending: first }).designs;
  const keys = new Set(first.map((design) => designKey(poolSpace, design)));
  for (const design of next) expect(keys.has(designKey(poolSpace, design))).toBe(false);
});

test('all strategies open with the same designs under one seed, and with others under another', () => {
  for (const startDesign of ['random', 'space-filling'] as const) {
    const open = (seed: number, strategy: Strategy, candidates?: Design[]) => {
      const observations: Observation[] = [];
      for (let i = 0; i < 4; i++) {
        const request = {
          space: poolSpace,
          goal: MAXIMIZE,
          observations,
          seed,
          strategy,
          starts: 4,
          startDesign,
        };
        const suggestion = suggest(candidates ? { ...request, candidates } : request);
        expect(suggestion.origin).toBe('start');
        observations.push(measured(suggestion.designs[0]!, i));
      }
      return observations.map(({ design }) => design);
    };
    for (const candidates of [pool, undefined]) {
      const [reference, ...others] = STRATEGIES.map((strategy) => open(5, strategy, candidates));
      for (const other of others) expect(other).toEqual(reference);
      expect(open(6, 'random', candidates)).not.toEqual(reference);
      const whole = suggest({
        space: poolSpace,
        goal: MAXIMIZE,
        observations: [],
        seed: 5,
        starts: 4,
        count: 4,
        startDesign,
        ...(candidates && { candidates }),
      });
      expect(whole.designs).toEqual(reference);
    }
  }
});

test('the model finds the best design of a pool long before random does', () => {
  const best = Math.max(...pool.map(outcomeOf));
  for (const strategy of [
    'log-expected-improvement',
    'upper-confidence-bound',
    'thompson-sampling',
  ] as const) {
    const observations: Observation[] = [];
    while (
      observations.length < 25 &&
      !observations.some((o) => o.status === 'measured' && o.value === best)
    ) {
      const [design] = suggest({
        space: poolSpace,
        goal: MAXIMIZE,
        observations,
        candidates: pool,
        seed: 11,
        strategy,
      }).designs;
      observations.push(measured(design!));
    }
    expect(observations.length).toBeLessThan(25);
  }
});

test('minimising a function and maximising its negative propose the same designs', () => {
  const observations = pool.filter((_, i) => i % 7 === 0).map((design) => measured(design));
  const negated = observations.map(({ design }) => measured(design, -outcomeOf(design)));
  const request = { space: poolSpace, candidates: pool, seed: 2, count: 2 };
  const up = suggest({ ...request, goal: { kind: 'maximize' }, observations });
  const down = suggest({ ...request, goal: { kind: 'minimize' }, observations: negated });
  expect(down).toEqual(up);
});

test('a target is approached from both sides', () => {
  const space: Space = { parameters: [{ kind: 'continuous', name: 'x', min: 0, max: 10 }] };
  const goal: Goal = { kind: 'target', value: 30 };
  const observations: Observation[] = [];
  for (let i = 0; i < 15; i++) {
    const [design] = suggest({ space, goal, observations, seed: 'target' }).designs;
    observations.push(measured(design!, (design!['x'] as number) ** 2));
  }
  const errors = observations.map((o) => (o.status === 'measured' ? Math.abs(o.value - 30) : Infinity));
  expect(Math.min(...errors)).toBeLessThan(0.3);
});

test('the place of candidates in the list does not change the value of what is proposed', () => {
  const observations = pool.filter((_, i) => i % 7 === 0).map((design) => measured(design));
  const request = { space: poolSpace, goal: MAXIMIZE, observations, seed: 4 };
  const forward = suggest({ ...request, candidates: pool }).designs;
  expect(suggest({ ...request, candidates: [...pool].reverse() }).designs).toEqual(forward);
});

test('a region that fails is left, and the best beside it is found', () => {
  const space: Space = {
    parameters: [
      { kind: 'continuous', name: 'x', min: 0, max: 1 },
      { kind: 'continuous', name: 'y', min: 0, max: 1 },
    ],
  };
  const observations: Observation[] = [];
  for (let i = 0; i < 30; i++) {
    const [design] = suggest({ space, goal: MAXIMIZE, observations, seed: 'fails' }).designs;
    const [x, y] = [design!['x'] as number, design!['y'] as number];
    const value = -((x - 0.5) ** 2) - (y - 0.7) ** 2 + 0.3 * Math.sin(5 * y);
    observations.push(x > 0.6 ? { design: design!, status: 'failed' } : measured(design!, value));
  }
  // A uniform draw fails 40 times of 100.
  expect(observations.filter(({ status }) => status === 'failed').length).toBeLessThan(9);
  const best = Math.max(...observations.map((o) => (o.status === 'measured' ? o.value : -Infinity)));
  expect(best).toBeGreaterThan(0.13);
});

test('degenerate histories are answered: none, one, two, constant, all failed, all censored, huge, tiny, repeated', () => {
  const at = (x: number): Design => ({ x, c: 'a' });
  const all = pool.slice(0, 6);
  const histories: Record<string, Observation[]> = {
    none: [],
    one: [measured(at(0.1), 3)],
    two: [measured(at(0.1), 3), measured(at(0.2), 4)],
    constant: all.map((design) => measured(design, 5)),
    zero: all.map((design) => measured(design, 0)),
    failed: all.map((design) => ({ design, status: 'failed' })),
    above: all.map((design, i) => ({ design, status: 'censored', bound: i, side: 'above' })),
    below: all.map((design, i) => ({ design, status: 'censored', bound: i, side: 'below' })),
    mixed: all.map((design, i) =>
      i % 3 === 0
        ? { design, status: 'failed' }
        : i % 3 === 1
          ? { design, status: 'censored', bound: i, side: 'below' }
          : measured(design),
    ),
    huge: all.map((design, i) => measured(design, (i % 2 === 0 ? 1 : -1) * 1e300 * i)),
    largest: all.map((design, i) => measured(design, i % 2 === 0 ? Number.MAX_VALUE : -Number.MAX_VALUE)),
    tiny: all.map((design, i) => measured(design, 1e-310 * i)),
    spread: all.map((design, i) => measured(design, 1e5 + 1e-9 * i)),
    repeated: Array.from({ length: 12 }, (_, i) => measured(at(0.3), i % 3)),
    outlier: all.map((design, i) => measured(design, i === 3 ? 1e12 : i)),
  };
  for (const [name, observations] of Object.entries(histories)) {
    for (const strategy of STRATEGIES) {
      for (const goal of [MAXIMIZE, { kind: 'target', value: 2 }] as Goal[]) {
        for (const candidates of [pool, undefined]) {
          const { designs } = suggest({
            space: poolSpace,
            goal,
            observations,
            seed: 1,
            strategy,
            count: 2,
            starts: 0,
            ...(candidates && { candidates }),
          });
          expect(designs, `${name} ${strategy}`).toHaveLength(2);
          for (const design of designs) expectAllowed(poolSpace, design);
        }
      }
    }
  }
});

test('constraints that leave a thousandth of the space are kept', () => {
  const space: Space = {
    parameters: mixedSpace.parameters,
    constraints: [
      { coefficients: { temperature: 1 }, max: 20.1 },
      { coefficients: { a: -1 }, max: -0.9 },
    ],
  };
  const { designs } = suggest({ space, goal: MAXIMIZE, observations: [], seed: 1, count: 5, starts: 5 });
  expect(designs).toHaveLength(5);
  for (const design of designs) expectAllowed(space, design);
});

test('constraints that contradict each other are reported', () => {
  const space: Space = {
    parameters: [{ kind: 'continuous', name: 'x', min: 0, max: 1 }],
    constraints: [
      { coefficients: { x: 1 }, max: 0.3 },
      { coefficients: { x: -1 }, max: -0.6 },
    ],
  };
  expect(() => suggest({ space, goal: MAXIMIZE, observations: [], seed: 1 })).toThrow(/space\.constraints/);
});
