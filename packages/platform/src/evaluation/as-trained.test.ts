import { expect, test } from 'vitest';
import { blindRows } from './blind-rows.ts';
import { lossesOf } from './losses.ts';
import type { Cell, Row } from './model.ts';

test('sealed rows look as the stored table does to a kit: yes and no are numbers, times seconds, long integers numbers', () => {
  const columns = [
    ...[
      { name: 'coated', type: 'boolean' },
      { name: 'made', type: 'timestamp' },
    ],
    ...[
      { name: 'serial', type: 'integer' },
      { name: 'grade', type: 'text' },
    ],
  ];
  const rows: Row[] = [
    { coated: true, made: '2026-01-02T03:04:05Z', serial: '9007199254740993', grade: '304', y: 1 },
    { coated: false, made: '1970-01-01T00:00:01.250000Z', serial: 7, grade: 'true', y: 2 },
    { coated: null, made: null, serial: null, grade: null, y: 3 },
  ];
  expect(blindRows(rows, ['coated', 'made', 'serial', 'grade'], columns)).toEqual([
    { coated: 1, made: Date.UTC(2026, 0, 2, 3, 4, 5) / 1000, serial: 9007199254740992, grade: '304' },
    { coated: 0, made: 1.25, serial: 7, grade: 'true' },
    { coated: null, made: null, serial: null, grade: null },
  ]);
});

test('a category is known however a kit writes yes, no and numbers', () => {
  const wrong = (truth: Cell, value: string | number): number => {
    const settings = { title: 't', target: 'y', features: [], metric: 'error-rate' as const, seed: 's' };
    const more = { openings: 1, perOrganisation: 1, keyColumns: ['y'] };
    const { losses } = lossesOf([{ y: truth }], [{ value }], { ...settings, ...more });
    return losses.sums[0]!;
  };
  for (const [truth, value] of [
    ...[[true, 'True'] as const, [false, 'False'] as const, [true, 1] as const, [false, '0.0'] as const],
    ...[[1, '1.0'] as const, [304, '304'] as const, ['316L', '316L'] as const, [' a ', 'a'] as const],
  ])
    expect([truth, value, wrong(truth, value)]).toEqual([truth, value, 0]);
  for (const [truth, value] of [
    ...[[true, 'False'] as const, [false, 'True'] as const, [true, 'yes'] as const],
    ...[[1, '2'] as const, [0, ' '] as const, ['a', 'A'] as const],
  ])
    expect([truth, value, wrong(truth, value)]).toEqual([truth, value, 1]);
});
