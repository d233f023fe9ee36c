import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from '../../kernel/index.ts';
import { searchDocument } from '../tables.ts';
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
function inOrder(visible: Visible, { where }: Match, sort: Exclude<Sort, 'relevance'>, page: Page): SQL {
  const { key, descending } = orders[sort];
  const { after, limit } = page;
  const beyond =
    after === undefined
      ? sql`true`
      : sql`(${key}, ${searchDocument.subject}) ${descending ? sql`<` : sql`>`} (${after.key}${casts[sort]}, ${after.subject})`;
  const way = descending ? sql`desc` : sql`asc`;
  return sql`select ${searchDocument.id} as id, ${key} as key from ${searchDocument}
    where ${shows(visible)} and ${where} and ${beyond}
    order by ${key} ${way}, ${searchDocument.subject} ${way} limit ${limit}`;
}

/** The ids of a page by rank: of more matches than are counted, the newest are ranked. */
function byRank(visible: Visible, { where, ranked }: Match, page: Page): SQL {
  const { after, limit, until } = page;
  const rank = sql`ts_rank(${searchDocument.words}, ${ranked}, 1)::float8`;
  const beyond =
    after === undefined ? sql`true` : sql`(key, subject) < (${after.key}::float8, ${after.subject})`;
  return sql`select id, key from (
      select ${searchDocument.id} as id, ${searchDocument.subject} as subject, ${rank} as key from ${searchDocument}
      where ${shows(visible)} and ${where} and ${searchDocument.createdAt} <= ${until}::bigint
      order by ${searchDocument.createdAt} desc, ${searchDocument.subject} desc limit ${counted}
    ) as newest where ${beyond} order by key desc, subject desc limit ${limit}`;
}

export type Page = { limit: number; after?: Position; until: number };

const marks = 'StartSel=**, StopSel=**, MaxWords=35, MinWords=15, ShortWord=2, MaxFragments=1';

/** One page of what a search shows, in its order. */
export async function findPage(
  tx: Tx,
  visible: Visible,
  match: Match,
  sort: Sort,
  page: Page,
): Promise<Found[]> {
  const byWords = sort === 'relevance' && match.ranked !== null;
  const order: Exclude<Sort, 'relevance'> = sort === 'relevance' ? 'newest' : sort;
  const ids = byWords ? byRank(visible, match, page) : inOrder(visible, match, order, page);
  const descending = byWords || orders[order].descending ? sql`desc` : sql`asc`;
  const document = searchDocument;
  const snippet =
    match.ranked === null
      ? sql`left(${document.summary}, 240)`
      : sql`ts_headline('english', ${document.summary}, ${match.ranked}, ${marks})`;
  const { rows } = await tx.execute<Found>(sql`
    with page as materialized (${ids})
    select ${document.subject} as subject, ${document.face} as face, ${document.card} as card, ${document.name} as name,
      ${snippet} as snippet, ${document.bytes} as bytes, ${document.readiness} as readiness,
      ${document.createdAt} as "createdAt", page.key as key
    from page join ${document} on ${document.id} = page.id order by page.key ${descending}, ${document.subject} ${descending}`);
  return rows;
}
