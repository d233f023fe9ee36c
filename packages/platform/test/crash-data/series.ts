import { type Checkpoint, checkLedger } from '../crash/ledger.ts';
import type { Place, StoreKind } from './place.ts';
import { createRandom, type Outcome, type Result, type Trial } from './trial.ts';

/** A platform at a place of its own, and how a trial is run there. */
export type Scenario = {
  place: Place;
  run: (trial: Trial, random: () => number) => Promise<Outcome>;
  /** What was opened besides the place. */
  close?(): Promise<void>;
};
/** `opened` is told of the place as soon as there is one, ready or not. */
export type OpenScenario = (
  store: StoreKind,
  opened: (place: Place) => void,
) => Promise<Scenario | { missing: string }>;

export type Series = { results: Result[]; missing: string[]; kept: string[] };

const mostAtOnePlace = 6;

/** Trials that share a place, one after another; where one does not hold, the place is kept and another one is opened. */
async function runLane(
  trials: readonly Trial[],
  { seed, say, opened, open }: Options,
  { results, missing, kept }: Series,
): Promise<void> {
  let scenario: Scenario | undefined;
  let last: Checkpoint | undefined;
  const leave = async (keep: boolean): Promise<void> => {
    await scenario?.close?.();
    await scenario?.place.close({ keep });
    scenario = undefined;
    last = undefined;
  };
  try {
    for (const trial of trials) {
      const begun = Date.now();
      let outcome: Outcome;
      try {
        if (scenario === undefined) {
          const found = await open[trial.kind](trial.store, opened);
          if ('missing' in found) {
            missing.push(`${trial.kind} in ${trial.store}: ${found.missing}`);
            return;
          }
          scenario = found;
        }
        outcome = await scenario.run(trial, createRandom(seed * 1_000 + trial.number + 1));
        last = await checkLedger(scenario.place.server, scenario.place.token, last);
      } catch (error) {
        const broken = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
        outcome = { did: '', killed: '', broken };
      }
      const result = { ...outcome, trial, seconds: (Date.now() - begun) / 1_000 };
      results.push(result);
      say(result);
      if (result.broken.length === 0) continue;
      if (scenario !== undefined) kept.push(scenario.place.folder);
      await leave(true);
    }
  } finally {
    await leave(false);
  }
}

type Options = {
  seed: number;
  /** How many places there are at once. */
  atOnce: number;
  say: (result: Result) => void;
  opened: (place: Place) => void;
  open: Record<Trial['kind'], OpenScenario>;
};

/** Runs trials, each kind and store at places of its own, some at once. */
export async function runSeries(trials: readonly Trial[], options: Options): Promise<Series> {
  const lanes = new Map<string, Trial[]>();
  for (const trial of trials) {
    const name = `${trial.kind === 'uploads' ? 'imports' : trial.kind} ${trial.store}`;
    lanes.set(name, [...(lanes.get(name) ?? []), trial]);
  }
  const waiting = [...lanes.values()].flatMap((lane) =>
    Array.from({ length: Math.ceil(lane.length / mostAtOnePlace) }, (_, at) =>
      lane.slice(at * mostAtOnePlace, (at + 1) * mostAtOnePlace),
    ),
  );
  const series: Series = { results: [], missing: [], kept: [] };
  const work = async (): Promise<void> => {
    for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift())
      await runLane(lane, options, series);
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  series.results.sort((a, b) => a.trial.number - b.trial.number);
  return series;
}
