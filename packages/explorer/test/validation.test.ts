import { expect, test } from 'vitest';
import {
  assertDesign,
  assertSpace,
  bestOf,
  type Design,
  ExplorerError,
  fitSurrogate,
  isBetter,
  type Observation,
  predict,
  projectDesign,
  type Space,
  score,
  suggest,
} from '../src/index.ts';
import { mixedSpace } from './arbitrary.ts';

const design: Design = {
  temperature: 50,
  concentration: 0.1,
  cycles: 2,
  solvent: 'water',
  a: 0.2,
  b: 0.3,
  c: 0.5,
};

test.each<[string, unknown]>([
  ['space', null],
  ['space.parameters', {}],
  ['space.parameters', { parameters: [] }],
  ['space.parameters[0]', { parameters: [3] }],
  ['space.parameters[0].name', { parameters: [{ kind: 'integer', name: '', min: 0, max: 1 }] }],
  ['space.parameters[0].kind', { parameters: [{ kind: 'real', name: 'x' }] }],
  ['space.parameters[0].min', { parameters: [{ kind: 'continuous', name: 'x', min: Number.NaN, max: 1 }] }],
  ['space.parameters[0].max', { parameters: [{ kind: 'continuous', name: 'x', min: 1, max: 1 }] }],
  ['space.parameters[0].max', { parameters: [{ kind: 'continuous', name: 'x', min: -1e308, max: 1.7e308 }] }],
  [
    'space.parameters[0].min',
    { parameters: [{ kind: 'continuous', name: 'x', min: 0, max: 1, scale: 'log' }] },
  ],
  [
    'space.parameters[0].scale',
    { parameters: [{ kind: 'continuous', name: 'x', min: 1, max: 2, scale: 'ln' }] },
  ],
  ['space.parameters[0].min and max', { parameters: [{ kind: 'integer', name: 'x', min: 0.5, max: 2 }] }],
  ['space.parameters[0].choices', { parameters: [{ kind: 'categorical', name: 'x', choices: [] }] }],
  ['space.parameters[0].choices', { parameters: [{ kind: 'categorical', name: 'x', choices: ['a', 'a'] }] }],
  ['space.parameters[0].group', { parameters: [{ kind: 'fraction', name: 'x' }] }],
  [
    'space.parameters[1].name',
    {
      parameters: [
        { kind: 'integer', name: 'x', min: 0, max: 1 },
        { kind: 'integer', name: 'x', min: 0, max: 1 },
      ],
    },
  ],
  ['space.constraints', { ...mixedSpace, constraints: {} }],
  ['space.constraints[0]', { ...mixedSpace, constraints: [{ max: 3 }] }],
  ['space.constraints[0].max', { ...mixedSpace, constraints: [{ coefficients: {}, max: '3' }] }],
  ['space.constraints[0].coefficients', { ...mixedSpace, constraints: [{ coefficients: { z: 1 }, max: 3 }] }],
  [
    'space.constraints[0].coefficients',
    { ...mixedSpace, constraints: [{ coefficients: { solvent: 1 }, max: 3 }] },
  ],
])('a wrong space is refused at %s', (field, space) => {
  expect(() => assertSpace(space)).toThrow(ExplorerError);
  try {
    assertSpace(space);
  } catch (error) {
    expect((error as ExplorerError).field).toBe(field);
  }
});

test.each<[RegExp, unknown]>([
  [/^d: /, null],
  [/d\["temperature"\]: must be between 20 and 120/, { ...design, temperature: 19 }],
  [/d\["temperature"\]: must be a finite number, got "50"/, { ...design, temperature: '50' }],
  [/d\["temperature"\]: must be a finite number, got NaN/, { ...design, temperature: Number.NaN }],
  [/d\["cycles"\]: must be an integer/, { ...design, cycles: 2.5 }],
  [/d\["solvent"\]: must be one of the 3 choices/, { ...design, solvent: 'acetone' }],
  [/d: the fractions of group "mixture" must sum to 1/, { ...design, a: 0.9 }],
  [/d\["a"\]: must be between 0 and 1/, { ...design, a: -0.2, b: 0.7 }],
  [/d\["c"\]: must be a finite number, got undefined/, { ...design, c: undefined }],
  [/d\["other"\]: is not a parameter/, { ...design, other: 1 }],
])('a wrong design is refused: %s', (message, wrong) => {
  expect(() => assertDesign(mixedSpace, wrong, 'd')).toThrow(message);
});

