import { GenesisError } from '@genesis/contracts';

export type Breaker = {
  /** Throws `unavailable` while the facility is left alone. Of those that wait, one is let through to try it. */
  enter(): void;
  succeeded(): void;
  /** `askedMs`: how long the facility asks to be left alone; it is, up to a bound, also after one failure. */
  failed(askedMs?: number): void;
  /** The one that was let through says nothing about the facility. */
  untold(): void;
};

/** The longest time that a facility is left alone because it asks for it. */
const mostAskedMs = 600_000;

/**
 * Leaves a facility alone that has failed several times in a row: calls then fail at once instead of waiting for it,
 * until the pause is over and one call has tried it again.
 */
export function createBreaker(
  facility: string,
  { failures, pauseMs }: { failures: number; pauseMs: number },
  warn: (message: string) => void,
  now: () => number = () => performance.now(),
): Breaker {
  let inARow = 0;
  let openUntil: number | null = null;
  let trying = false;
  const open = (askedMs: number): void => {
    openUntil = now() + Math.max(pauseMs, Math.min(askedMs, mostAskedMs));
    trying = false;
  };
  return {
    enter() {
      if (openUntil === null) return;
      const leftMs = openUntil - now();
      if (leftMs > 0 || trying)
        throw new GenesisError({
          code: 'unavailable',
          message: `${facility} has not answered ${inARow} times in a row; it is left alone for a while. Its jobs go on.`,
          retryAfterSeconds: Math.max(1, Math.ceil(Math.max(leftMs, pauseMs / 10) / 1_000)),
        });
      trying = true;
    },
    succeeded() {
      if (openUntil !== null) warn(`${facility} answers again.`);
      inARow = 0;
      openUntil = null;
      trying = false;
    },
    failed(askedMs = 0) {
      inARow += 1;
      if (openUntil === null && inARow < failures && askedMs === 0) return;
      if (openUntil === null)
        warn(`${facility} does not answer; it is left alone for a while and tried again.`);
      open(askedMs);
    },
    untold() {
      trying = false;
    },
  };
}
