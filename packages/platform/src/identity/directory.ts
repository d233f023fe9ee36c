import type { PrincipalKind, Role } from '@genesis/contracts';
import { eq, inArray } from 'drizzle-orm';
import type { PrincipalDirectory } from '../door/index.ts';
import type { Database } from '../kernel/index.ts';
import { organisation, principal, roleBinding } from './tables.ts';

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
export function createDirectory(database: Database): PrincipalDirectory {
  return {
    async load(id) {
      const rows = await database.orm
        .select({ person: principal, binding: roleBinding })
        .from(principal)
        .leftJoin(roleBinding, eq(roleBinding.principal, principal.id))
        .where(eq(principal.id, id));
      const person = rows[0]?.person;
      if (person === undefined || person.disabled) return undefined;
      return {
        id: person.id,
        kind: person.kind as PrincipalKind,
        organisation: person.organisation,
        clearance: person.clearance,
        roles: rows.flatMap(({ binding }) =>
          binding === null
            ? []
            : [
                {
                  organisation: binding.organisation,
                  role: binding.role as Role,
                  ...(binding.expiresAt === null ? {} : { expiresAt: binding.expiresAt }),
                },
              ],
        ),
      };
    },
  };
}
