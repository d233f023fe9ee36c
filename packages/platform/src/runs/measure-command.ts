import {
  type Design,
  type ExecutionOutcome,
  type ExperimentOutcome,
  type JobOutcome,
  outcomeOfExperimentSchema,
} from '@genesis/contracts';
import { z } from 'zod';
import type { ReadScope } from '../door/index.ts';
import { readOutput } from './command-output.ts';
import type { RunParts } from './parts.ts';
import { findCapability } from './registry.ts';
import { runCommand, waitForJob, wasStopped } from './run-command.ts';

/** What a command that measures leaves in `output.json`: an outcome, and whatever else it wants to keep. */
const resultSchema = z.object({ outcome: outcomeOfExperimentSchema });

export type CommandMeasurement = {
  outcome: ExperimentOutcome;
  /** How the job itself ended; an experiment whose job failed has failed too. */
  execution: ExecutionOutcome;
  details: unknown;
  sandboxed: boolean;
  /** Lets go of the job; after this it is not found again. */
  done: () => Promise<void>;
};

/**
 * One experiment by a command of the user's own, in the sandbox: it reads `{"design": ..., "seed": ...}` and leaves
 * `{"outcome": {"status": "measured", "value": ...}}`. Whatever it does, there is an outcome: a job that fails, or says
 * something else, is a failed experiment with the reason.
 *
 * `name` is the experiment's own, the same after a restart: a job of it that still runs is waited for, one that has
 * ended is taken, and only otherwise it is launched. Call `done` once the outcome is recorded.
 */
export async function measureByCommand(
  parts: RunParts,
  scope: ReadScope,
  wanted: { name: string; capability: string; design: Design; seed: string },
  signal: AbortSignal,
): Promise<CommandMeasurement> {
  const { row } = await findCapability(scope, wanted.capability);
  const { name, design, seed } = wanted;
  const done = (): Promise<void> => parts.executor.release(name);
  const take = async (job: JobOutcome): Promise<CommandMeasurement> => {
    const { state, failureClass, reason, message, usage, startedAt, endedAt, sandboxed } = job;
    const execution: ExecutionOutcome = { state, failureClass, reason, message, usage, startedAt, endedAt };
    const failed = (why: string): CommandMeasurement => ({
      outcome: { status: 'failed', reason: why.slice(0, 2000) },
      execution,
      details: null,
      sandboxed,
      done,
    });
    if (state !== 'succeeded') return failed(message ?? state);
    try {
      const value = await readOutput(job, row.manifest.output);
      return { outcome: resultSchema.parse(value).outcome, execution, details: value, sandboxed, done };
    } catch (error) {
      return failed(`its result cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const found = await parts.executor.reconcile(name);
  if (found.state === 'running') return await take(await waitForJob(parts.executor, found.job, { signal }));
  if (found.state === 'finished' && !wasStopped(found.outcome)) return await take(found.outcome);
  if (found.state !== 'unknown') await done();
  const call = { name, manifest: row.manifest, input: { design, seed }, files: [], signal };
  return await runCommand(parts, call, take);
}
