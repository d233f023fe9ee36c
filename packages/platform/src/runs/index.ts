export type { BuiltinFunctions } from './builtin.ts';
export { beginAttempt, type FinishedRun, finishRun, insertRun, type NewRun, succeeded } from './lifecycle.ts';
export type { CommandMeasurement } from './measure-command.ts';
export { createPortableFunctions } from './portable-function.ts';
export { findCapability } from './registry.ts';
export { runRoutes } from './routes.ts';
export { createRuns, type Runs, runQueues } from './runs.ts';
export { findRun, type RunRow } from './store.ts';
export type { ExecutionContext } from './tables.ts';
