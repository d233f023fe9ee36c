import { expect, test } from 'vitest';
import { interval, moment, number, percent, probability, quantity, withUncertainty } from './numbers.ts';

/** With plain spaces for reading. */
const plainly = (text: string): string => text.replaceAll('\u00a0', ' ');

test.each([
  [0, '0'],
  [300.2841, '300.3'],
  [-4.239, '−4.239'],
  [1234, '1234'],
  [123456, '123,500'],
  [0.00012347, '0.0001235'],
  [0.0000123, '1.23 × 10⁻⁵'],
  [1e308, '1 × 10³⁰⁸'],
  [-2.5e-300, '−2.5 × 10⁻³⁰⁰'],
  [Number.NaN, 'not known'],
  [null, 'not known'],
])('%d reads as %s', (value, words) => {
  expect(plainly(number(value))).toBe(words);
});

test('probabilities keep two digits and are never rounded to zero', () => {
  expect([0, 0.0021, 0.05, 0.12345, 1, 1.8e-5].map((p) => plainly(probability(p)))).toEqual([
    '0',
    '0.0021',
    '0.05',
    '0.12',
    '1',
    '1.8 × 10⁻⁵',
  ]);
});

test('units, shares, intervals and moments', () => {
  expect(plainly(quantity(12.3456, 'nm', 3))).toBe('12.3 nm');
  expect(quantity(12.3456, null, 3)).toBe('12.3');
  expect(plainly(percent(0.8125))).toBe('81.3 %');
  expect(plainly(interval(3.841, 22.58, 'nm'))).toBe('3.84 to 22.6 nm');
  expect(plainly(interval(null, 4, 'nm'))).toBe('at most 4 nm');
  expect(interval(null, null)).toBe('unbounded on both sides');
  expect(moment('2026-11-23T05:50:31.000Z')).toBe('2026-11-23 05:50 UTC');
});

test('a value has the digits that its uncertainty allows', () => {
  expect(plainly(withUncertainty(300.28412, 0.0614))).toBe('300.284 ± 0.061');
  expect(plainly(withUncertainty(300.28412, 12.3))).toBe('300 ± 12');
  expect(plainly(withUncertainty(300.28412, 0))).toBe('300.3 ± 0');
});
