import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { JobCgroup } from './cgroups.ts';
import type { ProcessIdentity } from './process-tree.ts';

/** A job that stands at its gate: everything is in place, no user code has run. */
export type StartedJob = {
  /** The process whose end takes the whole job with it; for an unsandboxed job, its first process. */
  readonly anchor: ProcessIdentity;
  /** Every process of the job is below this one (the anchor itself belongs to the job only when unsandboxed). */
  readonly treeRoot: number;
  readonly sandboxed: boolean;
  /** `null` when nothing is bounded by control groups. */
  readonly cgroup: JobCgroup | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The job folder, open: it can be read through this even when the sandbox is gone. */
  readonly folder: FileHandle;
  /** What the gate has said so far. */
  readonly gateWords: ReadonlySet<string>;
  /** Opens the gate. */
  go(): void;
  /** Asks every process of the job to end. */
  terminate(): Promise<void>;
  /** Ends every process of the job. */
  kill(): void;
  /** Resolves when no process of the job is left, with the exit code by the convention of shells (128 + signal). */
  readonly ended: Promise<number>;
};
