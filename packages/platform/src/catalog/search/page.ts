import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from '../../kernel/index.ts';
import { searchDocument, searchValue } from '../tables.ts';
import { type Counts, countsOf, type ValueRow } from './count.ts';
import type { Match } from './match.ts';
import { counted, type Face, type Sort } from './model.ts';
import { shows, type Visible } from './visible.ts';

/** A hit as it was found: not yet shown to anybody. */
export type Found = {
  subject: string;
  face: Face;
  card: string | null;
  name: string;
  snippet: string;
  bytes: number;
  readiness: number;
  createdAt: number;
  /** By what hits are sorted. */
  key: number | string;
};

/** Where a page begins: after this hit. `until` keeps what is made later out of pages that are ranked. */
export const positionSchema = z.strictObject({
  key: z.union([z.number(), z.string()]),
  subject: z.string(),
  until: z.number(),
});
export type Position = z.output<typeof positionSchema>;

type Order = { key: SQL; type: 'float8' | 'text'; descending: boolean };

const orders: Readonly<Record<Exclude<Sort, 'relevance'>, Order>> = {
  newest: { key: sql`${searchDocument.createdAt}`, type: 'float8', descending: true },
  name: { key: sql`lower(left(${searchDocument.name}, 60)) collate "C"`, type: 'text', descending: false },
  size: { key: sql`${searchDocument.bytes}`, type: 'float8', descending: true },
  readiness: { key: sql`${searchDocument.readiness}`, type: 'float8', descending: true },
};

const casts = {
  newest: sql`::bigint`,
  name: sql`::text collate "C"`,
  size: sql`::bigint`,
  readiness: sql`::real`,
};

/** The ids of a page in the order of a column: an index gives them, or a sort of few matches. */
function inOrder(
  visible: Visible,
  { where, isAll }: Match,
  sort: Exclude<Sort, 'relevance'>,
  page: Page,
): SQL {
  const { key, descending } = orders[sort];
  const { after, limit } = page;
  const beyond =
    after === undefined
      ? sql`true`
      : sql`(${key}, ${searchDocument.subject}) ${descending ? sql`<` : sql`>`} (${after.key}${casts[sort]}, ${after.subject})`;
  const way = descending ? sql`desc` : sql`asc`;
  return sql`select ${searchDocument.id} as id, ${key} as key from ${searchDocument}
    where ${shows(visible, { beside: !isAll })} and ${where} and ${beyond}
    order by ${key} ${way}, ${searchDocument.subject} ${way} limit ${limit}`;
}

/** The newest matches, as many as are looked at. What is computed of them is computed by who asks, for these alone. */
const newestOf = (visible: Visible, { where, isAll }: Match, until: number, limit: number): SQL => sql`
  select id, subject, facets, words, name, bytes, readiness, created_at from ${searchDocument}
  where ${shows(visible, { beside: !isAll })} and ${where} and ${searchDocument.createdAt} <= ${until}::bigint
  order by ${searchDocument.createdAt} desc, ${searchDocument.subject} desc limit ${limit}`;

const rankOf = (ranked: SQL): SQL => sql`ts_rank(words, ${ranked}, 1)::float8`;

/** The ids of a page by rank: of more matches than are counted, the newest are ranked. */
function byRank(visible: Visible, match: Match, ranked: SQL, { after, limit, until }: Page): SQL {
  const beyond =
    after === undefined ? sql`true` : sql`(key, subject) < (${after.key}::float8, ${after.subject})`;
  return sql`select id, key from (
      select id, subject, ${rankOf(ranked)} as key from (${newestOf(visible, match, until, counted)}) as newest
    ) as ranked where ${beyond} order by key desc, subject desc limit ${limit}`;
}

export type Page = { limit: number; after?: Position; until: number };

const marks = 'StartSel=**, StopSel=**, MaxWords=35, MinWords=15, ShortWord=2, MaxFragments=1';

/** What is shown of the documents of `page (id, key)`, a table of the query that this is part of, in their order. */
function shownOf({ ranked }: Match, way: SQL): SQL {
  const document = searchDocument;
  const snippet =
    ranked === null
      ? sql`left(${document.summary}, 240)`
      : sql`ts_headline('english', ${document.summary}, ${ranked}, ${marks})`;
  return sql`select ${document.subject} as subject, ${document.face} as face, ${document.card} as card, ${document.name} as name,
      ${snippet} as snippet, ${document.bytes} as bytes, ${document.readiness} as readiness,
      ${document.createdAt} as "createdAt", page.key as key
    from page join ${document} on ${document.id} = page.id order by page.key ${way}, ${document.subject} ${way}`;
}

/** By what a search is sorted: its rank, else the order of a column. What has no words is not ranked, but newest first. */
function orderOf(
  sort: Sort,
  { ranked }: Match,
): { column: Exclude<Sort, 'relevance'>; rank: SQL | null; way: SQL } {
  const column = sort === 'relevance' ? 'newest' : sort;
  const rank = sort === 'relevance' ? ranked : null;
  return { column, rank, way: rank !== null || orders[column].descending ? sql`desc` : sql`asc` };
}

/** One page of what a search shows, in its order. */
export async function findPage(
  tx: Tx,
  visible: Visible,
  match: Match,
  sort: Sort,
  page: Page,
): Promise<Found[]> {
  const { column, rank, way } = orderOf(sort, match);
  const ids = rank === null ? inOrder(visible, match, column, page) : byRank(visible, match, rank, page);
  const { rows } = await tx.execute<Found>(sql`with page as materialized (${ids}) ${shownOf(match, way)}`);
  return rows;
}

/**
 * The first page of a search with its total and facets, from one look at the matches: exactly up to `counted`, and of more the
 * newest. Only where there are more, and they are sorted by another column than their age, the page is looked for by itself.
 */
export async function findFirst(
  tx: Tx,
  visible: Visible,
  match: Match,
  sort: Sort,
  page: Page,
): Promise<[Found[], Counts]> {
  const { column, rank, way } = orderOf(sort, match);
  const serves = column === 'newest' ? sql`true` : sql`(select count(*) from hit) <= ${counted}`;
  const key = rank === null ? orders[column].key : rankOf(rank);
  const { rows } = await tx.execute<{ total: number; values: ValueRow[]; page: Found[] }>(sql`
    with hit as materialized (
      select id, subject, facets, key, row_number() over () as place from (
        select id, subject, facets, ${key} as key from (
          ${newestOf(visible, match, page.until, counted + 1)}) as ${searchDocument}
      ) as newest
    ), page as materialized (
      select id, key from hit where place <= ${counted} and ${serves} order by key ${way}, subject ${way} limit ${page.limit}
    ), summed as (
      select value, count(*)::float8 as documents from hit, unnest(hit.facets) as value
      where place <= ${counted} group by value
    )
    select (select count(*) from hit)::integer as total,
      (select coalesce(jsonb_agg(told), '[]') from (
        select known.facet, known.value, documents from summed join ${searchValue} as known on known.id = summed.value
      ) as told) as values,
      (select coalesce(jsonb_agg(shown order by shown.key ${way}, shown.subject ${way}), '[]')
        from (${shownOf(match, way)}) as shown) as page`);
  const { total, values, page: found } = rows[0]!;
  const exact = total <= counted;
  const counts = countsOf(values, { count: Math.min(total, counted), exact });
  return [exact || column === 'newest' ? found : await findPage(tx, visible, match, sort, page), counts];
}
