import { sql } from 'drizzle-orm';
import type { WriteTx } from '../../door/index.ts';
import { type Described, documentsOf, type NewDocument } from './documents.ts';

const key = (facet: string, value: string): string => `${facet}\u0000${value}`;

/** The numbers of all values of the documents, new ones entered. In one order, so that two writers do not wait in a circle. */
async function numberValues(tx: WriteTx, documents: readonly NewDocument[]): Promise<Map<string, number>> {
  const wanted = new Map<string, { facet: string; value: string }>();
  for (const { facets } of documents) {
    for (const [facet, values] of Object.entries(facets)) {
      for (const value of values) wanted.set(key(facet, value), { facet, value });
    }
  }
  const rows = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const pairs = sql`unnest(${sql.param(rows.map(({ facet }) => facet))}::text[], ${sql.param(rows.map(({ value }) => value))}::text[]) as wanted (facet, value)`;
  const { rows: found } = await tx.execute<{ facet: string; value: string; id: number }>(
    sql`select facet, value, search_value_of(facet, value) as id from ${pairs}`,
  );
  return new Map(found.map(({ facet, value, id }) => [key(facet, value), id]));
}

const weighted = (text: NewDocument['text']) =>
  sql`setweight(to_tsvector('english', ${text.name}), 'A') || setweight(to_tsvector('english', ${text.keywords}), 'B')
    || setweight(to_tsvector('english', ${text.about}), 'C') || setweight(to_tsvector('english', ${text.rest}), 'D')`;

const mostAtOnce = 200;

/**
 * Writes what is found of these things, in the place of what was found before. Call it in the transaction of the change, once
 * their rows of `resource` are there. Any source of governed things may: it describes them, and they are found.
 */
export async function writeDocuments(tx: WriteTx, things: readonly Described[]): Promise<void> {
  const documents = things.flatMap(documentsOf);
  if (documents.length === 0) return;
  await tx.execute(sql`select search_forget(${sql.param(things.map(({ subject }) => subject))}::text[])`);
  const numbers = await numberValues(tx, documents);
  for (let from = 0; from < documents.length; from += mostAtOnce) {
    const rows = documents.slice(from, from + mostAtOnce).map((one) => {
      const own = Object.entries(one.facets).flatMap(([facet, values]) =>
        values.map((value) => numbers.get(key(facet, value))),
      );
      return sql`(${one.subject}, ${one.face}, ${one.card}::text, search_class_of(${one.face}, ${one.subject}, ${one.card}),
        search_policy_values(${one.face}, ${one.subject}) || ${sql.param([...new Set(own)])}::integer[],
        ${one.name}, ${one.summary}, ${weighted(one.text)}, ${one.bytes}::bigint, ${one.readiness}::real, ${one.createdAt}::bigint)`;
    });
    await tx.execute(sql`insert into search_document
      (subject, face, card, class, facets, name, summary, words, bytes, readiness, created_at, pairs)
      select *, search_pairs(words) from (values ${sql.join(rows, sql`, `)})
        as new (subject, face, card, class, facets, name, summary, words, bytes, readiness, created_at)`);
  }
  await tx.execute(sql`select search_count_documents(array(
    select id from search_document where subject = any(${sql.param(things.map(({ subject }) => subject))}::text[])), 1)`);
}
