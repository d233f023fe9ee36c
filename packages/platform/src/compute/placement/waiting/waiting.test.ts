import fc from 'fast-check';
import { expect, test } from 'vitest';
import { priorWaiting } from './expect.ts';
import { expectWaiting, learnQueue } from './learn.ts';
import { censoredQuantiles, type Observation } from './quantiles.ts';
import type { WaitRecord } from './record.ts';

const minute = 60_000;
const now = 1_000 * 60 * minute;
const job = { nodes: 1, cores: 32, durationSeconds: 3_600 };
/** Submitted so many minutes ago. */
const record = (ago: number, waitedSeconds: number | null, change: Partial<WaitRecord> = {}): WaitRecord => ({
  ...job,
  submittedAt: now - ago * minute,
  waitedSeconds,
  started: waitedSeconds !== null,
  ...change,
});
const many200 = Array.from({ length: 200 }, (_, i) => 300 + i);
const many = (count: number, of: (index: number) => WaitRecord) =>
  Array.from({ length: count }, (_, i) => of(i));
const expected = (records: WaitRecord[], asked = job) => expectWaiting(learnQueue(records, now), asked, now);

test('nothing is known without a record: the prior, which is wide', () => {
  expect(expected([])).toEqual(priorWaiting);
  expect(priorWaiting).toEqual({ low: 5, expected: 300, high: 18_000 });
});

test('a few jobs that ran outweigh the prior', () => {
  expect(expected(many(10, (i) => record(60 * (10 - i), 1_200))).expected).toBe(1_200);
  expect(expected(many(60, (i) => record(30 * (60 - i), 1_200)))).toEqual({
    low: 1_200,
    expected: 1_200,
    high: 1_200,
  });
});

test('what is recent counts more than what is old', () => {
  const changed = [...many(100, (i) => record(500 - i, 10)), ...many(40, (i) => record(300 - 5 * i, 250))];
  expect(expected(changed).expected).toBe(250);
  expect(expected(many(60, (i) => record(60 * 24 * 60 + i, 10))).expected).toBe(priorWaiting.expected);
});

test('what is alike counts more: size, duration, and how many wait already', () => {
  const large = { nodes: 64, cores: 2_048, durationSeconds: 86_400 };
  const mixed = many(100, (i) =>
    i % 2 === 0 ? record(1_010 - 10 * i, 30) : record(1_010 - 10 * i, 500, large),
  );
  expect(expected(mixed).expected).toBe(30);
  expect(expected(mixed, large).expected).toBe(500);
  const idle = many(30, (i) => record(3_000 - 60 * i, 30));
  const burst = many(30, (i) => record(1_000, 600 + 60 * i));
  expect(expected([...idle, ...burst]).expected).toBeLessThan(600);
  const behind = many(20, () => record(1, null));
  expect(expected([...idle, ...burst, ...behind]).expected).toBeGreaterThan(900);
});

test('what came at the same time of the day counts more, around midnight too', () => {
  // In turns at 23 and at 11 o'clock, the newest at 11; asked at one in the night.
  const night = now + 9 * 60 * minute;
  expect(new Date(night).getUTCHours()).toBe(1);
  const days = many(60, (i) => ({
    ...record(0, i % 2 === 0 ? 4_000 : 20),
    submittedAt: night - (14 + 12 * (59 - i)) * 60 * minute,
  }));
  expect(expectWaiting(learnQueue(days, night), job, night).expected).toBe(4_000);
});

test('only the newest records are kept', () => {
  const { past } = learnQueue(
    many(500, (i) => record(5_000 - i, i)),
    now,
  );
  expect(past.map(({ record: { waitedSeconds } }) => waitedSeconds)).toEqual(many200);
});

test('jobs that still wait make the expectation longer; left out, they would make it shorter', () => {
  const ran = many(40, (i) => record(2_000 - 10 * i, 60));
  const waits = many(20, (i) => record(600 - i, null));
  expect(expected(ran).expected).toBe(60);
  const { expected: median, high } = expected([...ran, ...waits]);
  expect(median).toBeGreaterThan(30_000);
  expect(high).toBeGreaterThan(36_000);
});

