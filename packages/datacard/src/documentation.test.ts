import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { limits } from './card-error.ts';
import { describeEffect } from './describe-effect.ts';
import { governanceRows } from './governance-rows.ts';
import { criteria } from './readiness.ts';
import { fields, rules } from './specification.ts';
import { levels } from './validate.ts';

const page = readFileSync(new URL('../../../docs/data-cards.md', import.meta.url), 'utf8');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

test('the page has the mapping to policy as it is, in its order', () => {
  const rows = governanceRows.map(({ field, value, effect }) => [
    `\`${field.split('.').at(-1)}\``,
    value,
    describeEffect(effect),
  ]);
  expect(page).toContain(table(['field', 'value', 'means'], rows));
});

test('the page has the criteria as they are', () => {
  expect(page).toContain(
    table(
      ['criterion', 'points'],
      criteria.map(({ name, points }) => [name, String(points)]),
    ),
  );
});

test('the page has the levels, and the figures of the specification and of reading', () => {
  for (const level of levels) expect(page).toContain(`| \`${level}\` |`);
  const words = page.replace(/\s+/g, ' ');
  expect(words).toContain(`${fields.length} possible fields`);
  expect(words).toContain(`the ${rules.length} rules`);
  expect(words).toContain(`more than ${limits.text / 1024} Ki characters`);
  expect(words).toContain(`front matter of more than ${limits.frontMatter / 1024} Ki`);
  expect(words).toContain(
    `more than ${limits.values.toLocaleString('en')} values, nesting beyond ${limits.depth} levels`,
  );
  expect(rules.filter(({ check }) => check === null)).toHaveLength(12);
});
