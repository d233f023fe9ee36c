import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cell, canonicalCell } from './split-cells.ts';
import { fingerprintOverlap, rowFingerprints } from './split-fingerprints.ts';
import { canonicalTableHash } from './split-table-hash.ts';

const cell = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.string({ maxLength: 6 }),
  fc.boolean(),
  fc.constant(null),
);
const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 12 });

test.each<[Cell, Cell]>([
  [1, '1.0'],
  [1, '1e0'],
  [-0, 0],
  ['+5', 5],
  [0.1, '1e-1'],
  [1e22, '10000000000000000000000'],
  [2 ** 60, 2n ** 60n],
  [null, ''],
  [Number.NaN, ' '],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+inf'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  ['e\u0301', '\u00e9'],
])('%s and %s are one value', (a, b) => expect(canonicalCell(a)).toBe(canonicalCell(b)));

test.each<[Cell, Cell]>([
  ['9007199254740993', '9007199254740992'],
  [true, 1],
  ['1e999', '1e998'],
  [null, 0],
  ['abc', 'ABC'],
  ['inf', '-inf'],
  ['nano', null],
])('%s and %s are two values', (a, b) => expect(canonicalCell(a)).not.toBe(canonicalCell(b)));

/** From 2^53 to 1e21 the shortest spelling of a double is an integer of its own, a little beside it. */
const hasOneSpelling = (value: Cell): boolean =>
  typeof value === 'number' &&
  (Number.isSafeInteger(value) || !Number.isInteger(value) || Math.abs(value) >= 1e21);

test('the table hash forgets order and spelling, and nothing else', () => {
  fc.assert(
    fc.property(table, fc.nat(), (rows, turn) => {
      const hash = canonicalTableHash(rows);
      const respelled = rows
        .map((row) => row.map((value) => (hasOneSpelling(value) ? ` ${value} ` : value)))
        .map((row) => [...row.slice(turn % 3), ...row.slice(0, turn % 3)])
        .toReversed();
      expect(canonicalTableHash(respelled)).toBe(hash);
      expect(canonicalTableHash([...rows, [1, 2, 3]])).not.toBe(hash);
      if (rows.length > 0) expect(canonicalTableHash([...rows, rows[0]!])).not.toBe(hash);
      const changed = rows.map((row, index) => (index === 0 ? [...row.slice(0, 2), 'something else'] : row));
      if (rows.length > 0) expect(canonicalTableHash(changed)).not.toBe(hash);
    }),
  );
});

const key = Buffer.alloc(32, 7);
type Row = { inputs: Cell[]; outcomes: Cell[] };
const measured: Row[] = Array.from({ length: 100 }, (_, index) => ({
  inputs: [index % 10, `solvent ${Math.floor(index / 10)}`, Math.sqrt(index + 2)],
  outcomes: [Math.sin(index) * 12.3456789, index ** 1.7],
}));
const overlap = (offered: Row[]) =>
  fingerprintOverlap(
    measured.map((row) => rowFingerprints(row, key)),
    offered.map((row) => rowFingerprints(row, key)),
  );

test.each<[string, Row[]]>([
  ['in another order', measured.toReversed()],
  ['with columns moved', measured.map(({ inputs, outcomes }) => ({ inputs: inputs.toReversed(), outcomes }))],
  ['without one input', measured.map(({ inputs, outcomes }) => ({ inputs: inputs.slice(1), outcomes }))],
  ['without one outcome', measured.map(({ inputs, outcomes }) => ({ inputs, outcomes: outcomes.slice(1) }))],
  [
    'with one column more',
    measured.map(({ inputs, outcomes }, id) => ({ inputs: [...inputs, id * 3], outcomes })),
  ],
  [
    'with one outcome altered',
    measured.map(({ inputs, outcomes }, id) => ({ inputs, outcomes: [outcomes[0], id] })),
  ],
  [
    'rounded to five digits',
    measured.map(({ inputs, outcomes }) => ({
      inputs,
      outcomes: outcomes.map((y) => Number(y).toPrecision(5)),
    })),
  ],
  [
    'with an input called an outcome',
    measured.map(({ inputs: [a, ...rest], outcomes }) => ({ inputs: rest, outcomes: [a, ...outcomes] })),
  ],
  ['as a slice of twelve rows', measured.slice(40, 52)],
  [
    'padded with new rows',
    [
      ...measured.slice(0, 20),
      ...Array.from({ length: 900 }, (_, id) => ({ inputs: [id, 'new', 1], outcomes: [id / 7, id] })),
    ],
  ],
])('the same rows %s are known again', (_name, offered) =>
  expect(overlap(offered).recognised).toBe('same-rows'),
);

test('new measurements of known designs are told from the same rows, and new tables are new', () => {
  const again = measured.map(({ inputs }, id) => ({
    inputs,
    outcomes: [Math.cos(id * 7) * 9, Math.cos(id) * 4],
  }));
  expect(overlap(again)).toMatchObject({ recognised: 'same-designs', sameDesigns: 100, sameRows: 0 });
  const fresh = measured.map((_, id) => ({
    inputs: [id + 0.5, 'x', id],
    outcomes: [Math.cos(id * 7), id / 3],
  }));
  expect(overlap(fresh)).toMatchObject({ recognised: 'new', sameRows: 0 });
  expect(overlap([])).toMatchObject({ recognised: 'new', offered: 0 });
});

test('fingerprints depend on the key', () => {
  const row = measured[0]!;
  expect(rowFingerprints(row, Buffer.alloc(32, 8)).design).not.toBe(rowFingerprints(row, key).design);
});
