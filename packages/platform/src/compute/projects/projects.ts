import type { PrincipalFacts } from '../../policy/index.ts';
import { allocate, allocateToMember } from './allocations.ts';
import { createProject } from './create-project.ts';
import { rootOf } from './folder.ts';
import { addMember, removeMember } from './members.ts';
import type { NewAllocation, NewProject } from './model.ts';
import type { ProjectParts } from './parts.ts';
import { ensureProjectStore } from './project-store.ts';

/** Projects: people who share allocations and a folder. Reads are in the store, by scope. */
export const createProjects = (parts: ProjectParts) => ({
  folder: parts.projectsFolder,
  rootOf: (id: string): string => rootOf(parts.projectsFolder, id),
  /** Enters the place of the folders in the inventory, where it is missing. */
  start: () => ensureProjectStore(parts),
  create: (principal: PrincipalFacts, wanted: NewProject) => createProject(parts, principal, wanted),
  addMember: (by: PrincipalFacts, id: string, who: string) => addMember(parts, by, id, who),
  removeMember: (by: PrincipalFacts, id: string, who: string) => removeMember(parts, by, id, who),
  allocate: (by: PrincipalFacts, id: string, machine: string, wanted: NewAllocation) =>
    allocate(parts, by, id, machine, wanted),
  allocateToMember: (
    by: PrincipalFacts,
    place: { project: string; machine: string; principal: string },
    granted: number,
  ) => allocateToMember(parts, by, place, granted),
});
export type Projects = ReturnType<typeof createProjects>;
