import { GenesisError, invalidField } from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import type { PrincipalFacts } from '../../policy/index.ts';
import { findMachine } from '../inventory/store.ts';
import { allocation, projectMember, userAllocation } from '../tables.ts';
import type { NewAllocation } from './model.ts';
import type { ProjectParts } from './parts.ts';

/** Grants a project units on a resource, or changes what was granted. `machine` is an id or a name. Returns its id. */
export async function allocate(
  { door, ids, clock }: ProjectParts,
  by: PrincipalFacts,
  id: string,
  machine: string,
  wanted: NewAllocation,
): Promise<string> {
  const { row: place } = await findMachine(door.authorize(by, 'explore'), machine);
  const at = clock.now().getTime();
  const startsAt = wanted.startsAt === undefined ? at : Date.parse(wanted.startsAt);
  const endsAt = wanted.endsAt === null ? null : Date.parse(wanted.endsAt);
  if (endsAt !== null && endsAt <= startsAt) throw invalidField('endsAt', 'expected a time after the start');
  const { granted, whenSpent } = wanted;
  const { result } = await door.perform(
    { principal: by, action: 'project.manage', resource: id, purpose: null },
    async (tx) => {
      const value = { granted, whenSpent, startsAt, endsAt, modifiedAt: at };
      const [row] = await tx
        .insert(allocation)
        .values({ id: ids.next('allocation'), project: id, machine: place.id, ...value })
        .onConflictDoUpdate({ target: [allocation.project, allocation.machine], set: value })
        .returning({ id: allocation.id });
      if (row === undefined) throw new Error('an allocation was neither made nor changed');
      return { result: row.id, details: { allocation: row.id, machine: place.id, granted, whenSpent } };
    },
  );
  return result;
}

/** Says which part of the project's allocation on a resource one member may use. Returns its id. */
export async function allocateToMember(
  { door, ids }: ProjectParts,
  by: PrincipalFacts,
  place: { project: string; machine: string; principal: string },
  granted: number,
): Promise<string> {
  const { row: found } = await findMachine(door.authorize(by, 'explore'), place.machine);
  const { result } = await door.perform(
    { principal: by, action: 'project.manage', resource: place.project, purpose: null },
    async (tx) => {
      const [whole] = await tx
        .select({ id: allocation.id })
        .from(allocation)
        .where(and(eq(allocation.project, place.project), eq(allocation.machine, found.id)));
      if (whole === undefined)
        throw new GenesisError({
          code: 'not-found',
          message: 'The project has no allocation on this resource: grant it one first.',
        });
      const [member] = await tx
        .select()
        .from(projectMember)
        .where(and(eq(projectMember.project, place.project), eq(projectMember.principal, place.principal)));
      if (member === undefined) throw invalidField('principal', 'expected a member of the project');
      const [row] = await tx
        .insert(userAllocation)
        .values({
          id: ids.next('allocation'),
          ...{ allocation: whole.id, principal: place.principal, granted },
        })
        .onConflictDoUpdate({
          target: [userAllocation.allocation, userAllocation.principal],
          set: { granted },
        })
        .returning({ id: userAllocation.id });
      if (row === undefined) throw new Error('a share was neither made nor changed');
      return {
        result: row.id,
        details: { allocation: whole.id, member: place.principal, granted },
      };
    },
  );
  return result;
}
