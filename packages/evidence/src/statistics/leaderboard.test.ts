import { expect, test } from 'vitest';
import { type EntryLosses, rankEntries } from './leaderboard.ts';

/** Uniform numbers by a seed (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Losses of entries whose mean loss is `means`, on units that are harder or easier for all of them alike. */
function losses(seed: number, units: number, means: readonly number[]): EntryLosses[] {
  const next = uniform(seed);
  const hardness = Array.from({ length: units }, () => 0.5 + next());
  return means.map((mean, index) => ({
    id: `entry-${index}`,
    sums: Float64Array.from(hardness, (hard) => mean * hard * (0.5 + next())),
  }));
}
const ones = (units: number) => new Int32Array(units).fill(1);

test('a clearly better one ranks first, and two that are as good are told as tied', () => {
  const ranked = rankEntries(ones(200), losses(1, 200, [1, 2, 1]), 'mean', 'seed');
  expect(ranked.map(({ rank }) => rank)).toEqual([1, 1, 3]);
  expect(ranked[2]!.id).toBe('entry-1');
  expect(ranked[0]!.tiedWith).toEqual([ranked[1]!.id]);
  expect(ranked[2]!.tiedWith).toEqual([]);
  for (const { score, interval } of ranked) {
    expect(interval!.lo).toBeLessThan(score);
    expect(interval!.hi).toBeGreaterThan(score);
  }
});

test('entries that are as good are told apart in about 5 % of boards, however many there are', () => {
  let apart = 0;
  const boards = 150;
  for (let board = 0; board < boards; board++) {
    const ranked = rankEntries(ones(40), losses(board + 10, 40, [1, 1, 1, 1]), 'mean', String(board));
    if (ranked.some(({ rank }) => rank > 1)) apart++;
  }
  // 5 % of 150 are 7.5; the 99.9 % point of that binomial is 17.
  expect(apart).toBeLessThanOrEqual(17);
}, 60_000);

test('copies of one row in a unit are no more evidence than the row', () => {
  const [a, b] = losses(7, 12, [1, 1.15]) as [EntryLosses, EntryLosses];
  const once = rankEntries(ones(12), [a, b], 'mean', 'seed');
  const times = 50;
  const many = rankEntries(
    new Int32Array(12).fill(times),
    [a, b].map(({ id, sums }) => ({ id, sums: sums.map((sum) => sum * times) })),
    'mean',
    'seed',
  );
  expect(many.map(({ rank, tiedWith }) => ({ rank, tiedWith }))).toEqual(
    once.map(({ rank, tiedWith }) => ({ rank, tiedWith })),
  );
  for (const [index, { score }] of many.entries()) expect(score).toBeCloseTo(once[index]!.score, 12);
});

test('the root is shown for squared losses, the same seed gives the same board, and equal entries are tied', () => {
  const entries = [
    { id: 'b', sums: Float64Array.of(4, 4, 4) },
    { id: 'a', sums: Float64Array.of(4, 4, 4) },
  ];
  const board = rankEntries(ones(3), entries, 'root', 's');
  expect(board.map(({ id, score, rank }) => [id, score, rank])).toEqual([
    ['a', 2, 1],
    ['b', 2, 1],
  ]);
  expect(rankEntries(ones(3), entries, 'root', 's')).toEqual(board);
  expect(rankEntries(ones(1), [{ id: 'a', sums: Float64Array.of(1) }], 'mean', 's')[0]!.interval).toBeNull();
  expect(() => rankEntries(ones(0), [], 'mean', 's')).toThrow('no row');
});

test('beyond thirty, entries share the rank after the tested ones', () => {
  const board = rankEntries(
    ones(20),
    losses(
      3,
      20,
      Array.from({ length: 32 }, (_, index) => 1 + index),
    ),
    'mean',
    's',
  );
  expect(board.slice(30).map(({ rank, tested }) => [rank, tested])).toEqual([
    [31, false],
    [31, false],
  ]);
}, 30_000);
