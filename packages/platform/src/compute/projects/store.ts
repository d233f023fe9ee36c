/** Reads of projects: whatever the scope does not admit does not exist. */
import { GenesisError, invalidField } from '@genesis/contracts';
import { and, asc, eq, inArray, or, type Placeholder, type SQL, sql } from 'drizzle-orm';
import { factsOf, type ReadScope, resource } from '../../door/index.ts';
import type { ResourceFacts } from '../../policy/index.ts';
import { allocation, charge, project, projectMember, userAllocation } from '../tables.ts';

export type ProjectRow = typeof project.$inferSelect;
export type AllocationRow = typeof allocation.$inferSelect;
type ShareRow = typeof userAllocation.$inferSelect;
export type FoundProject = { row: ProjectRow; facts: ResourceFacts; members: string[] };
/** `used` is in allocation units, what is reserved included. */
export type FoundAllocation = { row: AllocationRow; used: number };
export type FoundShare = { row: ShareRow; used: number };

const missing = (what: string): GenesisError =>
  new GenesisError({
    code: 'not-found',
    message: `There is no ${what} under this id or name that you may see.`,
  });

async function projects(scope: ReadScope, condition: SQL | undefined): Promise<FoundProject[]> {
  const rows = await scope.orm
    .select({ row: project, governed: resource })
    .from(project)
    .innerJoin(resource, eq(resource.id, project.id))
    .where(and(scope.where, condition))
    .orderBy(asc(project.name), asc(project.id));
  if (rows.length === 0) return [];
  const members = await scope.orm
    .select()
    .from(projectMember)
    .where(
      inArray(
        projectMember.project,
        rows.map(({ row }) => row.id),
      ),
    )
    .orderBy(asc(projectMember.addedAt), asc(projectMember.principal));
  return rows.map(({ row, governed }) => ({
    row,
    facts: factsOf(governed),
    members: members.filter((one) => one.project === row.id).map(({ principal }) => principal),
  }));
}

const isMember = (principal: string): SQL =>
  sql`exists (select 1 from ${projectMember} where ${projectMember.project} = ${project.id}
    and ${projectMember.principal} = ${principal})`;

/** A query for the ids of the projects of a principal. */
export const projectsOf = (principal: string | Placeholder): SQL =>
  sql`select ${projectMember.project} from ${projectMember} where ${projectMember.principal} = ${principal}`;

/** Projects that the scope admits, by name; with `own` only those that the principal is a member of. */
export const listProjects = (scope: ReadScope, { own = false } = {}): Promise<FoundProject[]> =>
  projects(scope, own ? isMember(scope.principal.id) : undefined);

export async function findProject(scope: ReadScope, id: string): Promise<FoundProject> {
  const [found] = await projects(scope, eq(project.id, id));
  if (found === undefined) throw missing('project');
  return found;
}

/**
 * The project that an account names: by its id, or by its name where only one is called so.
 *
 * @throws GenesisError `invalid-input` for a name of several
 */
export async function findAccount(scope: ReadScope, account: string): Promise<FoundProject> {
  const found = await projects(scope, or(eq(project.id, account), eq(project.name, account)));
  const [one] = found;
  if (one === undefined) throw missing('project');
  if (found.length > 1)
    throw invalidField(
      'attributes.account',
      `${found.length} projects are called ${JSON.stringify(account)}: give the id of one`,
    );
  return one;
}

/** Sums of what runs and jobs used, by what `key` names. */
async function usedBy(
  scope: ReadScope,
  allocations: readonly string[],
  key: (row: { allocation: string; principal: string }) => string,
): Promise<Map<string, number>> {
  const used = new Map<string, number>();
  if (allocations.length === 0) return used;
  const rows = await scope.orm
    .select({
      allocation: charge.allocation,
      principal: charge.principal,
      units: sql<number>`sum(${charge.units})::float8`,
    })
    .from(charge)
    .where(inArray(charge.allocation, [...allocations]))
    .groupBy(charge.allocation, charge.principal);
  for (const row of rows) {
    const name = key({ allocation: row.allocation ?? '', principal: row.principal });
    used.set(name, (used.get(name) ?? 0) + row.units);
  }
  return used;
}

/** What a project may use where, shown with the project. */
export async function listAllocations(scope: ReadScope, of: string): Promise<FoundAllocation[]> {
  const rows = await scope.orm
    .select({ row: allocation })
    .from(allocation)
    .innerJoin(resource, eq(resource.id, allocation.project))
    .where(and(scope.where, eq(allocation.project, of)))
    .orderBy(asc(allocation.id));
  const used = await usedBy(
    scope,
    rows.map(({ row }) => row.id),
    (row) => row.allocation,
  );
  return rows.map(({ row }) => ({ row, used: used.get(row.id) ?? 0 }));
}

export async function findAllocation(scope: ReadScope, of: string, id: string): Promise<FoundAllocation> {
  const found = (await listAllocations(scope, of)).find(({ row }) => row.id === id);
  if (found === undefined) throw missing('allocation');
  return found;
}

/** The parts of an allocation that single members may use. */
export async function listShares(scope: ReadScope, of: string, id: string): Promise<FoundShare[]> {
  const { row: whole } = await findAllocation(scope, of, id);
  const rows = await scope.orm
    .select()
    .from(userAllocation)
    .where(eq(userAllocation.allocation, whole.id))
    .orderBy(asc(userAllocation.id));
  const used = await usedBy(scope, [whole.id], (row) => row.principal);
  return rows.map((row) => ({ row, used: used.get(row.principal) ?? 0 }));
}
