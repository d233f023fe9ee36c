import { expect, test } from 'vitest';
import { createNumbers, simulateQueue } from '../../../../test/simulated-queue.ts';
import { calibration, proportionInterval } from './calibration.ts';
import type { WaitRecord } from './record.ts';
import { waitingSettings } from './settings.ts';

const hour = 3_600_000;
const job = { nodes: 1, cores: 1, durationSeconds: 600 };
const end = 10_000 * hour;

/** One each hour, so that each has ended when the next one comes. */
const hourly = (waits: readonly number[]): WaitRecord[] =>
  waits.map((waitedSeconds, i) => ({ ...job, submittedAt: i * hour, waitedSeconds, started: true }));

test('there is nothing to say before twenty jobs have gone by', () => {
  expect(calibration([], end)).toBeNull();
  expect(calibration(hourly(Array.from({ length: 20 }, () => 5)), end)).toBeNull();
  expect(calibration(hourly(Array.from({ length: 21 }, () => 5)), end)?.jobs).toBe(1);
});

test('a steady queue is foretold: 80 % of the waits lie in their intervals', () => {
  const random = createNumbers(7);
  const found = calibration(hourly(Array.from({ length: 1_000 }, () => 60 + 3_000 * random())), end)!;
  expect(found).toMatchObject({ jobs: 980, undecided: 0, holds: true });
  expect(found.coverage).toBeGreaterThan(0.78);
  expect(found.coverage).toBeLessThan(0.9);
  // Nothing beats the median of everything here; ours loses little.
  expect(found.medianAbsoluteError).toBeLessThan(1.1 * found.naiveError);
});

test('equal waits are all within, with no error', () => {
  const found = calibration(hourly(Array.from({ length: 100 }, () => 0)), end);
  expect(found).toMatchObject({ coverage: 1, medianAbsoluteError: 0, naiveError: 0, holds: true });
});

test('a queue that ever outgrows what was seen does not hold', () => {
  const rising = hourly(Array.from({ length: 120 }, (_, i) => 1.06 ** i));
  const found = calibration(rising, end, { ...waitingSettings, widenBy: 0 })!;
  expect(found.holds).toBe(false);
  expect(found.coverageHigh).toBeLessThan(0.8);
});

test('what has not started is outside where it has waited longer than the interval, and else undecided', () => {
  const steady = hourly(Array.from({ length: 200 }, (_, i) => 60 + (i % 7)));
  const late = (waitedSeconds: number | null): WaitRecord => ({
    ...job,
    submittedAt: 200 * hour,
    waitedSeconds,
    started: false,
  });
  const before = calibration(steady, end)!;
  expect(calibration([...steady, late(5)], end)).toMatchObject({ jobs: before.jobs, undecided: 1 });
  const outside = {
    jobs: before.jobs + 1,
    undecided: 0,
    coverage: (before.coverage * before.jobs) / (before.jobs + 1),
  };
  expect(calibration([...steady, late(1e5)], end)).toMatchObject(outside);
  expect(calibration([...steady, late(null)], end)).toMatchObject(outside);
  expect(calibration([...steady, late(null)], 200 * hour + 5_000)).toMatchObject({ undecided: 1 });
});

test('nothing of the future is used: what comes later changes no prediction before it', () => {
  const waits = Array.from({ length: 60 }, (_, i) => 100 + ((i * 13) % 50));
  const without = calibration(hourly(waits), end)!;
  const withMore = calibration(hourly([...waits, 9e9]), end)!;
  expect(withMore.jobs).toBe(without.jobs + 1);
  expect(withMore.coverage * withMore.jobs).toBeCloseTo(without.coverage * without.jobs, 9);
});

test('the median of everything is that of the waits that had ended by then', () => {
  const known = hourly(Array.from({ length: 30 }, () => 100));
  const sudden = Array.from({ length: 35 }, (_, i) => ({
    ...known[0]!,
    submittedAt: 30 * hour + i,
    waitedSeconds: 1e6,
  }));
  expect(calibration([...known, ...sudden], end)?.naiveError).toBe(1e6 - 100);
});

test('on a simulated queue with bursts and a rhythm of days it beats the median of everything', () => {
  const queue = { seed: 102, nodes: 64, load: 0.8, days: 20, burst: 20, ours: 0.1 };
  const records = simulateQueue(queue).map((one) => ({ ...one, started: true }));
  const found = calibration(records, end)!;
  expect(found.jobs).toBeGreaterThan(500);
  expect(found.coverage).toBeGreaterThan(0.7);
  expect(found.medianAbsoluteError).toBeLessThan(0.8 * found.naiveError);
});

test('the interval of a proportion: 80 of 100, none and all, as published', () => {
  // Wilson's interval at z = 2.5758 solves (p - 0.8)^2 = z^2 p (1 - p) / 100.
  for (const p of Object.values(proportionInterval(80, 100))) {
    expect((p - 0.8) ** 2).toBeCloseTo((2.5758293035489 ** 2 * p * (1 - p)) / 100, 12);
  }
  expect(proportionInterval(0, 10).low).toBe(0);
  expect(proportionInterval(10, 10).high).toBe(1);
});
