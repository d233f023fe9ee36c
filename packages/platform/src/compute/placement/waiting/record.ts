/** How long one job of the platform waited on a resource. */
export type WaitRecord = {
  /** Milliseconds. */
  submittedAt: number;
  /** Until it started or was withdrawn; null while it still waits. */
  waitedSeconds: number | null;
  /** False while it waits, and for good when it was withdrawn: it would have waited longer, nobody knows how much. */
  started: boolean;
  nodes: number;
  /** On all nodes together. */
  cores: number;
  /** What it asked for. */
  durationSeconds: number;
};

/** When it left the queue, in milliseconds; never, as far as is known, while it waits. */
export const leftAt = ({ submittedAt, waitedSeconds }: WaitRecord): number =>
  waitedSeconds === null ? Number.POSITIVE_INFINITY : submittedAt + waitedSeconds * 1_000;

/** Seconds, with the interval that is meant to hold 80 % of jobs like it. */
export type Waiting = { expected: number; low: number; high: number };

/** What waiting depends on, as far as it is known before a job is submitted. Sizes as logarithms. */
export type Traits = {
  nodes: number;
  cores: number;
  duration: number;
  /** ln(1 + jobs of the platform that wait already). */
  ahead: number;
  /** Milliseconds. */
  submittedAt: number;
  /** Hour of the day (UTC), with fractions. */
  hour: number;
};

/** A record as the model keeps it. */
export type Past = { record: WaitRecord; traits: Traits; left: number; index: number };

export const traitsOf = (
  job: { nodes: number; cores: number; durationSeconds: number },
  submittedAt: number,
  ahead: number,
): Traits => ({
  nodes: Math.log(job.nodes),
  cores: Math.log(job.cores),
  duration: Math.log(job.durationSeconds),
  ahead: Math.log1p(ahead),
  submittedAt,
  hour: (submittedAt / 3_600_000) % 24,
});
