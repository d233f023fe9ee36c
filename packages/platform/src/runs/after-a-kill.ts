/** Trainings go on after a kill: which runs do, what counts as one, and how often. */
import type { CapabilityManifest, ExecutionOutcome, JobOutcome } from '@genesis/contracts';
import type { Executor } from '../compute/index.ts';
import { needsPython } from './python-run.ts';
import type { RunRow } from './store.ts';

/** Attempts of a run that may be killed; the last of them ends the run. */
export const mostKilled = 5;

/** Signals that come from outside: of the others, a program that crashes is the cause itself. */
const fromOutside: ReadonlySet<string> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']);

/** Whether a run keeps its folder `checkpoint/` between its attempts. */
export const keepsCheckpoint = (
  row: Pick<RunRow, 'purpose'>,
  { implementation }: Pick<CapabilityManifest, 'implementation'>,
): boolean => row.purpose === 'train' && needsPython(implementation);

/**
 * Whether a job was ended from outside: by a signal that was nobody's limit, or by the machine, the node or the queue
 * that it was on. A person who cancels, and a limit that was passed, have reasons of their own.
 */
export const wasKilled = ({ reason, signal }: Pick<JobOutcome, 'reason' | 'signal'>): boolean =>
  reason === 'killed' || (reason === 'signal' && signal !== null && fromOutside.has(signal));

/** An attempt whose job was killed, and that another one follows. */
export type Killed = { killed: ExecutionOutcome; executor: Executor };

/** What the log says of it. */
export const wordsAfterKill = (next: number, hasCheckpoint: boolean): string =>
  `The attempt was killed; attempt ${next} ${hasCheckpoint ? 'goes on from its checkpoint' : 'begins anew: there is no checkpoint yet'}.`;
