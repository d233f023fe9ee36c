import { expect, test } from 'vitest';
import { curvesPicture } from './curves.ts';

const points = (...values: number[]) => values.map((value, step) => ({ step, value }));

test('a picture of curves names them and shows no stranger as markup', () => {
  const picture = curvesPicture('<script>"run"</script>', [
    { name: 'loss & more', points: points(3, 2, 1) },
    { name: '</svg>', points: points(1) },
  ]);
  expect(picture).toContain('loss &amp; more');
  expect(picture).toContain('3 points, from 3 to 1');
  expect(picture).not.toContain('<script');
  expect(picture.match(/<\/svg>/g)).toHaveLength(1);
});

test('what is no number, and what is too large for a span, is drawn within the picture', () => {
  const picture = curvesPicture('x', [
    { name: 'odd', points: points(Number.NaN, Number.POSITIVE_INFINITY, -1.7e308, 1.7e308) },
    { name: 'none', points: [] },
  ]);
  expect(picture).not.toMatch(/NaN|Infinity/);
  expect(curvesPicture('empty', [])).toContain('No metrics yet');
});
