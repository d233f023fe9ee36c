import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InstrumentError } from './errors.ts';
import { createReplay } from './replay.ts';

const rows = [
  { solvent: 'DMAc', temperature: 90, yield: 10, note: 'first' },
  { solvent: 'DMAc', temperature: 105, yield: 40 },
  { solvent: 'DMAc', temperature: 90, yield: 14 },
  { solvent: 'xylene', temperature: 90, yield: null },
  { solvent: 'xylene', temperature: 90, yield: 3 },
  { solvent: 'BuCN', temperature: 90 },
];
const replay = createReplay({ inputs: ['solvent', 'temperature'], objective: 'yield', rows });

test('the pool has each design once, in the order of the table', () => {
  expect(replay.pool).toEqual([
    { solvent: 'DMAc', temperature: 90 },
    { solvent: 'DMAc', temperature: 105 },
    { solvent: 'xylene', temperature: 90 },
    { solvent: 'BuCN', temperature: 90 },
  ]);
});

test('a measurement is one of the replicates of its design, fixed by the seed', () => {
  const [first] = replay.pool;
  const drawn = Array.from({ length: 400 }, (_, i) => replay.measure(first!, `draw ${i}`));
  expect(new Set(drawn.map(({ row }) => row))).toEqual(new Set([0, 2]));
  for (const result of drawn) {
    expect(result).toEqual({ status: 'measured', value: rows[result.row]!.yield, row: result.row });
  }
  // Binomial with n = 400 and p = 1/2: four standard deviations are 40.
  expect(Math.abs(drawn.filter(({ row }) => row === 0).length - 200)).toBeLessThan(40);
  expect(replay.measure({ temperature: 90, solvent: 'DMAc' }, 'draw 7')).toEqual(drawn[7]);
});

test('a replicate without a value is a failed experiment', () => {
  expect(replay.measure({ solvent: 'BuCN', temperature: 90 }, 's')).toEqual({
    status: 'failed',
    reason: 'the table has no yield in this row',
    row: 5,
  });
});

test('the truth is the mean of the replicates that have a value', () => {
  expect(replay.truth({ solvent: 'DMAc', temperature: 90 })).toEqual({
    value: 12,
    replicates: 2,
    measured: 2,
  });
  expect(replay.truth({ solvent: 'xylene', temperature: 90 })).toEqual({
    value: 3,
    replicates: 2,
    measured: 1,
  });
  expect(replay.truth({ solvent: 'BuCN', temperature: 90 })).toEqual({
    value: null,
    replicates: 1,
    measured: 0,
  });
});

test('every row of any table can be drawn from the pool, and from nowhere else', () => {
  const cell = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string());
  const table = fc.array(
    fc.record({ a: cell, b: cell, y: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
    {
      minLength: 1,
      maxLength: 30,
    },
  );
  fc.assert(
    fc.property(table, fc.string({ minLength: 1 }), (data, seed) => {
      const any = createReplay({ inputs: ['a', 'b'], objective: 'y', rows: data });
      let replicates = 0;
      for (const design of any.pool) {
        const result = any.measure(design, seed);
        const row = data[result.row]!;
        // == between equal types makes -0 and 0 one design, as JSON and CSV do.
        expect(row.a === design['a'] && row.b === design['b']).toBe(true);
        expect(result).toMatchObject({ status: 'measured', value: row.y });
        replicates += any.truth(design).replicates;
      }
      expect(replicates).toBe(data.length);
    }),
  );
});

test('text and number are different designs; minus zero is zero', () => {
  const mixed = createReplay({
    inputs: ['x'],
    objective: 'y',
    rows: [
      { x: '0', y: 1 },
      { x: 0, y: 2 },
      { x: -0, y: 4 },
    ],
  });
  expect(mixed.pool).toHaveLength(2);
  expect(mixed.truth({ x: -0 }).value).toBe(3);
  expect(mixed.truth({ x: '0' }).value).toBe(1);
});

test('the table is copied: later changes to the rows do not reach the instrument', () => {
  const changing = [{ x: 1, y: 5 }];
  const copy = createReplay({ inputs: ['x'], objective: 'y', rows: changing });
  changing[0]!.y = 6;
  expect(copy.measure({ x: 1 }, 's')).toMatchObject({ value: 5 });
});

test.each([
  [
    'not-in-pool',
    { solvent: 'water', temperature: 90 },
    /design: \["water",90\]; allowed: one of the 4 designs/,
  ],
  ['not-in-pool', { solvent: 'DMAc', temperature: Number.NaN }, /one of the 4 designs/],
  ['missing-parameter', { solvent: 'DMAc' }, /design.temperature: missing/],
  [
    'unknown-parameter',
    { solvent: 'DMAc', temperature: 90, time: 1 },
    /design.time: not an input; allowed: solvent/,
  ],
])('a design outside the pool is refused: %s %o', (code, design, message) => {
  for (const act of [() => replay.measure(design, 's'), () => replay.truth(design)]) {
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code }) as Error);
  }
});

test.each([
  ['rows: no rows', { inputs: ['x'], objective: 'y', rows: [] }],
  ['inputs: none', { inputs: [], objective: 'y', rows: [{ y: 1 }] }],
  ['inputs: x twice', { inputs: ['x', 'x'], objective: 'y', rows: [{ x: 1, y: 1 }] }],
  ['objective: x is an input', { inputs: ['x'], objective: 'x', rows: [{ x: 1 }] }],
  [
    'rows[1].x: got nothing; allowed: a finite number or text',
    { inputs: ['x'], objective: 'y', rows: [{ x: 1, y: 1 }, { y: 2 }] },
  ],
  [
    'rows[0].x: got Infinity',
    { inputs: ['x'], objective: 'y', rows: [{ x: Number.POSITIVE_INFINITY, y: 1 }] },
  ],
  [
    'rows[0].y: got NaN; allowed: a finite number, or null',
    { inputs: ['x'], objective: 'y', rows: [{ x: 1, y: Number.NaN }] },
  ],
  ['rows[0].y: got 5; allowed', { inputs: ['x'], objective: 'y', rows: [{ x: 1, y: 5n }] }],
  ['rows[0].x: got a list; allowed', { inputs: ['x'], objective: 'y', rows: [{ x: [1], y: 5 }] }],
  ['rows[0].y: got "high"', { inputs: ['x'], objective: 'y', rows: [{ x: 1, y: 'high' }] }],
])('a bad table is refused: %s', (message, table) => {
  expect(() => createReplay(table)).toThrow(message);
  expect(() => createReplay(table)).toThrow(InstrumentError);
});

const barrel = join(
  process.env['GENESIS_DATA'] ?? join(import.meta.dirname, '../../../../shared/data'),
  'closedloop/pvlab/Crossed_barrel_dataset.csv',
);
test.skipIf(!existsSync(barrel))(
  'the crossed barrels: 600 designs of three replicates (skipped without GENESIS_DATA)',
  () => {
    const [header, ...lines] = readFileSync(barrel, 'utf8').trim().split(/\r?\n/);
    const names = header!.replace(/^\uFEFF/, '').split(',');
    const table = lines.map((line) =>
      Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, Number(cell)])),
    );
    const barrels = createReplay({ inputs: ['n', 'theta', 'r', 't'], objective: 'toughness', rows: table });
    expect(barrels.pool).toHaveLength(600);
    const replicates = barrels.pool.map((design) => barrels.truth(design).replicates);
    expect(replicates.every((count) => count === 3)).toBe(true);
  },
);
