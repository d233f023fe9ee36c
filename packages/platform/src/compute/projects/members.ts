import { GenesisError, invalidField } from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import type { WriteTx } from '../../door/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { project, projectMember } from '../tables.ts';
import type { ProjectParts } from './parts.ts';

const touch = async (tx: WriteTx, id: string, at: number): Promise<void> => {
  await tx.update(project).set({ modifiedAt: at }).where(eq(project.id, id));
};

/** Makes a principal a member; one who is a member already stays one. It gives neither a role nor a clearance. */
export async function addMember(
  { door, directory, clock }: ProjectParts,
  by: PrincipalFacts,
  id: string,
  who: string,
): Promise<void> {
  const at = clock.now().getTime();
  await door.perform(
    { principal: by, action: 'project.manage', resource: id, purpose: null },
    async (tx, { organisation }) => {
      const known = await directory.load(who);
      if (known?.roles.some((role) => role.organisation === organisation) !== true)
        throw invalidField(
          'principal',
          `nobody with this id has a role in the organisation of the project (${organisation}): give one first`,
        );
      await tx
        .insert(projectMember)
        .values({ project: id, principal: who, addedAt: at })
        .onConflictDoNothing();
      await touch(tx, id, at);
      return { result: undefined, details: { member: who } };
    },
  );
}

/** Ends a membership: files and new jobs are closed to that principal at once; jobs that were submitted go on. */
export async function removeMember(
  { door, clock }: ProjectParts,
  by: PrincipalFacts,
  id: string,
  who: string,
): Promise<void> {
  await door.perform({ principal: by, action: 'project.manage', resource: id, purpose: null }, async (tx) => {
    const removed = await tx
      .delete(projectMember)
      .where(and(eq(projectMember.project, id), eq(projectMember.principal, who)))
      .returning({ principal: projectMember.principal });
    if (removed.length === 0)
      throw new GenesisError({ code: 'not-found', message: 'The project has no member with this id.' });
    await touch(tx, id, clock.now().getTime());
    return { result: undefined, details: { removed: who } };
  });
}
