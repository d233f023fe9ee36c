import { expect, test } from 'vitest';
import { compareModels, directionOf, type Metric } from './compare-models.ts';

const metric = (
  value: number,
  low: number | null,
  high: number | null,
  change: Partial<Metric> = {},
): Metric => ({
  ...{ name: 'mae', value, unit: 'MPa', on: 'outer folds', n: 300, low, high },
  ...change,
});
const version = (title: string, ...metrics: Metric[]) => ({ id: title, title, metrics });

test('overlapping intervals are a tie, separate ones are a difference', () => {
  const [tie] = compareModels([version('a', metric(90, 80, 100)), version('b', metric(95, 85, 105))]);
  expect(tie?.verdict).toBe('tie: the intervals of a, b overlap, and no paired test was made');
  const [clear] = compareModels([version('a', metric(90, 88, 92)), version('b', metric(70, 68, 72))]);
  expect(clear?.verdict).toBe('b is better');
  const [three] = compareModels([
    ...[version('a', metric(90, 88, 92)), version('b', metric(70, 68, 72)), version('c', metric(71, 69, 73))],
  ]);
  expect(three?.verdict).toContain('tie: the intervals of b, c overlap');
});

test('without intervals nothing is decided, and figures of another basis or unit stay apart', () => {
  const [bare] = compareModels([version('a', metric(1, null, null)), version('b', metric(9, 8, 10))]);
  expect(bare?.verdict).toContain('undecided');
  const apart = compareModels([
    version('a', metric(1, 0, 2), metric(1, 0, 2, { on: 'training data' })),
    version('b', metric(1, 0, 2, { unit: 'GPa' })),
  ]);
  expect(apart.map(({ verdict }) => verdict)).toEqual(Array(3).fill('only one version has it'));
});

test('only names that say it have a direction', () => {
  expect(['mae', 'log_loss', 'r2', 'roc_auc'].map(directionOf)).toEqual([
    'lower',
    'lower',
    'higher',
    'higher',
  ]);
  expect(directionOf('fits')).toBeUndefined();
  const [unknown] = compareModels([
    version('a', metric(1, 0, 2, { name: 'fits' })),
    version('b', metric(9, 8, 10, { name: 'fits' })),
  ]);
  expect(unknown?.verdict).toContain('not ranked');
});
