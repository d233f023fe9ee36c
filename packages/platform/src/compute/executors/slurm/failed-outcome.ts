import type { FailureClass, FailureReason, JobOutcome } from '@genesis/contracts';

export type Why = { failureClass: FailureClass; reason: FailureReason; message: string };

/** The outcome of a job that left none of its own. */
export function failedOutcome(name: string, claim: string, startedAt: Date, why: Why): JobOutcome {
  const endedAt = new Date();
  return {
    ...{ name, claim, ...why },
    state: why.reason === 'cancelled' ? 'cancelled' : 'failed',
    ...{ exitCode: null, signal: null, sandboxed: false, enforcement: 'none' },
    usage: {
      wallSeconds: Math.max(0, (endedAt.getTime() - startedAt.getTime()) / 1_000),
      cpuSeconds: null,
      peakMemoryBytes: null,
    },
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    outputDirectory: '',
    outputs: [],
    refusedOutputs: [],
  };
}

/** Why Slurm ended a job that had begun and left no outcome, by Slurm's last word on it; null: it is not there any more. */
export function whyEnded(state: string | null): Why {
  const lost = (message: string): Why => ({ failureClass: 'F6_HPC_QUEUE', reason: 'killed', message });
  switch (state) {
    case 'OUT_OF_MEMORY':
      return {
        failureClass: 'F7_RUNTIME',
        reason: 'out-of-memory',
        message: 'Slurm ended the job: out of memory.',
      };
    case 'TIMEOUT':
    case 'DEADLINE':
      return {
        failureClass: 'F7_RUNTIME',
        reason: 'time-limit',
        message: 'Slurm ended the job at its time limit.',
      };
    case 'CANCELLED':
      return { failureClass: 'F7_RUNTIME', reason: 'killed', message: 'The job was cancelled in Slurm.' };
    case null:
      return lost('Slurm knows nothing of the job any more, and it left no outcome.');
    default:
      return lost(`Slurm ended the job (${state}), and it left no outcome.`);
  }
}
