export {
  createFunctionRunner,
  type FunctionOutcome,
  type FunctionRunner,
} from './executors/function/function-runner.ts';
export type { FunctionContext } from './executors/function/messages.ts';
export {
  createLocalExecutor,
  type LocalExecutor,
  type SandboxStatus,
} from './executors/local/local-executor.ts';
export { createMemoryExecutor, type PretendedProgram } from './executors/memory/memory-executor.ts';
export type { Executor, JobHandle, JobHooks, Reconciliation } from './ports.ts';
