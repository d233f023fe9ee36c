import type { Conditions, Label } from '@genesis/contracts';
import { inArray } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { previewRaise, raise } from '../src/access/labels/raise.ts';
import {
  askRelease,
  decideRelease,
  findRelease,
  previewRelease,
  releaseLapsesMs,
} from '../src/access/labels/release.ts';
import { factsOf, resource } from '../src/door/index.ts';
import { type PrincipalFacts, type ResourceFacts, unrestricted } from '../src/policy/index.ts';
import { corePlatform, home, researcher } from './core-platform.ts';

const internal: Label = { level: 'internal', categories: [] };
const cui: Label = { level: 'controlled', categories: ['cui'] };
const open: Label = { level: 'public', categories: [] };

const steward = (id: string, clearance: Label = cui): PrincipalFacts => ({
  ...researcher(clearance),
  id,
  roles: [{ organisation: home, role: 'steward' }],
});

const ids = ['dst_1', 'ver_1', 'mdl_1', 'mdl_2'] as const;

/** A dataset with a version, a model made from it and one made from something else. */
async function world() {
  const platform = await corePlatform();
  const { door, database } = platform;
  const conditionsFrom = (origin: string): Conditions => ({ ...unrestricted, origins: [origin] });
  const facts = (id: string, kind: string, origin: string): ResourceFacts => ({
    ...{ id, kind, organisation: home, label: internal },
    conditions: conditionsFrom(origin),
  });
  const maker: PrincipalFacts = {
    ...researcher(cui),
    roles: [
      { organisation: home, role: 'steward' },
      { organisation: home, role: 'researcher' },
    ],
  };
  const things = [
    facts('dst_1', 'dataset', 'dst_1'),
    facts('ver_1', 'version', 'dst_1'),
    facts('mdl_1', 'model', 'dst_1'),
    facts('mdl_2', 'model', 'dst_2'),
  ];
  for (const thing of things) {
    await door.perform(
      { principal: maker, action: 'model.create', resource: { create: thing }, purpose: 'train' },
      async () => ({ result: undefined, details: {} }),
    );
  }
  const now = async () => {
    const rows = await database.orm
      .select()
      .from(resource)
      .where(inArray(resource.id, [...ids]));
    return new Map(rows.map((row) => [row.id, factsOf(row)]));
  };
  const people = [researcher(internal), researcher(cui), steward('prn_steward')];
  const parts = { ...platform, everybody: async () => people };
  return { ...parts, parts, now, maker };
}

test('raising reaches everything derived, and shows before who loses what', async () => {
  const { parts, now } = await world();
  const by = steward('prn_a');
  const least = { label: cui, conditions: { ...unrestricted, purposes: ['explore' as const] } };
  const foreseen = await previewRaise(parts, by, 'dst_1', least);
  expect(foreseen.changes.map(({ before }) => before.id)).toEqual(['dst_1', 'mdl_1', 'ver_1']);
  expect(foreseen.effects).toEqual([{ principal: researcher(internal).id, gains: 0, loses: 3 }]);
  expect((await now()).get('mdl_1')?.label).toEqual(internal);
  expect(await raise(parts, by, 'dst_1', least, 'a review')).toEqual({ changed: 3 });
  const after = await now();
  for (const id of ['dst_1', 'ver_1', 'mdl_1'])
    expect(after.get(id)).toMatchObject({ label: cui, conditions: { purposes: ['explore'] } });
  expect(after.get('mdl_2')).toMatchObject({ label: internal });
  expect(await raise(parts, by, 'dst_1', least, 'again')).toEqual({ changed: 0 });
});

test('two who raise at once both do: each is decided about what the other has made of it', async () => {
  const { parts, now } = await world();
  const proprietary: Label = { level: 'internal', categories: ['proprietary'] };
  const high = { level: 'controlled', categories: ['cui', 'proprietary'] } as const;
  const by = (id: string) => steward(id, { ...high, categories: [...high.categories] });
  await Promise.all(
    [cui, proprietary, cui, proprietary].map((label, at) =>
      raise(parts, by(`prn_${at}`), 'dst_1', { label, conditions: unrestricted }, 'a review'),
    ),
  );
  const after = await now();
  for (const id of ['dst_1', 'ver_1', 'mdl_1']) expect(after.get(id)?.label).toEqual(high);
});

