import { expectFrom } from './expect.ts';
import { leftAt, type Past, type Traits, traitsOf, type Waiting, type WaitRecord } from './record.ts';
import { type WaitingSettings, waitingSettings } from './settings.ts';

/** By how much an interval is made wider, as differences of logarithms. */
type Widening = { low: number; high: number };

/** What was learned from a history. Plain data, good until the history changes. */
export type LearnedQueue = { past: readonly Past[]; widening: Widening; settings: WaitingSettings };

type Prediction = { past: Past; raw: Waiting };

/** A minute more matters when one waits for a minute, not when one waits for a day. */
const bend = (seconds: number): number => Math.log(60 + seconds);
const moved = (seconds: number, by: number): number =>
  by === 0 ? seconds : Math.exp(bend(seconds) + by) - 60;

const widen = ({ expected, low, high }: Waiting, by: Widening): Waiting => ({
  expected,
  low: Math.max(0, moved(low, -by.low)),
  high: moved(high, by.high),
});

/** The value that 9 of 10 do not exceed, counted for one more that comes; never below 0. */
function ninetieth(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.min(sorted.length, Math.ceil(0.9 * (sorted.length + 1)));
  return Math.max(0, sorted[rank - 1] ?? 0);
}

/**
 * By how much the model's own intervals were missed, at each end, by the newest jobs (conformal prediction after
 * Romano, Patterson and Candès 2019): what holds 9 of 10 at each end holds 80 % of all. It only ever widens.
 */
function wideningFrom(ended: readonly Prediction[], settings: WaitingSettings): Widening {
  if (settings.widenBy === 0) return { low: 0, high: 0 };
  const below: number[] = [];
  const above: number[] = [];
  for (const { past, raw } of ended.slice(-settings.widenBy)) {
    const waited = bend(past.record.waitedSeconds ?? 0);
    above.push(waited - bend(raw.high));
    // Of a job that was withdrawn it is only known that it did not wait less.
    below.push(past.record.started ? bend(raw.low) - waited : Number.NEGATIVE_INFINITY);
  }
  return { low: ninetieth(below), high: ninetieth(above) };
}

/** A record, and what would have been said of it when it was submitted, from what was known then. */
export type Replayed = { record: WaitRecord; predicted: Waiting };

/**
 * Goes through a history, oldest submission first, and predicts every job from what was known when it was submitted:
 * an outcome counts from the moment that it came about. `told` sees each prediction before its outcome is used.
 */
function replay(
  records: readonly WaitRecord[],
  settings: WaitingSettings,
  told: (replayed: Replayed) => void,
): { past: Past[]; settle: (now: number) => Widening } {
  let past: Past[] = [];
  let open: Prediction[] = [];
  let ended: Prediction[] = [];
  let widening: Widening = { low: 0, high: 0 };
  const settle = (now: number) => {
    const over = open.filter((each) => each.past.left <= now);
    if (over.length === 0) return widening;
    over.sort((a, b) => a.past.left - b.past.left);
    open = open.filter((each) => each.past.left > now);
    // A withdrawn job tells something of an interval only where it had waited longer than that.
    const telling = over.filter(
      ({ past: { record }, raw }) => record.started || record.waitedSeconds! > raw.high,
    );
    ended = [...ended, ...telling].slice(-Math.max(1, settings.widenBy));
    widening = wideningFrom(ended, settings);
    return widening;
  };
  for (const [index, record] of records.entries()) {
    const now = record.submittedAt;
    settle(now);
    const traits = traitsOf(record, now, aheadOf(past, now));
    const raw = expectFrom(past, traits, settings);
    told({ record, predicted: widen(raw, widening) });
    const entry: Past = { record, traits, left: leftAt(record), index };
    past = [...(past.length >= settings.records ? past.slice(1) : past), entry];
    open.push({ past: entry, raw });
  }
  return { past, settle };
}

/** Jobs of the platform that were waiting at a moment. */
function aheadOf(past: readonly Past[], now: number): number {
  let count = 0;
  for (const { left } of past) if (left > now) count++;
  return count;
}

/** Every job of a history with what would have been said of it. Records are sorted by their submission. */
export function replayed(records: readonly WaitRecord[], settings: WaitingSettings): Replayed[] {
  const all: Replayed[] = [];
  replay(inOrder(records), settings, (each) => all.push(each));
  return all;
}

/** What still waits comes after everything that did not. */
const waitedOf = ({ waitedSeconds }: WaitRecord): number => waitedSeconds ?? Number.MAX_VALUE;

const inOrder = (records: readonly WaitRecord[]): WaitRecord[] =>
  [...records].sort((a, b) => a.submittedAt - b.submittedAt || waitedOf(a) - waitedOf(b));

/**
 * Learns a queue from its records up to now. Only the newest ones count: as many as the model looks at, and as many
 * before them as it takes to see how well it did. Takes some milliseconds where there are that many, so that whoever
 * places often keeps what was learned until there is a new record.
 */
export function learnQueue(
  records: readonly WaitRecord[],
  now: number,
  settings: WaitingSettings = waitingSettings,
): LearnedQueue {
  const known = inOrder(records.filter(({ submittedAt }) => submittedAt <= now));
  const { past, settle } = replay(known.slice(-settings.records - settings.widenBy), settings, () => {});
  const widening = settle(now);
  // In the order of the waits, which is the order that an expectation needs: sorting it again costs little.
  const sorted = past.sort((a, b) => waitedOf(a.record) - waitedOf(b.record));
  return { past: sorted, widening, settings };
}

/** What a job that is submitted now would wait. */
export function expectWaiting(
  queue: LearnedQueue,
  job: { nodes: number; cores: number; durationSeconds: number },
  now: number,
): Waiting {
  const traits: Traits = traitsOf(job, now, aheadOf(queue.past, now));
  return widen(expectFrom(queue.past, traits, queue.settings), queue.widening);
}
