import { invalidField } from '@genesis/contracts';
import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../kernel/index.ts';
import { searchDocument, searchValue } from '../tables.ts';
import type { FacetValues } from './model.ts';
import type { Query, Term } from './query.ts';

/** What a query asks of a document. `ranked`: the words by which matches are ranked; null where there are none. */
export type Match = { where: SQL; ranked: SQL | null; isAll: boolean };

const asQuery = ({ text, phrase }: Term): SQL =>
  phrase ? sql`phraseto_tsquery('english', ${text})` : sql`plainto_tsquery('english', ${text})`;

const all = (terms: readonly Term[]): SQL => sql.join(terms.map(asQuery), sql` && `);

/** The numbers of the values that filters name, whatever their case. */
async function numbersOf(tx: Tx, values: FacetValues): Promise<number[][]> {
  const found: number[][] = [];
  for (const [facet, wanted] of Object.entries(values)) {
    const folded = sql`${sql.param(wanted.map((value) => value.toLowerCase()))}::text[]`;
    const rows = await tx
      .select({ id: searchValue.id })
      .from(searchValue)
      .where(sql`${searchValue.facet} = ${facet} and lower(${searchValue.value}) = any(${folded})`);
    found.push(rows.map(({ id }) => id));
  }
  return found;
}

const anyOf = (numbers: readonly number[]): SQL =>
  sql`${searchDocument.facets} && ${sql.param([...numbers])}::integer[]`;

/**
 * What each term asks of a document; nothing for words that are in every text, as "the" is. Pairs of words lead to the documents
 * that may have a phrase, by the index and without a look at the places of common words.
 */
async function conditionsOf(tx: Tx, terms: readonly Term[]): Promise<SQL[]> {
  if (terms.length === 0) return [];
  const { rows } = await tx.execute<{ words: number; pairs: number[] }>(sql`
    select numnode(plainto_tsquery('english', text)) as words, search_pairs(to_tsvector('english', text)) as pairs
    from unnest(${sql.param(terms.map(({ text }) => text))}::text[]) with ordinality as asked (text, place) order by place`);
  return terms.flatMap((term, index): SQL[] => {
    const { words, pairs } = rows[index]!;
    if (words === 0) return [];
    const says = sql`${searchDocument.words} @@ ${asQuery(term)}`;
    if (!term.phrase || pairs.length === 0) return [sql`(${says})`];
    // Not by the index, and not taken for rarer than the pairs when the planner guesses how many there are.
    return [sql`(${searchDocument.pairs} @> ${sql.param(pairs)}::integer[] and coalesce(${says}, false))`];
  });
}

/**
 * A query as a condition over `search_document`. Words are put to the database as values, so that none is an operator.
 *
 * @throws GenesisError `invalid-input` where nothing but words such as "the" is asked for, or nothing but what must not be there
 */
export async function matchOf(tx: Tx, { terms, filters }: Query): Promise<Match> {
  const wanted = terms.filter(({ not }) => !not);
  const unwanted = terms.filter(({ not }) => not);
  const only = await numbersOf(tx, filters.only);
  const without = (await numbersOf(tx, filters.without)).flat();
  const conditions = only.map(anyOf);
  if (without.length > 0) conditions.push(sql`not (${anyOf(without)})`);
  const asked = await conditionsOf(tx, wanted);
  if (wanted.length > 0 && asked.length === 0)
    throw invalidField('query.q', 'these words are in every text, as "the" is: add one that is not');
  if (unwanted.length > 0 && wanted.length === 0 && only.length === 0)
    throw invalidField('query.q', 'say also what must be there: a word without "-", or a filter');
  const excluded = await conditionsOf(tx, unwanted);
  conditions.push(...asked, ...excluded.map((condition) => sql`not ${condition}`));
  return {
    isAll: conditions.length === 0,
    where: conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `),
    ranked: wanted.length === 0 ? null : all(wanted),
  };
}
