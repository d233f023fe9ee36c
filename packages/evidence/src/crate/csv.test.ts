import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MalformedError } from '../malformed.ts';
import { readTable, writeTable } from './csv.ts';

test('a table is read back whatever its cells hold', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '1') });
  const width = fc.integer({ min: 1, max: 4 });
  fc.assert(
    fc.property(
      width,
      fc.array(fc.array(cell, { minLength: 4, maxLength: 4 }), { maxLength: 5 }),
      (n, all) => {
        const columns = ['a', 'b "c"', 'd,e', 'f\ng'].slice(0, n);
        const rows = all.map((row) => row.slice(0, n));
        expect(readTable(writeTable({ columns, rows }))).toEqual({ columns, rows });
      },
    ),
  );
});

test.each([
  ['', 'has no header'],
  ['a,b\n1\n', 'has 1 cells in row 1; expected 2'],
  ['a,a\n', 'names a column twice'],
  ['a\n1', 'does not end in a line feed'],
  ['a\n"1', 'ends within quotes'],
  ['a\n"1"x\n', 'text after a closing quote'],
  ['a\n"1"\n', 'quotes a cell that needs no quotes'],
  ['a\r\n1\r\n', 'quotes a cell that needs no quotes'],
  ['a,b\n1,', 'ends after a comma'],
  [`a\n${'1'.repeat(100_001)}\n`, 'longer than 100000'],
])('refuses %j', (text, message) => {
  expect(() => readTable(Buffer.from(text))).toThrow(MalformedError);
  expect(() => readTable(Buffer.from(text))).toThrow(message);
});

test('refuses bytes that are not UTF-8', () => {
  expect(() => readTable(Buffer.from([0x61, 0x0a, 0xff, 0x0a]))).toThrow('not UTF-8');
});
