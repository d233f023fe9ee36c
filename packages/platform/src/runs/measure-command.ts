import {
  type Design,
  type ExecutionOutcome,
  type ExperimentOutcome,
  type JobOutcome,
  type JobResources,
  outcomeOfExperimentSchema,
} from '@genesis/contracts';
import { z } from 'zod';
import type { ReadScope } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { readOutput } from './command-output.ts';
import type { RunParts } from './parts.ts';
import { placeRun } from './place-run.ts';
import { commandOf } from './portable-function.ts';
import { findCapability } from './registry.ts';
import { releaseJob, runByName } from './run-command.ts';

/** What a command that measures leaves in `output.json`: an outcome, and whatever else it wants to keep. */
const resultSchema = z.object({ outcome: outcomeOfExperimentSchema });

export type WantedMeasurement = {
  /** The job's own name, the same after a restart. */
  name: string;
  /** The run that the job belongs to, and which of its jobs it is. */
  run: string;
  attempt: number;
  capability: string;
  design: Design;
  seed: string;
};

export type CommandMeasurement = {
  /** What it asked for where it ran. */
  asked: JobResources;
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
  principal: PrincipalFacts,
  scope: ReadScope,
  wanted: WantedMeasurement,
  signal: AbortSignal,
): Promise<CommandMeasurement> {
  const { row } = await findCapability(scope, wanted.capability);
  const { name, run, attempt, design, seed } = wanted;
  const { resources } = row.manifest;
  const { machine } = await placeRun(parts, principal, scope, run, { attempt, asked: resources });
  const executor = await parts.compute.executorOf(machine);
  const done = (): Promise<void> => releaseJob(parts, executor, name);
  const take = async (job: JobOutcome): Promise<CommandMeasurement> => {
    const { state, failureClass, reason, message, usage, startedAt, endedAt, sandboxed } = job;
    const execution: ExecutionOutcome = { state, failureClass, reason, message, usage, startedAt, endedAt };
    const failed = (why: string): CommandMeasurement => ({
      outcome: { status: 'failed', reason: why.slice(0, 2000) },
      execution,
      details: null,
      sandboxed,
      asked: resources,
      done,
    });
    if (state !== 'succeeded') return failed(message ?? state);
    try {
      const value = await readOutput(job, row.manifest.output);
      return {
        outcome: resultSchema.parse(value).outcome,
        execution,
        details: value,
        sandboxed,
        asked: resources,
        done,
      };
    } catch (error) {
      return failed(`its result cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const callOf = async () => ({
    ...{ name, input: { design, seed }, signal },
    ...(await commandOf(parts, row.manifest)),
  });
  return await runByName(parts, executor, name, callOf, take, signal);
}
