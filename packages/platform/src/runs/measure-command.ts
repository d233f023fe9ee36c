import {
  type Design,
  type ExecutionOutcome,
  type ExperimentOutcome,
  outcomeOfExperimentSchema,
} from '@genesis/contracts';
import { z } from 'zod';
import type { ReadScope } from '../door/index.ts';
import { readOutput } from './command-output.ts';
import type { RunParts } from './parts.ts';
import { findCapability } from './registry.ts';
import { runCommand } from './run-command.ts';

/** What a command that measures leaves in `output.json`: an outcome, and whatever else it wants to keep. */
const resultSchema = z.object({ outcome: outcomeOfExperimentSchema });

export type CommandMeasurement = {
  outcome: ExperimentOutcome;
  /** How the job itself ended; an experiment whose job failed has failed too. */
  execution: ExecutionOutcome;
  details: unknown;
  sandboxed: boolean;
};

/**
 * One experiment by a command of the user's own, in the sandbox: it reads `{"design": ..., "seed": ...}` and leaves
 * `{"outcome": {"status": "measured", "value": ...}}`. Whatever it does, there is an outcome: a job that fails, or says
 * something else, is a failed experiment with the reason.
 */
export async function measureByCommand(
  parts: RunParts,
  scope: ReadScope,
  wanted: { name: string; capability: string; design: Design; seed: string },
  signal: AbortSignal,
): Promise<CommandMeasurement> {
  const { row } = await findCapability(scope, wanted.capability);
  const { name, design, seed } = wanted;
  const call = { name, manifest: row.manifest, input: { design, seed }, files: [], signal };
  const measured = await runCommand(parts, call, async (job): Promise<CommandMeasurement> => {
    const { state, failureClass, reason, message, usage, startedAt, endedAt, sandboxed } = job;
    const execution: ExecutionOutcome = { state, failureClass, reason, message, usage, startedAt, endedAt };
    const failed = (why: string): CommandMeasurement => ({
      outcome: { status: 'failed', reason: why.slice(0, 2000) },
      execution,
      details: null,
      sandboxed,
    });
    if (state !== 'succeeded') return failed(message ?? state);
    try {
      const value = await readOutput(job, row.manifest.output);
      return { outcome: resultSchema.parse(value).outcome, execution, details: value, sandboxed };
    } catch (error) {
      return failed(`its result cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  await parts.executor.release(name);
  return measured;
}
