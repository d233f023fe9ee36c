/**
 * Named places between two effects where a test may kill the process. Each is passed on every run; none does anything
 * unless the configuration names it.
 */
export interface CrashPoints {
  reach(name: string): void;
}

/** For processes that are not under a crash test. */
export const noCrashPoints: CrashPoints = { reach: () => undefined };

/**
 * Kills this process with SIGKILL when the named point is reached for the n-th time.
 *
 * @param spec `NAME@N`, for example `campaign.proposed@7`
 */
export function createCrashPoints(spec: string | undefined): CrashPoints {
  if (spec === undefined) return noCrashPoints;
  const [wanted, times] = spec.split('@');
  let left = Number(times ?? 1);
  return {
    reach(name) {
      if (name !== wanted) return;
      left -= 1;
      if (left === 0) process.kill(process.pid, 'SIGKILL');
    },
  };
}
