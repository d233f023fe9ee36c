/** What a run's end is made of: the outcome of its job, or what broke its attempt off. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import {
  type CapabilityManifest,
  type ExecutionOutcome,
  GenesisError,
  type JobOutcome,
} from '@genesis/contracts';
import { canonicalJson } from '@genesis/evidence';
import type { ReadScope } from '../door/index.ts';
import { asGenesisError } from '../kernel/index.ts';
import type { Begun } from './attempts.ts';
import { readOutput } from './command-output.ts';
import type { StoredOutput } from './outputs.ts';
import type { RunParts } from './parts.ts';
import { lockOutput } from './python-run.ts';
import { governingFacts, type RunRow } from './store.ts';

export type Ended = { outcome: ExecutionOutcome; output: unknown; sandboxed: boolean; here?: string };

/** Attempts that may break off for a reason that nobody foresaw; the last of them ends the run. */
const mostUnforeseen = 3;

/**
 * How a run has ended whose attempt broke off: nothing that throws may leave it open for ever. What may pass (a full
 * disk, a database that is away, the stop of the platform) is thrown on, and the run is tried again.
 */
export function failureOf(parts: RunParts, begun: Begun, error: unknown, signal: AbortSignal): Ended {
  const known = asGenesisError(error);
  if (signal.aborted || (known instanceof GenesisError && known.transient)) throw error;
  const foreseen = known instanceof GenesisError && known.failure.code !== 'internal';
  if (!foreseen && begun.number < mostUnforeseen) throw error;
  parts.log.warn({ err: error, attempt: begun.number }, 'A run could not be executed');
  const endedAt = parts.clock.now();
  const message = foreseen
    ? known.message
    : 'The platform failed to execute the run; its log has the details.';
  return {
    outcome: {
      state: 'failed',
      failureClass: foreseen ? 'F2_ENVIRONMENT' : 'F7_RUNTIME',
      reason: 'exception',
      message,
      usage: {
        wallSeconds: (endedAt.getTime() - begun.at) / 1000,
        cpuSeconds: null,
        peakMemoryBytes: null,
      },
      startedAt: new Date(begun.at).toISOString(),
      endedAt: endedAt.toISOString(),
    },
    output: null,
    sandboxed: false,
  };
}

/** A run that was cancelled before it had a job. */
export function cancelledBeforehand(parts: RunParts): Ended {
  const at = parts.clock.now().toISOString();
  const usage = { wallSeconds: 0, cpuSeconds: null, peakMemoryBytes: null };
  const why = { state: 'cancelled', failureClass: 'F0_NONE', reason: 'cancelled' } as const;
  const message = 'It was cancelled while its Python environment was made.';
  return { outcome: { ...why, message, usage, startedAt: at, endedAt: at }, output: null, sandboxed: false };
}

type StoredFiles = Pick<JobOutcome, 'exitCode' | 'signal' | 'enforcement' | 'refusedOutputs'> & {
  outputs: StoredOutput[];
};

/** Files of different labels are never stored as one. */
export const labelKeyOf = async (scope: ReadScope, row: RunRow): Promise<string> =>
  canonicalJson((await governingFacts(scope, row)).label);

/** The outcome of a job, with the JSON that it left. A job that succeeded without what it promised has failed. */
export async function endOfJob(
  parts: RunParts,
  manifest: CapabilityManifest,
  job: JobOutcome,
  { labelKey, lock }: { labelKey: string; lock: string | null },
): Promise<Ended> {
  const {
    name: _name,
    claim: _claim,
    exitCode,
    signal,
    sandboxed,
    enforcement,
    outputDirectory,
    outputs,
    refusedOutputs,
    ...outcome
  } = job;
  const kept: StoredOutput[] = [];
  for (const { path, bytes, sha256 } of outputs) {
    const ref = await parts.blobs.put(createReadStream(join(outputDirectory, path)), { labelKey });
    if (ref.sha256 !== sha256)
      throw new GenesisError({
        code: 'internal',
        message: `The output ${path} changed while it was stored.`,
      });
    kept.push({ path, bytes, sha256, address: ref.address });
  }
  if (lock !== null && kept.every(({ path }) => path !== lockOutput)) {
    const { address, sha256, bytes } = await parts.blobs.put(Buffer.from(lock), { labelKey });
    kept.push({ path: lockOutput, bytes, sha256, address });
  }
  const files: StoredFiles = { exitCode, signal, enforcement, outputs: kept, refusedOutputs };
  if (outcome.state !== 'succeeded') return { outcome, output: { files }, sandboxed };
  // a program of one's own leaves what it wants to
  const promised = manifest.implementation.kind !== 'own' || kept.some(({ path }) => path === 'output.json');
  try {
    const value = promised ? await readOutput(job, manifest.output) : null;
    return { outcome, output: { value, files }, sandboxed };
  } catch (error) {
    if (error instanceof GenesisError && error.transient) throw error;
    const message = `The command ended well, but ${error instanceof Error ? error.message : 'its output cannot be read'}.`;
    return {
      outcome: {
        ...outcome,
        state: 'failed',
        failureClass: 'F8_DOMAIN_ASSUMPTION',
        reason: 'exception',
        message,
      },
      output: { files },
      sandboxed,
    };
  }
}
