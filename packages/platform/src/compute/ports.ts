import type { Hardware, JobOutcome, JobSpec, Limits, LogLine, ResourceStatus } from '@genesis/contracts';

/** What a resource says of itself. What it does not tell is left out. */
export type Inspection = {
  status: ResourceStatus;
  /** One sentence for people, where it is not up. */
  reason: string | null;
  hardware?: Partial<Hardware>;
  limits?: Partial<Limits>;
};

export interface JobHooks {
  /** Lines of standard output and error as they come, at least one a call. It must not throw. */
  onLog?: (lines: LogLine[]) => void;
  /** Where copies of the folder that the job keeps go, instead of to a place of the executor's own. */
  keepIn?: string;
}

export interface JobHandle {
  readonly name: string;
  /** The fencing token of this launch; an outcome with another one does not count. */
  readonly claim: string;
  /**
   * Resolves once, when no process of the job is left and the outcome is on disk. Never rejects for a bad job; where
   * jobs outlive the server, `close` makes it reject with `unavailable`.
   */
  wait(): Promise<JobOutcome>;
  /** SIGTERM, then SIGKILL for the whole tree after a grace period. Does nothing when the job has ended. */
  cancel(): void;
}

/** What is known of a job after its server has died. No process of it is alive, unless it is `running`. */
export type Reconciliation =
  /** The name was never launched, or has been released. */
  | { state: 'unknown' }
  /** Staged, but user code has not started and never will, or the machine went down and nothing of it is left. */
  | { state: 'not-started' }
  /** It waits in a queue or runs, only where jobs outlive the server. Its log comes again from the beginning. */
  | { state: 'running'; job: JobHandle }
  /** User code had started; it was ended without an outcome. */
  | { state: 'lost'; claim: string }
  | { state: 'finished'; outcome: JobOutcome };

/** A place where commands run. */
export interface Executor {
  /**
   * False: a job ends with the server, and `close` ends every job. True: jobs live on without the server, `close` only
   * lets go of them, and `reconcile` finds them again.
   */
  readonly jobsOutliveServer: boolean;
  /** Whether its jobs can see folders, and reach sockets, of this machine. */
  readonly seesFolders?: boolean;
  /**
   * Returns only once the name is durably taken, and user code can start under no claim but the one that is returned.
   * Throws a GenesisError when nothing was started: `invalid-input`, `conflict` (the name is taken), `unsupported`
   * (a limit that cannot be held here), or `unavailable`.
   */
  launch(spec: JobSpec, hooks?: JobHooks): Promise<JobHandle>;
  /**
   * Launches many jobs at a lower cost than one by one: short ones that need alike. Each is then a job like any other;
   * they may share a place in a queue, which asks for as much as the largest of them. Throws as `launch` does, and then
   * none of them has started. Absent where it would gain nothing.
   */
  launchBatch?(jobs: readonly { spec: JobSpec; hooks?: JobHooks }[]): Promise<JobHandle[]>;
  /** For names that this process has not launched. Fences it: an older server can record nothing for it. */
  reconcile(name: string, hooks?: JobHooks): Promise<Reconciliation>;
  /**
   * The newest whole copy of the folder that a job keeps, or null: a folder that stays until the job is released, or
   * until a newer copy is there where the job still runs. Absent: nothing is kept here.
   */
  kept?(name: string): Promise<string | null>;
  /** Deletes the folder of an ended job; its name becomes unknown. Does nothing for an unknown name. */
  release(name: string): Promise<void>;
  /** Asks the resource what it is and how it is. Throws `unavailable` where it does not answer. */
  inspect?(): Promise<Inspection>;
  /** Resolves when no job is left here. */
  close(): Promise<void>;
}
