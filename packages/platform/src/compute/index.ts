export { countUse, reserve, settle, usedBy } from './accounting/charges.ts';
export { assertMember } from './accounting/members.ts';
export { usageOf } from './accounting/usage.ts';
export { type Compute, createCompute } from './compute.ts';
export {
  createEnvironments,
  type Environment,
  type Environments,
  isLocked,
  readLock,
} from './environments/index.ts';
export { createFunctionRunner, type FunctionRunner } from './executors/function/function-runner.ts';
export { createIriExecutor } from './executors/iri/iri-executor.ts';
export { readFacility } from './executors/iri/read-facility.ts';
export { atMost } from './executors/limited.ts';
export { createLocalExecutor } from './executors/local/local-executor.ts';
export { createSlurmExecutor } from './executors/slurm/slurm-executor.ts';
export { together } from './executors/together.ts';
export type { OpenExecutor } from './executors.ts';
export {
  type FacilityRow,
  type FoundIncident,
  findEvent,
  findIncident,
  findMachine,
  listEvents,
  listIncidents,
  listMachines,
  listSites,
  type MachineRow,
  ownFacility,
  type SiteRow,
  type StatusEventRow,
} from './inventory/store.ts';
export {
  createJobs,
  type FoundJob,
  findJob,
  type Jobs,
  jobQueues,
  listJobs,
  liveStates,
} from './jobs/index.ts';
export { filesBelow } from './listing.ts';
export type { Executor, JobHandle, Reconciliation } from './ports.ts';
export {
  createProjects,
  type FoundAllocation,
  type FoundProject,
  type FoundShare,
  findAccount,
  findAllocation,
  findProject,
  isProjectStore,
  listAllocations,
  listProjects,
  listShares,
  type Projects,
  projectRoutes,
  projectsOf,
} from './projects/index.ts';
export { computeRoutes } from './routes.ts';
export { takeKept } from './take-kept.ts';
