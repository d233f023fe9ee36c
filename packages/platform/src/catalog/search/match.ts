import { invalidField } from '@genesis/contracts';
import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../kernel/index.ts';
import { searchDocument, searchValue } from '../tables.ts';
import type { FacetValues } from './model.ts';
import type { Query, Term } from './query.ts';

/** What a query asks of a document. `ranked`: the words by which matches are ranked; null where there are none. */
export type Match = { where: SQL; ranked: SQL | null };

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
  if (wanted.length > 0) {
    const { rows } = await tx.execute<{ words: number }>(sql`select numnode(${all(wanted)}) as words`);
    if (rows[0]?.words === 0)
      throw invalidField('query.q', 'these words are in every text, as "the" is: add one that is not');
    conditions.push(sql`${searchDocument.words} @@ (${all(wanted)})`);
  }
  for (const term of unwanted) {
    if (wanted.length === 0 && only.length === 0)
      throw invalidField('query.q', 'say also what must be there: a word without "-", or a filter');
    // A word that is in every text excludes nothing: alone it would be a query without words.
    conditions.push(sql`not (${searchDocument.words} @@ ${asQuery(term)})`);
  }
  return {
    where: conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `),
    ranked: wanted.length === 0 ? null : all(wanted),
  };
}
