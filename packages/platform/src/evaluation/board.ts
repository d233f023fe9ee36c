import type { RankedEntry } from '@genesis/evidence';
import type { ReadScope } from '../door/index.ts';
import type { RankRequest } from './functions.ts';
import type { UnitLosses } from './losses.ts';
import type { EvaluationParts } from './parts.ts';
import { type FoundEvaluation, listSubmissions, type SubmissionRow } from './store.ts';

const ranking = { module: new URL('./functions.ts', import.meta.url), name: 'rank' };
/** Boards that this process keeps; they are the same whoever computes them. */
const mostKept = 50;

/** What may be told of a score: more digits would tell more of the rows than of the model (Blum and Hardt 2015). */
export const told = (value: number): number => Number(value.toPrecision(3));

export type Placed = {
  submission: SubmissionRow;
  /** Null for one that is not scored. */
  place: RankedEntry | null;
};

async function lossesOfRow(parts: EvaluationParts, row: SubmissionRow): Promise<UnitLosses> {
  const chunks: Buffer[] = [];
  for await (const chunk of parts.blobs.openSealed(row.losses!)) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as UnitLosses;
}

const rounded = ({ score, interval, ...place }: RankedEntry): RankedEntry => ({
  ...place,
  score: told(score),
  interval: interval && { ...interval, lo: told(interval.lo), hi: told(interval.hi) },
});

/** Boards by what stands on them, so that one is computed once for each set of scored submissions. */
export const createBoards = (parts: EvaluationParts) => {
  const kept = new Map<string, Promise<RankedEntry[]>>();
  const ranked = (found: FoundEvaluation, scored: readonly SubmissionRow[]): Promise<RankedEntry[]> => {
    const key = scored.map(({ id }) => id).join(' ');
    const before = kept.get(key);
    if (before !== undefined) return before;
    const made = (async () => {
      const { metric, seed } = found.row.settings;
      const entries: { id: string; losses: UnitLosses }[] = [];
      for (const row of scored) entries.push({ id: row.id, losses: await lossesOfRow(parts, row) });
      return parts.functions.call<RankRequest, RankedEntry[]>(ranking, { metric, seed, entries });
    })();
    kept.set(key, made);
    made.catch(() => kept.delete(key));
    for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest);
    return made;
  };
  /** All submissions: the scored ones by their place, then those that wait, then those that failed. */
  return async (scope: ReadScope, found: FoundEvaluation): Promise<Placed[]> => {
    const all = await listSubmissions(scope, found.row.id);
    const scored = all.filter(({ state }) => state === 'scored');
    const places = scored.length === 0 ? [] : await ranked(found, scored);
    const rows = new Map(all.map((row) => [row.id, row]));
    return [
      ...places.map((place) => ({ submission: rows.get(place.id)!, place: rounded(place) })),
      ...['queued', 'failed'].flatMap((state) =>
        all.filter((row) => row.state === state).map((submission) => ({ submission, place: null })),
      ),
    ];
  };
};
