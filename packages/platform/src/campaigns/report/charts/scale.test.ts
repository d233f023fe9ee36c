import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extent, linearScale, logScale } from './scale.ts';

const words = (scale: { ticks: readonly { label: string }[] }): string[] =>
  scale.ticks.map(({ label }) => label);

test('marks are round numbers', () => {
  expect(words(linearScale([0, 100], { margin: 0 }))).toEqual(['0', '20', '40', '60', '80', '100']);
  expect(words(linearScale([-0.3, 0.31]))).toEqual(['−0.2', '0', '0.2']);
  expect(words(linearScale([1, 25], { margin: 0, whole: true }))).toEqual(['5', '10', '15', '20', '25']);
  expect(words(linearScale([100.001, 100.005]))).toEqual([
    '100.001',
    '100.002',
    '100.003',
    '100.004',
    '100.005',
  ]);
  expect(words(logScale([0.3, 400]))).toEqual(['1', '10', '100']);
  expect(words(logScale([12, 1e6]))).toEqual(['10¹', '10²', '10³', '10⁴', '10⁵', '10⁶']);
  expect(words(logScale([12, 70]))).toEqual(['20', '50']);
});

test('whole axes have whole marks', () => {
  expect(linearScale([1, 3], { whole: true }).ticks.map(({ value }) => value)).toEqual([1, 2, 3]);
});

test('a place is the share of the way', () => {
  const scale = linearScale([0, 10], { margin: 0 });
  expect([0, 2.5, 10].map((value) => scale.place(value))).toEqual([0, 0.25, 1]);
  const log = logScale([1, 100]);
  expect(log.place(10)).toBeCloseTo(0.5, 12);
});

test('any finite range gives finite marks inside the axis', () => {
  const value = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(value, value, (a, b) => {
      const range: [number, number] = a <= b ? [a, b] : [b, a];
      const scale = linearScale(range);
      expect(scale.ticks.length).toBeGreaterThan(1);
      for (const at of [...scale.ticks.map((tick) => tick.value), ...range]) {
        expect(Number.isFinite(at)).toBe(true);
        expect(scale.place(at)).toBeGreaterThan(-1e-9);
        expect(scale.place(at)).toBeLessThan(1 + 1e-9);
      }
    }),
  );
});

test('any positive range gives a logarithmic axis', () => {
  const value = fc.double({ noNaN: true, min: Number.MIN_VALUE, noDefaultInfinity: true });
  fc.assert(
    fc.property(value, value, (a, b) => {
      const range: [number, number] = a <= b ? [a, b] : [b, a];
      const scale = logScale(range);
      for (const at of [...scale.ticks.map((tick) => tick.value), ...range]) {
        expect(scale.place(at)).toBeGreaterThan(-1e-9);
        expect(scale.place(at)).toBeLessThan(1 + 1e-9);
      }
    }),
  );
});

test('the extent leaves out what is not finite', () => {
  expect(extent([3, Number.NaN, -1, Number.POSITIVE_INFINITY])).toEqual([-1, 3]);
  expect(extent([])).toBeNull();
});
