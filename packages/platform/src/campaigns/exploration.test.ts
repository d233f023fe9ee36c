import { expect, test } from 'vitest';
import {
  blockOf,
  type Exploration,
  nextBlock,
  noiseSeed,
  recommended,
  repeatSeed,
  type Tried,
} from './exploration.ts';
import { exploreOnce } from './functions/explore.ts';
import { openInstrument } from './instrument.ts';
import { designsOf, type Pool, spaceOf } from './pool.ts';

const exploration = (change: Partial<Exploration> = {}): Exploration => ({
  space: { parameters: [{ kind: 'continuous', name: 'x', min: 0, max: 1 }] },
  goal: { kind: 'maximize' },
  strategy: 'log-expected-improvement',
  seed: 'seed',
  starts: 2,
  batch: 3,
  budget: 9,
  ...change,
});

test('blocks cover the budget without gap or overlap: the starts first, then batches', () => {
  const plan = exploration();
  const blocks: [number, number][] = [];
  for (let index = 0; index < plan.budget; ) {
    const block = blockOf(plan, index);
    expect(block[0]).toBe(index);
    blocks.push(block);
    index = block[1];
  }
  expect(blocks).toEqual([
    [0, 2],
    [2, 5],
    [5, 8],
    [8, 9],
  ]);
});

test('arms share their starts and the noise of them, and nothing afterwards', () => {
  const plan = exploration();
  expect(nextBlock(plan, [], undefined)).toEqual(nextBlock({ ...plan, strategy: 'random' }, [], undefined));
  expect(noiseSeed(plan, 'clever', 1)).toBe(noiseSeed(plan, 'random', 1));
  expect(noiseSeed(plan, 'clever', 2)).not.toBe(noiseSeed(plan, 'random', 2));
  expect(repeatSeed('a', 0)).not.toBe(repeatSeed('a', 1));
});

test('a sequence that is cut off anywhere goes on as it would have', () => {
  const plan = exploration({ batch: 1, budget: 6 });
  const value = (x: number) => -((x - 0.3) ** 2);
  const go = (tried: Tried[]): Tried[] => {
    const all = [...tried];
    while (all.length < plan.budget) {
      const block = nextBlock(plan, all, undefined);
      all.push(
        ...block.map(
          (design): Tried => ({ design, outcome: { status: 'measured', value: value(Number(design['x'])) } }),
        ),
      );
    }
    return all;
  };
  const whole = go([]);
  expect(go(whole.slice(0, 4))).toEqual(whole);
});

test('an arm recommends by its model, so one lucky measurement does not win', () => {
  const tried = Array.from({ length: 30 }, (_, i): Tried => {
    const x = i / 29;
    return {
      design: { x },
      outcome: { status: 'measured', value: 1 - (x - 0.8) ** 2 + (i === 3 ? 0.5 : 0) },
    };
  });
  const best = recommended(exploration(), tried);
  expect(Math.abs(Number(best?.['x']) - 0.8)).toBeLessThan(0.2);
  expect(recommended(exploration(), [])).toBeUndefined();
  expect(
    recommended(exploration(), [{ design: { x: 0.1 }, outcome: { status: 'failed', reason: 'broke' } }]),
  ).toBeUndefined();
});

const rows = [
  { a: 0.2, b: 0.3, c: 0.5, kind: 'p', n: 1, y: 4 },
  { a: 0.2, b: 0.3, c: 0.5, kind: 'p', n: 1, y: 6 },
  { a: 0.1, b: 0.1, c: 0.8, kind: 'q', n: 3, y: 1 },
];
const pool = (inputs: string[]): Pool => ({ inputs, objective: 'y', rows });

test('the space of a table follows from its columns', () => {
  expect(spaceOf(pool(['a', 'b', 'c'])).parameters.map(({ kind }) => kind)).toEqual([
    'fraction',
    'fraction',
    'fraction',
  ]);
  expect(spaceOf(pool(['kind', 'n'])).parameters).toEqual([
    { kind: 'categorical', name: 'kind', choices: ['p', 'q'] },
    { kind: 'continuous', name: 'n', min: 1, max: 3 },
  ]);
  expect(() => spaceOf({ ...pool(['n']), rows: [rows[0]!, rows[1]!] })).toThrow('same value in every row');
  expect(() => spaceOf({ ...pool(['n']), rows: [...rows, { ...rows[0], n: null }] })).toThrow('row 4');
  expect(designsOf(pool(['kind', 'n']))).toHaveLength(2);
});

test('a silica run from one start scores what it recommends without noise, the same every time', () => {
  const plan = exploration({
    space: {
      parameters: [
        { kind: 'continuous', name: 'teos', min: 0.1, max: 0.5 },
        { kind: 'continuous', name: 'water', min: 0.5, max: 17 },
        { kind: 'continuous', name: 'ammonia', min: 0.5, max: 3 },
      ],
    },
    goal: { kind: 'target', value: 300 },
    strategy: 'random',
    batch: 1,
    budget: 6,
  });
  const once = () => exploreOnce({ exploration: plan, arm: 'random', instrument: { kind: 'silica' } });
  expect(once()).toEqual(once());
  expect(once().truth).toBeGreaterThan(0);
  expect(openInstrument({ kind: 'silica' }).pool).toBeUndefined();
});
