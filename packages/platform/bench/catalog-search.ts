/** Searches with facets by several kinds of people, and the decisions about their pages. */
import { readFileSync } from 'node:fs';
import { showHits } from '../src/catalog/search/hits.ts';
import { matchOf } from '../src/catalog/search/match.ts';
import { facetNames, type Sort, sorts } from '../src/catalog/search/model.ts';
import { findPage } from '../src/catalog/search/page.ts';
import { readQuery } from '../src/catalog/search/query.ts';
import { search } from '../src/catalog/search/search.ts';
import { visibleTo } from '../src/catalog/search/visible.ts';
import { createDoor } from '../src/door/index.ts';
import { createIds, type Database, systemClock } from '../src/kernel/index.ts';
import { randomAt, searchers, vocabulary, zipf } from './catalog-world.ts';

const door = (database: Database) => createDoor({ database, clock: systemClock, ids: createIds() });

export type Times = { p50: number; p95: number; most: number };

const timesOf = (all: readonly number[]): Times => {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), most: at(1) };
};

/** Milliseconds that a process, and this one, waited for a processor that others had. Zero where the system does not tell. */
function waited(pid: number): number {
  const of = (path: string): number => {
    try {
      return Number(readFileSync(path, 'utf8').split(' ')[1]) / 1e6;
    } catch {
      return 0;
    }
  };
  return of(`/proc/${pid}/schedstat`) + of(`/proc/${process.pid}/schedstat`);
}

type Kind = { name: string; q: (random: () => number) => string; only?: Record<string, string[]> };

/** What people ask, from everything at once to one word that few datasets have. */
const kinds: readonly Kind[] = [
  { name: 'everything', q: () => '' },
  { name: 'a word, by its frequency', q: (random) => zipf(random) },
  { name: 'one of the 50 commonest words', q: (random) => vocabulary[Math.floor(random() * 50)]! },
  { name: 'two words', q: (random) => `${zipf(random)} ${zipf(random)}` },
  {
    name: 'a word and not another',
    q: (random) => `${vocabulary[Math.floor(random() * 200)]} -${zipf(random)}`,
  },
  {
    name: 'a phrase',
    q: (random) => `"${vocabulary[Math.floor(random() * 20)]} ${vocabulary[Math.floor(random() * 20)]}"`,
  },
  { name: 'a word and a facet', q: (random) => `${zipf(random)} field:Materialx` },
  { name: 'two facets', q: () => 'format:HDF5 level:internal', only: { year: ['2020', '2021'] } },
  { name: 'a rare facet', q: (random) => `sample:"Probex ${200 + Math.floor(random() * 100)}"` },
];

export type SearchFigures = {
  searches: number;
  /** By the clock. */
  times: Times;
  /** Less the time for which other programs had the processor. */
  undisturbed: Times;
  worst: { what: string; p95: number }[];
  /** Deciding about a page of 50 hits, on the rows as they are. */
  decision: Times;
  /** The classes that the people see, at most; searches whose total was not exact. */
  classes: number;
  inexact: number;
};

/** Runs every kind of search for every person `rounds` times, each with other words, after one that warms up. */
export async function measureSearch(
  database: Database,
  count: number,
  rounds: number,
): Promise<SearchFigures> {
  const { rows } = await database.pool.query<{ pid: number }>('select pg_backend_pid() as pid');
  const pid = rows[0]!.pid;
  const clockTimes: number[] = [];
  const ownTimes: number[] = [];
  const decisions: number[] = [];
  const byKind = new Map<string, number[]>();
  let classes = 0;
  let inexact = 0;
  const random = randomAt(count);
  for (let round = -1; round < rounds; round++) {
    for (const { name: who, principal, purpose } of searchers(count)) {
      const scope = door(database).authorize(principal, purpose);
      for (const [index, { name, q, only = {} }] of kinds.entries()) {
        const sort: Sort = sorts[(round + 1 + index) % sorts.length]!;
        const before = waited(pid);
        const start = performance.now();
        const { counts, hits } = await search({ database, clock: systemClock }, scope, {
          q: q(random),
          only,
          sort,
          limit: 50,
        });
        const clock = performance.now() - start;
        const own = Math.max(clock - (waited(pid) - before), 0);
        if (counts === null || (counts.facets.length > facetNames.length && hits.length === 0))
          throw new Error('nothing was counted');
        if (round < 0) continue;
        clockTimes.push(clock);
        ownTimes.push(own);
        if (!counts.total.exact) inexact++;
        const what = `${name}, ${who}, ${sort}`;
        byKind.set(what, [...(byKind.get(what) ?? []), clock]);
      }
      const page = await database.transaction(async (tx) => {
        const visible = await visibleTo(tx, scope);
        classes = Math.max(classes, visible.classes.length);
        return findPage(tx, visible, await matchOf(tx, readQuery('')), 'newest', {
          limit: 50,
          until: Number.MAX_SAFE_INTEGER,
        });
      });
      const start = performance.now();
      const shown = await showHits(scope, page);
      const took = performance.now() - start;
      if (shown.length !== page.length)
        throw new Error('the class of a document admits what its row does not');
      if (round >= 0) decisions.push(took);
    }
  }
  const worst = [...byKind]
    .map(([what, all]) => ({ what, p95: timesOf(all).p95 }))
    .toSorted((a, b) => b.p95 - a.p95);
  return {
    ...{ searches: ownTimes.length, times: timesOf(clockTimes), undisturbed: timesOf(ownTimes) },
    ...{ worst: worst.slice(0, 8), decision: timesOf(decisions), classes, inexact },
  };
}
