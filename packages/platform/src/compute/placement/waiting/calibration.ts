import { replayed } from './learn.ts';
import { medianOfSorted } from './quantiles.ts';
import { leftAt, type WaitRecord } from './record.ts';
import { priorWaits, type WaitingSettings, waitingSettings } from './settings.ts';

/** How well waiting was foretold, on jobs that were held back in the order of time. */
export type Calibration = {
  /** Jobs that were judged. */
  jobs: number;
  /** Jobs that could not be: withdrawn before the end of the interval that was stated, or waiting for less than it. */
  undecided: number;
  /** The share whose wait lay in the interval that is stated to hold 80 %. */
  coverage: number;
  /** The binomial 99 % interval of that share. */
  coverageLow: number;
  coverageHigh: number;
  /** False if the stated 80 % is above even the upper end: the intervals are too narrow. */
  holds: boolean;
  /** Seconds, over the jobs that started. */
  medianAbsoluteError: number;
  /** The same for the median of every wait that had ended by then. */
  naiveError: number;
};

/** The first jobs meet a model that knows nothing of the queue: what is judged there is the prior. */
const warmUp = 20;
const stated = 0.8;
/** Quantile of the normal distribution, for 99 % on both sides. */
const z = 2.5758293035489;

/**
 * The score interval of a proportion (Wilson 1927). It takes the jobs for independent; those of one burst are not, so
 * that in truth it is somewhat wider.
 */
export function proportionInterval(hits: number, of: number): { low: number; high: number } {
  const share = hits / of;
  const middle = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

function insert(sorted: number[], value: number): void {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, value);
}

/** The median of every wait that had ended by a moment, for moments that rise. */
function naiveBaseline(records: readonly WaitRecord[]): (now: number) => number {
  const started = records
    .filter((record) => record.started)
    .map((record) => ({ at: leftAt(record), waited: record.waitedSeconds! }))
    .sort((a, b) => a.at - b.at);
  const known: number[] = [];
  let next = 0;
  return (now) => {
    for (; next < started.length && started[next]!.at <= now; next++) insert(known, started[next]!.waited);
    return medianOfSorted(known) ?? priorWaits[2]!;
  };
}

const medianOf = (values: number[]): number => medianOfSorted(values.sort((a, b) => a - b)) ?? 0;

/**
 * Predicts every job from what was known when it was submitted, and compares. Null where the history has no job to
 * judge: twenty come first. A job that has not started is outside of the interval if it has waited longer than that,
 * and else undecided: left out, which flatters a queue that many give up on, so `undecided` is told beside it. Where many waits are equal (none, on an idle machine), an interval holds more than it states.
 */
export function calibration(
  records: readonly WaitRecord[],
  now: number,
  settings: WaitingSettings = waitingSettings,
): Calibration | null {
  const naive = naiveBaseline(records);
  const errors: number[] = [];
  const naiveErrors: number[] = [];
  let jobs = 0;
  let hits = 0;
  let undecided = 0;
  for (const [index, { record, predicted }] of replayed(records, settings).entries()) {
    const baseline = naive(record.submittedAt);
    if (index < warmUp) continue;
    const waited = record.waitedSeconds ?? Math.max(0, now - record.submittedAt) / 1_000;
    if (!record.started && waited <= predicted.high) {
      undecided++;
      continue;
    }
    jobs++;
    if (!record.started) continue;
    // A wait that equals an end of the interval is in it, however its seconds were rounded.
    if (waited >= predicted.low - 1e-6 && waited <= predicted.high + 1e-6) hits++;
    errors.push(Math.abs(waited - predicted.expected));
    naiveErrors.push(Math.abs(waited - baseline));
  }
  if (jobs === 0) return null;
  const { low, high } = proportionInterval(hits, jobs);
  return {
    jobs,
    undecided,
    coverage: hits / jobs,
    coverageLow: low,
    coverageHigh: high,
    holds: high >= stated,
    medianAbsoluteError: medianOf(errors),
    naiveError: medianOf(naiveErrors),
  };
}
