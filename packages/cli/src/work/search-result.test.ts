import { expect, test } from 'vitest';
import { describeFacets, describeHits, describeTotal } from './search-result.ts';

test('facets are a small table with bars, the longest for the most, and long lists are cut', () => {
  const values = Array.from({ length: 7 }, (_, index) => ({ value: `v${index}`, count: 40 - index * 5 }));
  const lines = describeFacets([{ facet: 'field', values }]).split('\n');
  expect(lines[1]).toMatch(/^field\s+v0\s+40\s+█{20}$/);
  expect(lines[5]).toMatch(/^\s+v4\s+20\s+█{10}$/);
  expect(lines[6]).toMatch(/and 2 more/);
  expect(describeFacets([])).toBe('');
});

test('a total that is not exact says so, and a hit shows why it is shown, made safe for a terminal', () => {
  expect(describeTotal({ count: 1, exact: true })).toBe('1 hit');
  expect(describeTotal({ count: 1000, exact: false })).toContain('more than 1000 hits');
  const text = describeHits([
    {
      ...{ id: 'dst_1', name: 'Silica\u001b[2J', snippet: 'of  **silica**\nspheres', shown: 'card' },
      ...{ label: { level: 'controlled', categories: ['cui'] }, licences: ['MIT'], readiness: 81.4 },
      ...{ ask: 'Only its card is shown to you.', fresh: true },
    },
  ]);
  expect(text).not.toContain('\u001b');
  expect(text).toContain('(new)');
  expect(text).toContain('controlled+cui · MIT · AI-readiness 81 · card only');
  expect(text).toContain('  of **silica** spheres\n  Only its card is shown to you.');
});
