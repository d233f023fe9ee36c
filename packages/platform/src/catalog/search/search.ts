import { invalidField } from '@genesis/contracts';
import { sql } from 'drizzle-orm';
import type { ReadScope } from '../../door/index.ts';
import { errorCode } from '../../kernel/index.ts';
import type { CatalogParts } from '../parts.ts';
import { type Counts, countAll } from './count.ts';
import { type Shown, showHits } from './hits.ts';
import { matchOf } from './match.ts';
import { type FacetValues, type Sort, searchMs } from './model.ts';
import { type Found, findFirst, findPage, type Position } from './page.ts';
import { readQuery } from './query.ts';
import { visibleTo } from './visible.ts';

export type SearchRequest = {
  q: string;
  only: FacetValues;
  sort: Sort;
  limit: number;
  after?: Position;
};

export type SearchResult = {
  hits: Shown[];
  /** Where the next page begins; null after the last hit. */
  next: Position | null;
  /** With the first page only: later pages do not count again. */
  counts: Counts | null;
};

export type SearchParts = Pick<CatalogParts, 'database' | 'clock'>;

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && (errorCode(error) === '57014' || isTimeout(error.cause));

/**
 * What somebody may see of the catalog and asked for: hits, total and facets, all under the predicate of their scope. A thing
 * that the scope does not show changes nothing in it. Bounded by `searchMs` in the database.
 *
 * @throws GenesisError `invalid-input` for a query that is wrong or takes too long
 */
export async function search(
  { database, clock }: SearchParts,
  scope: ReadScope,
  wanted: SearchRequest,
): Promise<SearchResult> {
  const { q, only, sort, limit, after } = wanted;
  const query = readQuery(q, only);
  const until = after?.until ?? clock.now().getTime();
  const page = { limit: limit + 1, until, ...(after === undefined ? {} : { after }) };
  let found: Found[];
  let counts: Counts | null = null;
  try {
    [found, counts] = await database.transaction(
      async (tx): Promise<[Found[], Counts | null]> => {
        await tx.execute(
          // Estimates of lists are poor: what is small today would be read whole tomorrow as well.
          sql.raw(
            `set local statement_timeout = ${searchMs}; set local jit = off; set local enable_seqscan = off; set local max_parallel_workers_per_gather = 0`,
          ),
        );
        const visible = await visibleTo(tx, scope);
        const match = await matchOf(tx, query);
        const isAll = q.trim() === '' && Object.keys(query.filters.only).length === 0;
        if (after === undefined && !isAll) return findFirst(tx, visible, match, sort, page);
        const hits = await findPage(tx, visible, match, sort, page);
        return [hits, after === undefined ? await countAll(tx, visible) : null];
      },
      { accessMode: 'read only', isolationLevel: 'repeatable read' },
    );
  } catch (error) {
    if (!isTimeout(error)) throw error;
    const message = `this search took more than ${searchMs / 1000} seconds: add words or filters that fewer datasets have`;
    throw invalidField('query.q', message, { cause: error });
  }
  const hits = await showHits(scope, found.slice(0, limit));
  const last = found.at(limit - 1);
  const next =
    found.length > limit && last !== undefined ? { key: last.key, subject: last.subject, until } : null;
  return { hits, next, counts };
}
