import { setTimeout as wait } from 'node:timers/promises';
import { dataOf, type GenesisClient, ProblemError, UnreachableError } from '@genesis/client';
import type { Call } from '../command.ts';
import { StepError } from '../failure.ts';
import { plain } from '../terminal/plain.ts';

/** What may pass by itself while a person is entering a code: the server restarts, the provider is slow. */
const passes = (error: unknown): boolean =>
  error instanceof UnreachableError ||
  (error instanceof ProblemError && error.problem.code === 'unavailable');

/**
 * Begins a sign-in, shows where to enter which code, and waits until the person has done so, no longer than the code is
 * valid. Ctrl-C ends it; a code that nobody enters comes to nothing.
 */
export async function waitForDevice(
  call: Call,
  { api }: GenesisClient,
  provider: string,
): Promise<{ token: string; name: string; endsAt: number }> {
  const { signal } = call;
  const path = { provider };
  const begun = dataOf(await api.POST('/v1/sign-in/{provider}/device', { params: { path }, signal }));
  const { id, secret, expiresInSeconds, intervalSeconds } = begun;
  call.say(`Open ${plain(begun.verificationUri)} and enter the code ${plain(begun.userCode)}`);
  if (begun.verificationUriComplete !== undefined)
    call.say(`or open ${plain(begun.verificationUriComplete)} and compare the code.`);
  const seconds = Math.floor(expiresInSeconds);
  const progress = call.progress();
  const began = performance.now();
  try {
    for (;;) {
      const passed = (performance.now() - began) / 1000;
      if (passed >= expiresInSeconds)
        throw new StepError('Nobody entered the code in time. Run "genesis login" again.');
      const done = Math.min(Math.floor(passed), seconds);
      progress.show([{ name: 'waiting for the browser', done, of: seconds, note: 'seconds' }]);
      await wait(intervalSeconds * 1000, undefined, { signal });
      try {
        const params = { path: { provider, id } };
        const answer = dataOf(
          await api.POST('/v1/sign-in/{provider}/device/{id}', { params, body: { secret }, signal }),
        );
        if (answer.state === 'signed-in') return answer;
      } catch (error) {
        if (signal.aborted || !passes(error)) throw error;
      }
    }
  } finally {
    progress.end();
  }
}
