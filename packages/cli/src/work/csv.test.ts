import { expect, test } from 'vitest';
import { readCsv, writeCsv } from './csv.ts';

test('reads what spreadsheets write', () => {
  const text = '\u{feff}experiment;value;note\r\nexp_1;3.5;"a ""b""; c"\r\nexp_2;;\r\n\r\n';
  expect(readCsv(text)).toEqual([
    { experiment: 'exp_1', value: '3.5', note: 'a "b"; c' },
    { experiment: 'exp_2', value: '', note: '' },
  ]);
});

test('what is written is read again', () => {
  const text = writeCsv(
    ['a', 'b'],
    [
      ['x,y', 1],
      ['line\nbreak', null],
      ['"', -2.5],
    ],
  );
  expect(readCsv(text)).toEqual([
    { a: 'x,y', b: '1' },
    { a: 'line\nbreak', b: '' },
    { a: '"', b: '-2.5' },
  ]);
});

test.each([
  ['', 'empty'],
  ['a,a\n1,2\n', 'two columns named "a"'],
  ['a,b\n1,2\n1\n', 'Line 3 of the CSV file has 1 cells'],
  ['a,b\n"1,2\n', 'Line 2 of the CSV file has a quote that is never closed'],
  ['a,b\n"1"x,2\n', 'text after a closing quote'],
])('%j is refused with its line', (text, message) => {
  expect(() => readCsv(text)).toThrow(message);
});
