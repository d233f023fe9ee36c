import type { JobOutcome, JobSpec, LogLine } from '@genesis/contracts';

export interface JobHooks {
  /** Lines of standard output and error as they come, at least one a call. It must not throw. */
  onLog?: (lines: LogLine[]) => void;
}

export interface JobHandle {
  readonly name: string;
  /** The fencing token of this launch; an outcome with another one does not count. */
  readonly claim: string;
  /** Resolves once, when no process of the job is left and the outcome is on disk. Never rejects for a bad job. */
  wait(): Promise<JobOutcome>;
  /** SIGTERM, then SIGKILL for the whole tree after a grace period. Does nothing when the job has ended. */
  cancel(): void;
}

/** What is known of a job after its server has died. No process of it is alive when this is returned. */
export type Reconciliation =
  /** The name was never launched, or has been released. */
  | { state: 'unknown' }
  /** Staged, but user code has not started and never will, or the machine went down and nothing of it is left. */
  | { state: 'not-started' }
  /** User code had started; it was ended without an outcome. */
  | { state: 'lost'; claim: string }
  | { state: 'finished'; outcome: JobOutcome };

/** A place where commands run. */
export interface Executor {
  /**
   * Returns only once user code is about to run under a durable claim.
   * Throws a GenesisError when nothing was started: `invalid-input`, `conflict` (the name is taken), `unsupported`
   * (a limit that cannot be held here), or `unavailable`.
   */
  launch(spec: JobSpec, hooks?: JobHooks): Promise<JobHandle>;
  /** For names that this process has not launched. Fences the name: an older server can record nothing for it. */
  reconcile(name: string): Promise<Reconciliation>;
  /** Deletes the folder of an ended job; its name becomes unknown. Does nothing for an unknown name. */
  release(name: string): Promise<void>;
  /** Ends every job and resolves when none is left. */
  close(): Promise<void>;
}
