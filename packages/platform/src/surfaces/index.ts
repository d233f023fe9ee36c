export { backupRoutes } from './backup/index.ts';
export { createFileTasks, fileTaskQueues, iriRoutes } from './iri/index.ts';
export { mlflowRoutes, openRunTracking, type RunTracking } from './mlflow/index.ts';
export { policyRoutes } from './policy/index.ts';
export { ledgerRoutes } from './tlog/index.ts';
