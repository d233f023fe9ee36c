import { readFileSync } from 'node:fs';
import { actions, roles } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { openActions, purposeFor, readActionOf, readableKinds, rolesFor, usesData } from './actions.ts';
import { standardRules } from './standard-rules.ts';

const page = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

test('the page lists the rules as they are, in their order', () => {
  expect(page).toContain(
    table(
      ['rule', 'what it says'],
      standardRules.map(({ name, says }) => [`\`${name}\``, says]),
    ),
  );
});

test('the page has the table of actions and roles as it is', () => {
  expect(page).toContain(
    table(
      ['action', ...roles, 'public things: everyone', 'needs a purpose'],
      actions.map((action) => [
        `\`${action}\``,
        ...roles.map((role) => (rolesFor[action].includes(role) ? 'yes' : '')),
        openActions.has(action) ? 'yes' : '',
        purposeFor.get(action) ?? (usesData.has(action) ? 'any' : ''),
      ]),
    ),
  );
});

test('the page says which read shows which kind', () => {
  expect(page).toContain(
    table(
      ['kind', 'shown by'],
      readableKinds.map((kind) => [kind, `\`${readActionOf(kind)}\``]),
    ),
  );
});

test('rules have names of their own', () => {
  expect(new Set(standardRules.map(({ name }) => name)).size).toBe(standardRules.length);
});
