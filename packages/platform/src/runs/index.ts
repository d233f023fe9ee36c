export { beginAttempt, type FinishedRun, finishRun, insertRun, type NewRun, succeeded } from './lifecycle.ts';
export type { ExecutionContext } from './tables.ts';
