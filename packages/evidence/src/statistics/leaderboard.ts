import { seededUniform } from './seeded.ts';

const resamples = 2000;
const permutations = 9999;
const level = 0.95;
/** Only so many of the best are tested against each other: the number of pairs grows with the square. */
const mostTested = 30;

/** Losses of one entry, summed over the rows of each unit, in the order of the units. */
export type EntryLosses = { id: string; sums: Float64Array };
/** How the mean loss becomes the score that is shown: as it is, or its root (squared losses). */
export type ScoreForm = 'mean' | 'root';

export type RankedEntry = {
  id: string;
  score: number;
  /** Percentile bootstrap over units; null below two units. */
  interval: { lo: number; hi: number; level: number } | null;
  /** One more than the number of entries that are better, as the paired tests tell. */
  rank: number;
  /** Those from which no test tells it apart; empty for one that was not tested. */
  tiedWith: string[];
  /** False beyond the best thirty: those share the rank after them. */
  tested: boolean;
};

const scoreOf = (sums: Float64Array, rows: number, form: ScoreForm): number => {
  let total = 0;
  for (const sum of sums) total += sum;
  return form === 'root' ? Math.sqrt(total / rows) : total / rows;
};

function intervalsOf(
  counts: Int32Array,
  entries: readonly EntryLosses[],
  form: ScoreForm,
  seed: string,
): RankedEntry['interval'][] {
  const units = counts.length;
  if (units < 2) return entries.map(() => null);
  const chosen = new Int32Array(units);
  const fill = seededUniform(`${seed}/intervals`);
  const scores = entries.map(() => new Float64Array(resamples));
  for (let resample = 0; resample < resamples; resample++) {
    fill(chosen, units);
    let rows = 0;
    for (const unit of chosen) rows += counts[unit]!;
    entries.forEach(({ sums }, index) => {
      let total = 0;
      for (const unit of chosen) total += sums[unit]!;
      scores[index]![resample] = form === 'root' ? Math.sqrt(total / rows) : total / rows;
    });
  }
  const low = Math.floor(((1 - level) / 2) * resamples);
  return scores.map((all) => {
    const sorted = all.sort();
    return { lo: sorted[low]!, hi: sorted[resamples - 1 - low]!, level };
  });
}

/**
 * How likely a difference at least this large in favour of the better one is, were the two as good: the sign of each
 * unit's difference drawn anew, one-sided. The share counts the observed one, so it is never 0 (Phipson and Smyth 2010).
 */
function pairedP(better: Float64Array, worse: Float64Array, seed: string): number {
  const differences = worse.map((sum, unit) => sum - better[unit]!).filter((difference) => difference !== 0);
  const observed = differences.reduce((sum, one) => sum + one, 0);
  const fill = seededUniform(seed);
  const words = new Int32Array(Math.ceil(differences.length / 16));
  let reached = 1;
  for (let permutation = 0; permutation < permutations; permutation++) {
    fill(words, 65_536);
    let sum = 0;
    for (let unit = 0; unit < differences.length; unit++)
      sum += ((words[unit >> 4]! >> (unit & 15)) & 1) === 0 ? differences[unit]! : -differences[unit]!;
    if (sum >= observed * (1 - 1e-12)) reached++;
  }
  return reached / (permutations + 1);
}

/** Pairs whose test holds at `alpha` when all are looked at together (Holm 1979). */
function holm<Pair extends { p: number }>(pairs: readonly Pair[], alpha: number): Set<Pair> {
  const held = new Set<Pair>();
  const ascending = pairs.toSorted((a, b) => a.p - b.p);
  for (const [index, pair] of ascending.entries()) {
    if (pair.p > alpha / (pairs.length - index)) break;
    held.add(pair);
  }
  return held;
}

/**
 * Ranks entries that were scored on the same rows. Units are what stays together when rows are cut: a replicate, a
 * machine, a family; they are resampled and tested as wholes, since rows within one are no independent evidence. One entry
 * counts as better than another where a paired sign-flip test of their losses holds among all such tests (Holm, 5 %), and
 * a rank is one more than the number of better ones: what no test tells apart is tied, however the scores differ.
 *
 * Time grows with units × permutations × pairs of the tested: 30 entries on 1,000 units take some 5 s.
 *
 * @param counts rows of each unit
 */
export function rankEntries(
  counts: Int32Array,
  entries: readonly EntryLosses[],
  form: ScoreForm,
  seed: string,
): RankedEntry[] {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (rows === 0) throw new Error('there is no row to rank by');
  const intervals = intervalsOf(counts, entries, form, seed);
  const sorted = entries
    .map(({ id, sums }, index) => ({
      id,
      sums,
      score: scoreOf(sums, rows, form),
      interval: intervals[index]!,
    }))
    .sort((a, b) => a.score - b.score || (a.id < b.id ? -1 : 1));
  const tested = sorted.slice(0, mostTested);
  const pairs = tested.flatMap((better, index) =>
    tested.slice(index + 1).map((worse) => ({
      ...{ better: better.id, worse: worse.id },
      p: pairedP(better.sums, worse.sums, `${seed}/${better.id}/${worse.id}`),
    })),
  );
  const held = holm(pairs, 1 - level);
  return sorted.map(({ id, score, interval }, index) => {
    const isTested = index < mostTested;
    const ofIt = pairs.filter((pair) => pair.better === id || pair.worse === id);
    return {
      ...{ id, score, interval, tested: isTested },
      rank: isTested ? 1 + ofIt.filter((pair) => pair.worse === id && held.has(pair)).length : mostTested + 1,
      tiedWith: ofIt
        .filter((pair) => !held.has(pair))
        .map(({ better, worse }) => (better === id ? worse : better)),
    };
  });
}
