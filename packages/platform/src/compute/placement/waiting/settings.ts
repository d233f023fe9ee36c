/** How the model weighs what it has seen. Chosen on simulated queues; see docs/decisions/0012-placement.md. */
export type WaitingSettings = {
  /** Records that it looks at, the newest ones. */
  records: number;
  /** A record counts half as much for every so many newer ones. */
  halfLifeRecords: number;
  /** And half as much for every so many seconds of age. */
  halfLifeSeconds: number;
  /** By so much may size and duration differ, as a natural logarithm, until a record counts 1/e. */
  likeness: number;
  /** The same for the number of jobs that waited already. */
  ahead: number;
  /** And hours between the times of the day. */
  hours: number;
  /** What the prior counts, in records that are just like the job. */
  prior: number;
  /** Whether jobs that have not started count as "at least so long"; if not, they are left out. */
  censored: boolean;
  /** Newest outcomes that the interval is widened by; 0 leaves it as it is. */
  widenBy: number;
};

export const waitingSettings: WaitingSettings = {
  records: 200,
  halfLifeRecords: 40,
  halfLifeSeconds: 2 * 86_400,
  likeness: 3,
  ahead: 1,
  hours: 6,
  prior: 1,
  censored: true,
  widenBy: 100,
};

/**
 * Seconds that a job waits on a queue of which nothing is known: half a minute to an hour in the middle, 5 seconds to
 * 5 hours in 80 of 100 cases. A guess, and meant to be wide: ten jobs that ran outweigh it.
 */
export const priorWaits: readonly number[] = [5, 30, 300, 3_000, 18_000];