test('a job that was withdrawn counts as at least so long, not as so long', () => {
  const ran = many(40, (i) => record(2_000 - 10 * i, i % 2 === 0 ? 60 : 7_200));
  const ended = expected([...ran, ...many(15, (i) => record(300 - i, 600))]);
  const withdrawn = expected([...ran, ...many(15, (i) => record(300 - i, 600, { started: false }))]);
  expect(withdrawn.expected).toBeGreaterThan(ended.expected);
});

test('an outcome counts from the moment it came about: a record of the future changes nothing', () => {
  const known = many(30, (i) => record(600 - i, 60 + i));
  const future = record(-5, 1e6);
  expect(learnQueue([...known, future], now)).toEqual(learnQueue(known, now));
  const running = learnQueue([...known, record(1, 1e6)], now);
  const waiting = learnQueue([...known, record(1, null)], now);
  expect(expectWaiting(running, job, now)).toEqual(expectWaiting(waiting, job, now));
});

test('intervals that were missed are made wider', () => {
  // Ever longer: every one of them waits longer than all before.
  const rising = many(60, (i) => record(60 * (200 - i), 100 * 1.1 ** i));
  const flat = many(60, (i) => record(60 * (200 - i), 100 * 1.1 ** ((i * 37) % 60)));
  expect(learnQueue(rising, now).widening.high).toBeGreaterThan(0.1);
  expect(learnQueue(flat, now).widening.high).toBeLessThan(learnQueue(rising, now).widening.high);
});

test('a job that was withdrawn soon says nothing of the interval', () => {
  const rising = many(60, (i) => record(60 * (200 - i), 100 * 1.1 ** i));
  const withdrawn = many(60, (i) => record(60 - i, 1, { started: false }));
  const { high } = learnQueue(rising, now).widening;
  expect(learnQueue([...rising, ...withdrawn], now).widening.high).toBe(high);
  const late = many(20, (i) => record(60 * (100 - i), 300_000, { started: false }));
  expect(learnQueue([...rising, ...late], now).widening.high).toBeGreaterThan(high);
});

const anySample = fc.array(
  fc.record({
    seconds: fc.integer({ min: 0, max: 50 }),
    censored: fc.boolean(),
    weight: fc.integer({ min: 1, max: 5 }),
  }),
  { minLength: 1, maxLength: 30 },
);

test('without censoring the quantiles are those of the weighted sample', () => {
  fc.assert(
    fc.property(anySample, fc.constantFrom(0.1, 0.5, 0.9), (sample, level) => {
      const observed = sample.map((one) => ({ ...one, censored: false }));
      const [quantile] = censoredQuantiles([...observed], [level]);
      const total = observed.reduce((sum, { weight }) => sum + weight, 0);
      const upTo = (least: (seconds: number) => boolean) =>
        observed.filter(({ seconds }) => least(seconds)).reduce((sum, { weight }) => sum + weight, 0) / total;
      expect(upTo((seconds) => seconds <= quantile!)).toBeGreaterThanOrEqual(level - 1e-9);
      expect(upTo((seconds) => seconds < quantile!)).toBeLessThan(level);
    }),
  );
});

test('censoring an observation never makes a quantile less, and quantiles rise', () => {
  fc.assert(
    fc.property(anySample, (sample) => {
      const levels = [0.1, 0.5, 0.9];
      const observed: Observation[] = sample.map((one) => ({ ...one, censored: false }));
      const all = censoredQuantiles(observed, levels);
      const some = censoredQuantiles([...sample], levels);
      for (const [i, value] of some.entries()) expect(value).toBeGreaterThanOrEqual(all[i]! - 1e-9);
      expect(some).toEqual([...some].sort((a, b) => a - b));
    }),
  );
});

test('the product-limit estimate of a textbook sample: 1, 3+, 4, 5+, 8 as by hand', () => {
  const sample: Observation[] = [
    { seconds: 1, censored: false, weight: 1 },
    { seconds: 3, censored: true, weight: 1 },
    { seconds: 4, censored: false, weight: 1 },
    { seconds: 5, censored: true, weight: 1 },
    { seconds: 8, censored: false, weight: 1 },
  ];
  // Survival 4/5 after 1, 4/5 * 2/3 after 4, 0 after 8.
  expect(censoredQuantiles(sample, [0.19, 0.21, 0.46, 0.47])).toEqual([1, 4, 4, 8]);
});
