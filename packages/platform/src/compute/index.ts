export {
  createLocalExecutor,
  type LocalExecutor,
  type LocalExecutorOptions,
  type SandboxStatus,
} from './executors/local/local-executor.ts';
export type { Executor, JobHandle, JobHooks, Reconciliation } from './ports.ts';
