import type { Goal } from '@genesis/contracts';
import { isBetter } from '@genesis/explorer';
import { shownValue } from './best.ts';
import type { ExperimentFacts } from './facts.ts';
import type { Band, ProgressReport } from './model.ts';

/** From this many repeats on a band shows the quartiles; the range of fewer says more. */
const repeatsForQuartiles = 4;

/** The value below which the share `p` of ascending numbers lies, interpolated; safe up to the largest numbers. */
function quantile(sorted: readonly number[], p: number): number {
  const place = p * (sorted.length - 1);
  const low = sorted[Math.floor(place)]!;
  const high = sorted[Math.ceil(place)]!;
  const share = place - Math.floor(place);
  return low * (1 - share) + high * share;
}

/** Median and spread of one value for each repeat; at least one value. */
export function bandOf(values: readonly number[]): Band {
  const sorted = [...values].sort((a, b) => a - b);
  const outer = sorted.length >= repeatsForQuartiles ? 0.25 : 0;
  return { median: quantile(sorted, 0.5), low: quantile(sorted, outer), high: quantile(sorted, 1 - outer) };
}

/** Best measured value after each experiment of one repeat; null before the first. */
function bestSoFar(goal: Goal, experiments: readonly ExperimentFacts[]): (number | null)[] {
  let best: number | null = null;
  return experiments.map(({ outcome }) => {
    if (outcome?.status === 'measured' && (best === null || isBetter(goal, outcome.value, best)))
      best = outcome.value;
    return best;
  });
}

/** One arm's way, from the recorded experiments of each of its repeats in order of index. */
export function progressOf(goal: Goal, repeats: readonly (readonly ExperimentFacts[])[]): ProgressReport {
  const lines = repeats
    .map((one) => bestSoFar(goal, one))
    .filter((line) => line.some((value) => value !== null));
  const reach = lines.reduce((least, line) => Math.min(least, line.length), Number.POSITIVE_INFINITY);
  const points: ProgressReport['points'] = [];
  for (let i = 0; i < reach && lines.length > 0; i++) {
    const values = lines.flatMap((line) => line[i] ?? []);
    if (values.length < lines.length) continue;
    points.push({ experiment: i + 1, ...bandOf(values.map((value) => shownValue(goal, value))) });
  }
  return { repeats: lines.length, points, singles: singlesOf(goal, repeats), misses: missesOf(repeats) };
}

const singlesOf = (
  goal: Goal,
  repeats: readonly (readonly ExperimentFacts[])[],
): ProgressReport['singles'] =>
  repeats.length !== 1
    ? []
    : repeats[0]!.flatMap(({ outcome, index }) =>
        outcome?.status === 'measured'
          ? [{ experiment: index + 1, value: shownValue(goal, outcome.value) }]
          : [],
      );

function missesOf(repeats: readonly (readonly ExperimentFacts[])[]): ProgressReport['misses'] {
  const misses = new Map<number, { experiment: number; failed: number; censored: number }>();
  for (const { index, outcome } of repeats.flat()) {
    if (outcome === null || outcome.status === 'measured') continue;
    const miss = misses.get(index) ?? { experiment: index + 1, failed: 0, censored: 0 };
    miss[outcome.status] += 1;
    misses.set(index, miss);
  }
  return [...misses.values()].sort((a, b) => a.experiment - b.experiment);
}
