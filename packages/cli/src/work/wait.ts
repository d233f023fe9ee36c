import { setTimeout as wait } from 'node:timers/promises';

/** Asks again and again until the answer is not undefined; each time after a short pause. Aborts with the signal. */
export async function until<Answer>(
  ask: () => Promise<Answer | undefined>,
  signal: AbortSignal,
  everyMs = 250,
): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await wait(everyMs, undefined, { signal });
  }
}
