/** Times and bounds of the conversation with one facility. Tests use shorter ones. */
export type Tempo = {
  /** Longest time of one call, its answer included. */
  callTimeoutMs: number;
  /** Times that a call which may pass is made, the first included. */
  attempts: number;
  /** First pause before a call is made again; it doubles, and a part of it is drawn by chance. */
  retryMs: number;
  /** A facility that asks to wait longer than this is left alone instead. */
  mostRetryAfterMs: number;
  /** Calls that may fail in a row before the facility is left alone, and for how long. */
  breakerFailures: number;
  breakerPauseMs: number;
  /** Pauses between two looks at a task: the first, and the longest. */
  taskFirstMs: number;
  taskMostMs: number;
  taskDeadlineMs: number;
  /** Pauses between two looks at the jobs: the shortest, and the longest when nothing changes. */
  pollFirstMs: number;
  pollMostMs: number;
  /** Looks that must find a job ended, or gone, before its end is told without its own outcome. */
  patience: number;
  /** Time for which a facility may know nothing of a job that it has taken, or not show it yet. */
  absentMs: number;
};

export const standardTempo: Tempo = {
  callTimeoutMs: 60_000,
  attempts: 4,
  retryMs: 500,
  mostRetryAfterMs: 60_000,
  breakerFailures: 6,
  breakerPauseMs: 30_000,
  taskFirstMs: 50,
  taskMostMs: 3_000,
  taskDeadlineMs: 600_000,
  pollFirstMs: 500,
  pollMostMs: 5_000,
  patience: 3,
  absentMs: 60_000,
};
