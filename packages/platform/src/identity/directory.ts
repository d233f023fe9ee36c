import type { PrincipalKind, Role } from '@genesis/contracts';
import { eq, inArray, sql } from 'drizzle-orm';
import type { PrincipalDirectory } from '../door/index.ts';
import { type Clock, type Database, systemClock } from '../kernel/index.ts';
import { bottom, meet } from '../policy/index.ts';
import { account, organisation, principal, roleBinding } from './tables.ts';

/**
 * The clearance of somebody with an account: what the provider says is an upper bound, and counts by itself until a
 * steward has said something.
 */
const boundedClearance = (
  person: typeof principal.$inferSelect,
  known: typeof account.$inferSelect,
  now: number,
) => {
  if (known.trustedUntil <= now) return bottom;
  return person.clearedBySteward ? meet(person.clearance, known.clearance) : known.clearance;
};

/** Ids of everybody who is not disabled. */
export async function everybody(database: Database): Promise<string[]> {
  const rows = await database.orm
    .select({ id: principal.id })
    .from(principal)
    .where(eq(principal.disabled, false));
  return rows.map(({ id }) => id);
}

/** Names of organisations by id; those that do not exist are left out. */
export async function organisationNames(
  database: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await database.orm
    .select({ id: organisation.id, name: organisation.name })
    .from(organisation)
    .where(inArray(organisation.id, [...ids]));
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** What identity knows of principals, read anew at each call so that a change takes effect at once. */
export function createDirectory(database: Database, clock: Clock = systemClock): PrincipalDirectory {
  const principalById = database.orm
    .select({ person: principal, binding: roleBinding, known: account })
    .from(principal)
    .leftJoin(roleBinding, eq(roleBinding.principal, principal.id))
    .leftJoin(account, eq(account.principal, principal.id))
    .where(eq(principal.id, sql.placeholder('id')))
    .prepare('principal-by-id');
  return {
    async load(id) {
      const rows = await principalById.execute({ id });
      const { person, known } = rows[0] ?? {};
      if (person === undefined || person.disabled) return undefined;
      const bindings = rows.flatMap(({ binding }) => (binding === null ? [] : [binding]));
      const mapped = known?.roles.map((role) => ({ ...role, expiresAt: known.trustedUntil })) ?? [];
      return {
        id: person.id,
        kind: person.kind as PrincipalKind,
        organisation: person.organisation,
        clearance: known ? boundedClearance(person, known, clock.now().getTime()) : person.clearance,
        roles: [...bindings, ...mapped].map(({ organisation, role, expiresAt }) => ({
          organisation,
          role: role as Role,
          ...(expiresAt === null ? {} : { expiresAt }),
        })),
      };
    },
  };
}
