import { type Checkpoint, checkLedger } from '../crash/ledger.ts';
import { namesToForget } from './checks.ts';
import { openPlace, type Place } from './place.ts';
import { isFar, runsOf, type Trial } from './schedule.ts';
import { type Result, runTrial } from './trial.ts';

export type Series = { results: Result[]; missing: string | null };

/** Names of what is over are forgotten a minute after Slurm has confirmed it. */
const forgetMs = 90_000;

/** What is left once nothing is to be expected any more. */
async function untilForgotten(place: Place): Promise<string[]> {
  const begun = Date.now();
  while (namesToForget(place).length > 0 && Date.now() - begun < forgetMs)
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  return namesToForget(place).map((name) => `not forgotten after ${forgetMs / 1_000} s: ${name}`);
}

/**
 * Trials one after the other on one platform and one Slurm. After one that fails the next begins on new ones, and the
 * folders of the failed one stay. `patient`: waits at the end until nothing at all is left, which takes a minute.
 */
export async function runSeries(
  trials: readonly Trial[],
  how: {
    /** In each batch; less at a facility. */
    runs: number;
    patient: boolean;
    say: (result: Result, place: Place) => void;
    /** Told of each new place, for whoever has to end it before its time. */
    opened?: (place: Place) => void;
    /** Whoever aborts this ends the place, and the process. */
    interrupted?: AbortSignal;
  },
): Promise<Series> {
  const { patient, say, opened, interrupted } = how;
  const results: Result[] = [];
  const withFacility = trials.some(({ kind }) => isFar(kind));
  let place: Place | undefined;
  let last: Checkpoint | undefined;
  for (const trial of trials) {
    const isNew = place === undefined;
    const found: Place | { missing: string } = place ?? (await openPlace(withFacility));
    if ('missing' in found) return { results, missing: found.missing };
    place = found;
    const { server, slurm } = place;
    if (isNew) {
      last = undefined;
      opened?.(place);
    }
    const begun = Date.now();
    const runs = runsOf(trial.kind, how.runs);
    let result: Result;
    try {
      result = await runTrial(place, trial, runs);
      last = await checkLedger(server, place.researcher.token, last);
      if (patient && trial === trials.at(-1)) result.broken.push(...(await untilForgotten(place)));
    } catch (error) {
      if (interrupted?.aborted === true) return await new Promise<never>(() => {});
      result = failedTrial(trial, runs, error, (Date.now() - begun) / 1_000);
    }
    results.push(result);
    say(result, place);
    if (result.broken.length === 0) continue;
    result.folders = [place.folder, slurm.folder];
    await place.close({ keep: true });
    place = undefined;
  }
  await place?.close({ keep: false });
  return { results, missing: null };
}

/** A trial that came to no end of its own. */
const failedTrial = (trial: Trial, runs: number, error: unknown, seconds: number): Result => ({
  ...{ trial, runs, seconds, succeeded: 0, failed: {}, unknown: runs, startedTwice: 0, startedAgain: 0 },
  ...{ leftOver: 0, killed: false },
  broken: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
});
