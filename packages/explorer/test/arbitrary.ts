import fc from 'fast-check';
import {
  createRandom,
  type Design,
  drawDesign,
  type Observation,
  type Parameter,
  type Space,
} from '../src/index.ts';

/** One parameter of every kind. */
export const mixedSpace: Space = {
  parameters: [
    { kind: 'continuous', name: 'temperature', min: 20, max: 120 },
    { kind: 'continuous', name: 'concentration', min: 1e-3, max: 10, scale: 'log' },
    { kind: 'integer', name: 'cycles', min: 1, max: 6 },
    { kind: 'categorical', name: 'solvent', choices: ['water', 'ethanol', 'hexane'] },
    { kind: 'fraction', name: 'a', group: 'mixture' },
    { kind: 'fraction', name: 'b', group: 'mixture' },
    { kind: 'fraction', name: 'c', group: 'mixture' },
  ],
};

const arbitraryParameter = (name: string): fc.Arbitrary<Parameter> =>
  fc.oneof(
    fc
      .tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 1, max: 1000 }))
      .map(([min, span]): Parameter => ({ kind: 'continuous', name, min, max: min + span })),
    fc.integer({ min: 1, max: 12 }).map(
      (decades): Parameter => ({
        kind: 'continuous',
        name,
        min: 1e-6,
        max: 1e-6 * 10 ** decades,
        scale: 'log',
      }),
    ),
    fc
      .tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 1, max: 30 }))
      .map(([min, span]): Parameter => ({ kind: 'integer', name, min, max: min + span })),
    fc
      .uniqueArray(fc.string(), { minLength: 1, maxLength: 5 })
      .map((choices): Parameter => ({ kind: 'categorical', name, choices })),
    fc.constantFrom('g', 'h').map((group): Parameter => ({ kind: 'fraction', name, group })),
  );

/** Spaces of one to five parameters; about half have a constraint that keeps the middle of the space. */
export const arbitrarySpace: fc.Arbitrary<Space> = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.boolean(), fc.integer())
  .chain(([count, constrained, seed]) =>
    fc
      .tuple(...Array.from({ length: count }, (_, i) => arbitraryParameter(`p${i}`)))
      .map((parameters): Space => {
        if (!constrained) return { parameters };
        const random = createRandom(seed);
        const numeric = parameters.filter(({ kind }) => kind !== 'categorical');
        if (numeric.length === 0) return { parameters };
        const coefficients = Object.fromEntries(numeric.map(({ name }) => [name, random.normal()]));
        // The bound lies at a design of the space, so that at least this one is allowed.
        const inside = drawDesign({ parameters }, random);
        const sum = Object.entries(coefficients).reduce(
          (s, [name, k]) => s + k * (inside[name] as number),
          0,
        );
        return { parameters, constraints: [{ coefficients, max: sum + 0.3 * Math.abs(sum) }] };
      }),
  );

/** Up to `most` observations of designs of the space, of every status. */
export function arbitraryObservations(space: Space, most: number): fc.Arbitrary<Observation[]> {
  const design: fc.Arbitrary<Design> = fc.integer().map((seed) => drawDesign(space, createRandom(seed)));
  const value = fc.double({ noNaN: true, noDefaultInfinity: true });
  return fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ design, status: fc.constant('measured' as const), value }) },
      { weight: 1, arbitrary: fc.record({ design, status: fc.constant('failed' as const) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          design,
          status: fc.constant('censored' as const),
          bound: value,
          side: fc.constantFrom('above' as const, 'below' as const),
        }),
      },
    ),
    { maxLength: most },
  );
}
