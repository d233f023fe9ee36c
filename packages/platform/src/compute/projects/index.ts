export { isProjectStore } from './project-store.ts';
export { createProjects, type Projects } from './projects.ts';
export { projectRoutes } from './routes.ts';
export {
  type AllocationRow,
  type FoundAllocation,
  type FoundProject,
  type FoundShare,
  findAccount,
  findAllocation,
  findProject,
  listAllocations,
  listProjects,
  listShares,
  projectsOf,
} from './store.ts';
