import type { PrincipalFacts, ResourceFacts } from '../../policy/index.ts';
import { project } from '../tables.ts';
import { makeProjectFolder } from './folder.ts';
import type { NewProject } from './model.ts';
import type { ProjectParts } from './parts.ts';

/** Makes a project of the principal's organisation, without members, with its folder. Returns its id. */
export async function createProject(
  { door, ids, clock, projectsFolder }: ProjectParts,
  principal: PrincipalFacts,
  { name, description, label, conditions }: NewProject,
): Promise<string> {
  const id = ids.next('project');
  const facts: ResourceFacts = {
    kind: 'project',
    id,
    organisation: principal.organisation,
    label,
    conditions,
  };
  await door.perform(
    { principal, action: 'project.create', resource: { create: facts }, purpose: null },
    async (tx) => {
      await tx.insert(project).values({ id, name, description, modifiedAt: clock.now().getTime() });
      // Before the project can be seen. A folder whose project was never committed is nobody's and empty.
      await makeProjectFolder(projectsFolder, id);
      return { result: undefined, details: { name } };
    },
  );
  return id;
}