test.each<[RegExp, object]>([
  [/^goal: /, { goal: 'maximize' }],
  [/^goal\.kind: /, { goal: { kind: 'maximise' } }],
  [/^goal\.value: /, { goal: { kind: 'target' } }],
  [/^observations: /, { observations: {} }],
  [/^observations\[0\]: /, { observations: [1] }],
  [/^observations\[0\]\.design: /, { observations: [{ status: 'failed' }] }],
  [/^observations\[0\]\.status: /, { observations: [{ design, status: 'lost' }] }],
  [/^observations\[0\]\.value: .*NaN/, { observations: [{ design, status: 'measured', value: Number.NaN }] }],
  [
    /^observations\[0\]\.value: .*Infinity/,
    { observations: [{ design, status: 'measured', value: Infinity }] },
  ],
  [/^observations\[0\]\.bound: /, { observations: [{ design, status: 'censored', side: 'above' }] }],
  [/^observations\[0\]\.side: /, { observations: [{ design, status: 'censored', bound: 1, side: 'over' }] }],
  [/^candidates: /, { candidates: 3 }],
  [/^candidates\[1\]\["cycles"\]: /, { candidates: [design, { ...design, cycles: 99 }] }],
  [/^pending\[0\]: /, { pending: [7] }],
  [/^count: /, { count: 0 }],
  [/^count: /, { count: 1.5 }],
  [/^starts: /, { starts: -1 }],
  [/^strategy: /, { strategy: 'luck' }],
  [/^startDesign: /, { startDesign: 'sobol' }],
  [/^seed: /, { seed: Number.NaN }],
  [/^seed: /, { seed: undefined }],
])('a wrong request is refused: %s', (message, change) => {
  const request = { space: mixedSpace, goal: { kind: 'maximize' }, observations: [], seed: 1, ...change };
  expect(() => suggest(request as never)).toThrow(message);
  expect(() => suggest(request as never)).toThrow(ExplorerError);
});

test('a surrogate needs something measured, and designs of its space', () => {
  const observations: Observation[] = [{ design, status: 'failed' }];
  expect(() => fitSurrogate({ space: mixedSpace, observations, seed: 1 })).toThrow(/^observations: /);
  const surrogate = fitSurrogate({
    space: mixedSpace,
    observations: [{ design, status: 'measured', value: 3 }],
    seed: 1,
  });
  expect(() => predict(surrogate, [{ ...design, cycles: 7 }])).toThrow(/^designs\[0\]\["cycles"\]/);
});

test('names that objects are born with are ordinary names', () => {
  const space: Space = {
    parameters: [
      { kind: 'continuous', name: 'constructor', min: 0, max: 1 },
      { kind: 'categorical', name: 'toString', choices: ['hasOwnProperty', '__proto__'] },
    ],
  };
  expect(() => assertDesign(space, { constructor: 0.5 }, 'd')).toThrow(/toString/);
  const observations: Observation[] = [
    {
      design: { constructor: 0.5, toString: '__proto__' } as unknown as Design,
      status: 'measured',
      value: 1,
    },
  ];
  const request = { space, goal: { kind: 'minimize' } as const, observations, seed: 1, starts: 0 };
  expect(suggest(request).designs).toHaveLength(1);
});

test('a design outside the limits is moved to them, unless a category or a number is missing', () => {
  expect(projectDesign(mixedSpace, { ...design, temperature: 500, extra: 1 })).toEqual({
    ...design,
    temperature: 120,
  });
  expect(projectDesign(mixedSpace, { ...design, solvent: 'acetone' })).toBeUndefined();
  expect(projectDesign(mixedSpace, { ...design, cycles: Number.NaN })).toBeUndefined();
});

test('score is greater for what the goal wants', () => {
  expect(score({ kind: 'maximize' }, 3)).toBe(3);
  expect(score({ kind: 'minimize' }, 3)).toBe(-3);
  expect(score({ kind: 'target', value: 5 }, 3)).toBe(-2);
  expect(isBetter({ kind: 'minimize' }, 1, 2)).toBe(true);
  expect(isBetter({ kind: 'target', value: 5 }, 6, 3)).toBe(true);
  const history: Observation[] = [
    { design, status: 'failed' },
    { design, status: 'measured', value: 4 },
    { design, status: 'censored', bound: 100, side: 'above' },
    { design, status: 'measured', value: 2 },
  ];
  expect(bestOf({ kind: 'maximize' }, history)?.value).toBe(4);
  expect(bestOf({ kind: 'minimize' }, history)?.value).toBe(2);
  expect(bestOf({ kind: 'minimize' }, [])).toBeUndefined();
});