test('nobody raises what they may not know of, nor beyond their own clearance', async () => {
  const { parts } = await world();
  const least = { label: cui, conditions: unrestricted };
  const stranger = { ...steward('prn_x'), roles: [{ organisation: 'org_other', role: 'steward' as const }] };
  await expect(raise(parts, stranger, 'dst_1', least, 'x')).rejects.toMatchObject({
    failure: { code: 'not-found' },
  });
  await expect(previewRaise(parts, stranger, 'dst_1', least)).rejects.toMatchObject({
    failure: { code: 'not-found' },
  });
  await expect(previewRaise(parts, steward('prn_b', internal), 'dst_1', least)).rejects.toMatchObject({
    failure: { code: 'denied' },
  });
  await expect(raise(parts, researcher(cui), 'dst_1', least, 'x')).rejects.toMatchObject({
    failure: { code: 'denied' },
  });
});

test('a release takes two people, and reaches the thing and its parts only', async () => {
  const { parts, door, now } = await world();
  const [asker, decider] = [steward('prn_a'), steward('prn_b')];
  const wanted = { label: open, purposes: [] };
  expect((await previewRelease(parts, asker, 'dst_1', wanted)).changes).toHaveLength(2);
  await expect(
    askRelease(parts, asker, 'dst_1', { label: cui, purposes: [], reason: 'up' }),
  ).rejects.toMatchObject({ failure: { code: 'invalid-input', problems: [{ field: 'label' }] } });
  const asked = await askRelease(parts, asker, 'dst_1', { ...wanted, reason: 'published' });
  await expect(decideRelease(parts, asker, asked, { agree: true, reason: 'me' })).rejects.toMatchObject({
    failure: { code: 'denied', decision: { rationaleCode: 'two-people' } },
  });
  await expect(
    decideRelease(parts, { ...decider, kind: 'agent' }, asked, { agree: true, reason: 'me' }),
  ).rejects.toMatchObject({ failure: { code: 'denied' } });
  const seen = await findRelease(door.authorize(decider, 'explore'), asked.id);
  expect(seen).toEqual(asked);
  expect(await findRelease(door.authorize({ ...decider, roles: [] }, 'explore'), asked.id)).toBeUndefined();
  const both = await Promise.allSettled([
    decideRelease(parts, decider, asked, { agree: true, reason: 'yes' }),
    decideRelease(parts, steward('prn_c'), asked, { agree: false, reason: 'no' }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const released = both.some((one) => one.status === 'fulfilled' && one.value.state === 'released');
  const after = await now();
  expect(after.get('dst_1')?.label).toEqual(released ? open : internal);
  expect(after.get('ver_1')?.label).toEqual(released ? open : internal);
  expect(after.get('mdl_1')?.label).toEqual(internal);
});

test('a release lapses, and one of a label that changed since is not carried out', async () => {
  const { parts, clock } = await world();
  const [asker, decider] = [steward('prn_a'), steward('prn_b')];
  const wanted = { label: open, purposes: [], reason: 'published' };
  const first = await askRelease(parts, asker, 'mdl_1', wanted);
  clock.advance(releaseLapsesMs);
  await expect(decideRelease(parts, decider, first, { agree: true, reason: 'late' })).rejects.toMatchObject({
    failure: { code: 'conflict', message: 'This request is lapsed already.' },
  });
  const second = await askRelease(parts, asker, 'mdl_1', wanted);
  await raise(parts, asker, 'mdl_1', { label: cui, conditions: unrestricted }, 'found something');
  await expect(decideRelease(parts, decider, second, { agree: true, reason: 'yes' })).rejects.toMatchObject({
    failure: { code: 'conflict' },
  });
});
