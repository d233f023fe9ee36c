import { GenesisError } from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import { type ReadScope, resource } from '../../door/index.ts';
import { project, projectMember } from '../tables.ts';

/**
 * Only members spend what a project may use. A project that the scope does not show answers as one that does not exist.
 *
 * @throws GenesisError `invalid-input` for the field that names the project
 */
export async function assertMember(scope: ReadScope, projectId: string, field: string): Promise<void> {
  const [found] = await scope.orm
    .select({ member: projectMember.principal })
    .from(project)
    .innerJoin(resource, eq(resource.id, project.id))
    .innerJoin(projectMember, eq(projectMember.project, project.id))
    .where(and(eq(project.id, projectId), eq(projectMember.principal, scope.principal.id), scope.where));
  if (found !== undefined) return;
  const message = 'expected a project that you are a member of; who leads it can add you';
  throw new GenesisError({
    code: 'invalid-input',
    message: `${field}: ${message}`,
    problems: [{ field, message }],
  });
}
