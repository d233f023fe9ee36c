import { expect, test } from 'vitest';
import type { Experiment } from './schemas.ts';
import { summarise } from './summary.ts';

const experiment = (arm: string, index: number, value: number | 'failed' | null): Experiment => ({
  arm,
  repeat: 0,
  index,
  design: {},
  seed: null,
  outcome:
    value === null
      ? null
      : value === 'failed'
        ? { status: 'failed', reason: 'broke' }
        : { status: 'measured', value },
  runId: null,
  entryId: value === null ? null : `ent_${arm}${index}`,
});

test.each([
  [{ kind: 'minimize' } as const, [null, 5, 5, 3]],
  [{ kind: 'maximize' } as const, [null, 5, 9, 9]],
  [{ kind: 'target', value: 4 } as const, [null, 5, 5, 5]],
])('the curve keeps the best value so far for %j; the first among equals stays', (goal, curve) => {
  const experiments = (['failed', 5, 9, 3] as const).map((value, index) => experiment('a', index, value));
  expect(summarise(goal, experiments).arms).toEqual([
    { arm: 'a', repeat: 0, experiments: 4, notMeasured: 1, best: curve.at(-1), curve },
  ]);
});

test('arms are apart, and one without a measurement has no best value', () => {
  const arms = summarise({ kind: 'minimize' }, [experiment('a', 0, 1), experiment('b', 0, null)]).arms;
  expect(arms.map(({ arm, best, notMeasured }) => [arm, best, notMeasured])).toEqual([
    ['a', 1, 0],
    ['b', null, 1],
  ]);
});
