export { createFunctionRunner, type FunctionRunner } from './executors/function/function-runner.ts';
export { createLocalExecutor } from './executors/local/local-executor.ts';
export { createSlurmExecutor } from './executors/slurm/slurm-executor.ts';
export type { Executor, JobHandle, Reconciliation } from './ports.ts';
