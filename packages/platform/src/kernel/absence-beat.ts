import { setImmediate, setTimeout } from 'node:timers/promises';

/** Answers that something is not there leave at a multiple of this after their request came; a lookup takes a fifth of it on an idle machine. */
const beatMs = 20;
/** A timer is late or early by up to this; the rest is waited for turn by turn. */
const timerMs = 2;

/**
 * Waits for the next beat of a request. What is hidden and what never was take different work by some hundredths of a
 * millisecond, whatever is done to make them alike; what leaves on the beat tells nothing of it.
 *
 * @param elapsed milliseconds since the request came
 */
export async function untilBeat(elapsed: () => number): Promise<void> {
  const due = beatMs * Math.ceil(elapsed() / beatMs);
  const rough = due - elapsed() - timerMs;
  if (rough >= 1) await setTimeout(rough);
  while (elapsed() < due) await setImmediate();
}
