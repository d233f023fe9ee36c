import { expect, test } from 'vitest';
import { z } from 'zod';
import { createCursors, toPage } from './pages.ts';

const cursors = createCursors(Buffer.alloc(32, 1));
const position = z.strictObject({ after: z.string() });

test('walking through the pages shows every row once', () => {
  const rows = Array.from({ length: 25 }, (_, index) => `row ${String(index).padStart(2, '0')}`);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : cursors.decode('rows', cursor, position).after;
    const found = rows.filter((row) => row > after).slice(0, 11);
    const page = toPage(
      found,
      10,
      (row) => row,
      (last) => cursors.encode('rows', { after: last }),
    );
    seen.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(rows);
});

test('a changed, foreign or invented cursor is refused', () => {
  const good = cursors.encode('rows', { after: 'x' });
  const foreign = createCursors(Buffer.alloc(32, 2)).encode('rows', { after: 'x' });
  const changed = `${good.slice(0, -2)}${good.endsWith('A') ? 'B' : 'A'}${good.slice(-1)}`;
  for (const wrong of [
    changed,
    foreign,
    cursors.encode('other rows', { after: 'x' }),
    '',
    'x',
    `${good}AAAA`,
  ]) {
    expect(() => cursors.decode('rows', wrong, position), wrong).toThrow('query.cursor');
  }
  expect(cursors.decode('rows', good, position)).toEqual({ after: 'x' });
});
