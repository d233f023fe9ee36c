import { and, eq, inArray } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowOf } from '../../src/door/facts.ts';
import { createDoor } from '../../src/door/index.ts';
import { makeScope } from '../../src/door/scope.ts';
import { resource } from '../../src/door/tables.ts';
import { createIds, systemClock } from '../../src/kernel/index.ts';
import {
  admits,
  type ResourceFacts,
  readableKinds,
  readScopeOf,
  unrestricted,
} from '../../src/policy/index.ts';
import { anyPrincipal, anyPurpose, now, resourceOf } from '../policy-arbitraries.ts';
import { freshDatabase } from '../test-database.ts';

const seed = Number(process.env['GENESIS_SEED'] ?? 20_261_123);
const kinds = [...readableKinds, 'principal', 'token', 'seal', 'x'];

/** What a row can hold: seals and destinations are facts of a request, not of a thing. */
const stored = resourceOf(kinds).map(
  ({ sealed: _sealed, destinationClearance: _to, ...facts }): ResourceFacts => facts,
);

test('the predicate in SQL admits exactly what policy admits', async () => {
  const { orm } = await freshDatabase();
  const things = structuredClone(fc.sample(stored, { seed, numRuns: 1500 }))
    // The same few ids as delegations name, and many others.
    .map((facts, i) =>
      i < 3 ? { ...facts, id: ['dst_1', 'dst_2', 'prn_1'][i]! } : { ...facts, id: `${facts.id}_${i}` },
    );
  await orm.insert(resource).values(things.map((facts) => rowOf(facts, 'prn_1', now)));
  let admitted = 0;
  await fc.assert(
    fc.asyncProperty(anyPrincipal, anyPurpose, async (principal, purpose) => {
      const predicate = readScopeOf(principal, purpose, now);
      const scope = makeScope(orm, principal, predicate);
      const rows = await orm.select({ id: resource.id }).from(resource).where(scope.where);
      const found = new Set(rows.map(({ id }) => id));
      admitted += found.size;
      const expected = things.filter((facts) => admits(predicate, facts)).map(({ id }) => id);
      expect([...found].sort()).toEqual(expected.sort());
    }),
    { numRuns: 400, seed },
  );
  expect(admitted).toBeGreaterThan(10_000);
});

test('a scope that the door makes from a delegation is confined to what it names', async () => {
  const database = await freshDatabase();
  const door = createDoor({ database, clock: systemClock, ids: createIds() });
  const facts = structuredClone(fc.sample(resourceOf(['dataset']), { seed, numRuns: 2 }));
  const things = facts.map(
    (one, i): ResourceFacts => ({
      ...one,
      id: `dst_${i + 1}`,
      organisation: 'org_a',
      label: { level: 'internal', categories: [] },
      conditions: { ...unrestricted, purposes: ['explore'] },
    }),
  );
  await database.orm.insert(resource).values(things.map((one) => rowOf(one, 'prn_1', now)));
  const scope = door.authorize(
    {
      id: 'prn_1',
      kind: 'person',
      organisation: 'org_a',
      clearance: { level: 'internal', categories: [] },
      roles: [{ organisation: 'org_a', role: 'researcher' }],
      tokenScopes: ['*'],
      delegation: {
        id: 'dlg_1',
        purpose: 'explore',
        actions: ['dataset.read'],
        resources: ['dst_2'],
        expiresAt: Date.now() + 60_000,
        revoked: false,
      },
    },
    'explore',
  );
  const rows = await database.orm.select({ id: resource.id }).from(resource).where(scope.where);
  expect(rows).toEqual([{ id: 'dst_2' }]);
  const other = and(inArray(resource.id, ['dst_1']), eq(resource.kind, 'dataset'), scope.where);
  expect(await database.orm.select({ id: resource.id }).from(resource).where(other)).toEqual([]);
});
