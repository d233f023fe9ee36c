import { type Checkpoint, checkLedger } from '../crash/ledger.ts';
import { openPlace, type Place, type StoreKind } from './place.ts';
import { type Result, runTrial, type Trial } from './trial.ts';

/** Runs trials one after another, each store at one place of its own; where one does not hold, the place is kept. */
export async function runSeries(
  trials: readonly Trial[],
  seed: number,
  say: (result: Result) => void,
  opened: (place: Place) => void = () => undefined,
): Promise<{ results: Result[]; missing: string | null; kept: string[] }> {
  const places = new Map<StoreKind, Place>();
  const checkpoints = new Map<Place, Checkpoint>();
  const results: Result[] = [];
  const kept: string[] = [];
  const failed = new Set<Place>();
  try {
    for (const trial of trials) {
      const place = places.get(trial.store) ?? (await openPlace(trial.store));
      if ('missing' in place) return { results, missing: place.missing, kept };
      if (!places.has(trial.store)) opened(place);
      places.set(trial.store, place);
      const begun = Date.now();
      let result: Result;
      try {
        result = await runTrial(place, trial, seed);
        checkpoints.set(place, await checkLedger(place.server, place.token, checkpoints.get(place)));
      } catch (error) {
        const broken = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
        result = { trial, resumed: 0, seconds: (Date.now() - begun) / 1_000, broken };
      }
      results.push(result);
      say(result);
      if (result.broken.length === 0) continue;
      failed.add(place);
      kept.push(place.folder);
      places.delete(trial.store);
      await place.close({ keep: true });
    }
    return { results, missing: null, kept };
  } finally {
    for (const place of places.values()) await place.close({ keep: failed.has(place) });
  }
}
