import { withAccess } from '../../../src/access/index.ts';
import { accessGrant, agreement, agreementLink, grantHolder } from '../../../src/access/tables.ts';
import { projectsOf } from '../../../src/compute/index.ts';
import { projectMember } from '../../../src/compute/tables.ts';
import type { Database } from '../../../src/kernel/index.ts';
import type { PrincipalFacts } from '../../../src/policy/index.ts';
import type { Agreement, World } from './random-worlds.ts';

const numberOf = { newest: ({ inForce, newest }: Agreement): number => (inForce === newest ? 1 : 2) };

function linksOf({ id, inForce, newest }: Agreement) {
  const of = (version: Agreement['newest'], number: number) => [
    ...version.parties.flatMap(({ organisation, representative, everybody }) => [
      { subject: organisation, role: 'party' as const, agreement: id, version: number },
      { subject: representative, role: 'representative' as const, agreement: id, version: number },
      ...(everybody
        ? [{ subject: organisation, role: 'everybody' as const, agreement: id, version: number }]
        : []),
    ]),
    ...version.people.map((subject) => ({
      ...{ subject, role: 'covered' as const, agreement: id, version: number },
    })),
  ];
  return [...(inForce === null ? [] : of(inForce, 1)), ...(inForce === newest ? [] : of(newest, 2))];
}

/**
 * Puts a world into the tables of an empty database, in place of the one before, and gives what the platform then loads of
 * everybody at a moment: by the same queries that stand before every decision.
 */
export async function storeWorld(
  database: Database,
  world: World,
): Promise<(at: number) => Promise<Map<string, PrincipalFacts>>> {
  const { orm } = database;
  for (const table of [agreement, agreementLink, accessGrant, grantHolder, projectMember])
    await orm.delete(table);
  await orm.insert(agreement).values(
    world.agreements.map((one) => ({
      ...{ id: one.id, title: one.id, type: 'crada', organisation: one.drafter, state: one.state },
      ...{ shared: one.shared, latest: numberOf.newest(one), inForce: one.inForce === null ? null : 1 },
      ...{ startsAt: one.from, endsAt: one.to, purposes: one.purposes, datasets: one.datasets },
      ...{ createdAt: 0, changedAt: 0 },
    })),
  );
  const links = world.agreements.flatMap(linksOf);
  if (links.length > 0) await orm.insert(agreementLink).values(links).onConflictDoNothing();
  await orm.insert(accessGrant).values(
    world.grants.map(({ id, dataset, purposes, agreement: under, until, revoked }) => ({
      ...{ id, request: `req_${id}`, dataset, organisation: 'org_a', purposes, agreement: under },
      ...{ grantedAt: 0, expiresAt: until, revokedAt: revoked ? 1 : null },
    })),
  );
  await orm
    .insert(grantHolder)
    .values(world.grants.flatMap(({ id, holders }) => holders.map((holder) => ({ grant: id, holder }))));
  const members = Object.entries(world.projects).flatMap(([project, inside]) =>
    inside.map((principal) => ({ project, principal, addedAt: 0 })),
  );
  if (members.length > 0) await orm.insert(projectMember).values(members);
  const known = new Map(
    world.people.map(({ id, kind, home, clearance, roles }) => [
      id,
      {
        ...{ id, kind, organisation: home, clearance },
        roles: roles.map(({ until, ...role }) =>
          until === undefined ? role : { ...role, expiresAt: until },
        ),
      },
    ]),
  );
  return async (at) => {
    const clock = { now: () => new Date(at), sleep: async () => undefined };
    const directory = withAccess({ load: async (id) => known.get(id) }, { database, clock, projectsOf });
    const loaded = await Promise.all(
      world.people.map(async ({ id, scopes, delegation }): Promise<[string, PrincipalFacts]> => {
        const facts = { ...(await directory.load(id))!, tokenScopes: scopes };
        return [id, delegation === undefined ? facts : { ...facts, delegation }];
      }),
    );
    return new Map(loaded);
  };
}
