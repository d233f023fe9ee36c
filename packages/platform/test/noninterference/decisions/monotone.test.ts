import { purposes } from '@genesis/contracts';
import { expect, test } from 'vitest';
import {
  admits,
  type DecisionRequest,
  decide,
  isVisible,
  type PrincipalFacts,
  readScopeOf,
} from '../../../src/policy/index.ts';
import { freshDatabase } from '../../test-database.ts';
import { anyAsking, anyWorld, type Chance, chanceFrom, moments } from './random-worlds.ts';
import { storeWorld } from './stored-world.ts';

const seed = Number(process.env['GENESIS_SEED'] ?? 20_261_123);

const without = <T>(draw: Chance, items: readonly T[] = []): T[] => {
  const gone = draw.below(Math.max(1, items.length));
  return items.filter((_, i) => i !== gone);
};
/** One of the items, changed. */
const weaker = <T>(draw: Chance, items: readonly T[] = [], change: (item: T) => T): T[] => {
  const at = draw.below(Math.max(1, items.length));
  return items.map((item, i) => (i === at ? change(item) : item));
};

/** Ways of taking something away from somebody. */
const takings: Record<string, (draw: Chance, one: PrincipalFacts) => PrincipalFacts> = {
  'a role': (draw, one) => ({ ...one, roles: without(draw, one.roles) }),
  'a grant': (draw, one) => ({ ...one, grants: without(draw, one.grants) }),
  'an agreement': (draw, one) => ({ ...one, agreements: without(draw, one.agreements) }),
  'a part in an agreement': (draw, one) => ({ ...one, parties: without(draw, one.parties) }),
  'a scope of the token': (draw, one) => ({ ...one, tokenScopes: without(draw, one.tokenScopes) }),
  'a category of the clearance': (draw, one) => ({
    ...one,
    clearance: { ...one.clearance, categories: without(draw, one.clearance.categories) },
  }),
  'the level of the clearance': (_, one) => ({ ...one, clearance: { ...one.clearance, level: 'public' } }),
  'a purpose of a grant': (draw, one) => ({
    ...one,
    grants: weaker(draw, one.grants, (grant) => ({ ...grant, purposes: without(draw, grant.purposes) })),
  }),
  'the purposes of an agreement': (draw, one) => ({
    ...one,
    agreements: weaker(draw, one.agreements, (held) => ({ ...held, purposes: [] })),
  }),
  'a dataset of an agreement': (draw, one) => ({
    ...one,
    agreements: weaker(draw, one.agreements, (held) => ({ ...held, datasets: without(draw, held.datasets) })),
  }),
  'the rest of a grant': (draw, one) => ({
    ...one,
    grants: weaker(draw, one.grants, (grant) => ({ ...grant, ended: 'revoked' as const })),
  }),
};

const rank = { deny: 0, conditional: 1, allow: 2 };
const readsOf = (principal: PrincipalFacts, request: DecisionRequest): number =>
  [null, ...purposes].filter((purpose) =>
    admits(readScopeOf(principal, purpose, request.at), request.resource),
  ).length;

/** No answer about the request may be a better one. */
function expectNoMore(before: DecisionRequest, after: DecisionRequest, taken: string): boolean {
  const [was, is] = [decide(before), decide(after)];
  const more =
    rank[is.effect] > rank[was.effect] ||
    readsOf(after.principal, after) > readsOf(before.principal, before) ||
    (isVisible(after.principal, after.resource, after.at) &&
      !isVisible(before.principal, before.resource, before.at));
  if (more) throw new Error(`without ${taken}: ${JSON.stringify({ before, after, was, is }, null, 1)}`);
  return is.effect !== was.effect;
}

test('taking anything away, and the passing of time, never allows or shows more', async () => {
  const draw = chanceFrom(seed + 1);
  const database = await freshDatabase();
  const bit = new Map<string, number>();
  const note = (taken: string, changed: boolean) => bit.set(taken, (bit.get(taken) ?? 0) + Number(changed));
  for (let number = 0; number < 15; number++) {
    const world = anyWorld(draw);
    const people = await (await storeWorld(database, world))(moments[0]);
    for (const principal of people.values()) {
      for (let i = 0; i < 30; i++) {
        const asking = anyAsking(draw);
        // The day of an embargo opens something: it is the one end that does.
        const { resource } = asking;
        const lasting = { ...resource, conditions: { ...resource.conditions, embargoUntil: null } };
        const before: DecisionRequest = {
          ...{ ...asking, resource: lasting, principal, at: moments[0] },
          sources: [],
        };
        for (const [taken, take] of Object.entries(takings))
          note(taken, expectNoMore(before, { ...before, principal: take(draw, principal) }, taken));
        note('time', expectNoMore(before, { ...before, at: draw.one(moments) + 1 }, 'time'));
        const { conditions } = lasting;
        const narrower = { ...conditions, purposes: without(draw, conditions.purposes) };
        note(
          'a purpose of the data',
          expectNoMore(
            before,
            { ...before, resource: { ...lasting, conditions: narrower } },
            'a purpose of the data',
          ),
        );
      }
    }
  }
  // Each of them does make a difference somewhere.
  expect([...bit].filter(([, changes]) => changes === 0)).toEqual([]);
}, 300_000);
