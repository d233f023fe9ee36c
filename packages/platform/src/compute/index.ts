export {
  createFunctionRunner,
  type FunctionCallOptions,
  type FunctionOutcome,
  type FunctionRunner,
  type FunctionRunnerOptions,
} from './executors/function/function-runner.ts';
export type { FunctionContext } from './executors/function/messages.ts';
export {
  createLocalExecutor,
  type LocalExecutor,
  type LocalExecutorOptions,
  type SandboxStatus,
} from './executors/local/local-executor.ts';
export {
  createMemoryExecutor,
  type MemoryExecutorOptions,
  type MemoryJournal,
  type PretendedJob,
  type PretendedProgram,
} from './executors/memory/memory-executor.ts';
export type { Executor, JobHandle, JobHooks, Reconciliation } from './ports.ts';
