import { expect, test } from 'vitest';
import { lineReader } from './log-lines.ts';

const read = (chunks: Buffer[], limit = 1_000_000) => {
  const texts: string[] = [];
  const budget = { remainingBytes: limit };
  const reader = lineReader('stdout', budget, (lines) => texts.push(...lines.map(({ text }) => text)));
  const within = chunks.map((chunk) => reader.push(chunk));
  reader.end();
  return { texts, within };
};

test('lines and characters may be cut anywhere', () => {
  const bytes = Buffer.from('größe\n\nµm\nrest');
  for (let at = 0; at <= bytes.length; at += 1)
    expect(read([bytes.subarray(0, at), bytes.subarray(at)]).texts).toEqual(['größe', '', 'µm', 'rest']);
});

test('nothing beyond the budget is kept', () => {
  const { texts, within } = read([Buffer.from('12345\n'), Buffer.from('67890\n')], 8);
  expect(texts).toEqual(['12345', '67']);
  expect(within).toEqual([true, false]);
});

test('a budget that is met exactly is kept', () => {
  expect(read([Buffer.from('12345\n')], 6)).toEqual({ texts: ['12345'], within: [true] });
});

test('a long line comes in pieces', () => {
  const { texts } = read([Buffer.alloc(150_000, 'x')]);
  expect(texts.map((text) => text.length)).toEqual([65_536, 65_536, 18_928]);
});
