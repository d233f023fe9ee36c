import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../kernel/index.ts';
import { searchCount, searchDocument, searchValue } from '../tables.ts';
import { type FacetName, facetNames, valuesOfFacet } from './model.ts';
import type { Visible } from './visible.ts';

export type FacetCounts = { facet: FacetName; values: { value: string; count: number }[] }[];

/**
 * How many hits there are, and how they divide by facet. `exact` is false where there are more than are counted: then
 * `count` is a lower bound, and facets are counted over the newest of the hits only.
 */
export type Counts = { total: { count: number; exact: boolean }; facets: FacetCounts };

export type ValueRow = { facet: FacetName | null; value: string | null; documents: number };

/** Values with how many hits have each, as they are told: the most frequent of each facet. */
export function countsOf(rows: readonly ValueRow[], total: Counts['total']): Counts {
  const facets = facetNames.map((facet) => ({
    facet,
    values: rows
      .flatMap((row) =>
        row.facet === facet && row.value !== null && row.documents > 0
          ? [{ value: row.value, count: Number(row.documents) }]
          : [],
      )
      .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, valuesOfFacet),
  }));
  return { total, facets: facets.filter(({ values }) => values.length > 0) };
}

/** Everything that is shown, exactly: the sums of the classes, and what is shown besides. Costs classes × values. */
export async function countAll(tx: Tx, visible: Visible): Promise<Counts> {
  const { classes, apart, shown } = visible;
  const ids = (values: readonly number[]): SQL => sql`${sql.param([...values])}::bigint[]`;
  const each = (which: readonly number[], sign: number, more: SQL): SQL =>
    sql`select value, ${sign}::int * count(*) as documents from ${searchDocument}, unnest(facets || 0) as value
      where id = any(${ids(which)}) and ${more} group by value`;
  const ofClasses = sql`class = any(${sql.param(classes)}::integer[])`;
  const parts = [
    sql`select value, sum(documents) as documents from ${searchCount} where ${ofClasses} group by value`,
    ...(apart.length === 0 ? [] : [each(apart, -1, ofClasses)]),
    ...(shown.length === 0 ? [] : [each(shown, 1, sql`true`)]),
  ];
  const { rows } = await tx.execute<ValueRow>(sql`
    with summed as (
      select value, sum(documents)::float8 as documents from (${sql.join(parts, sql` union all `)}) as part group by value
    )
    select known.facet, known.value, documents from summed left join ${searchValue} as known on known.id = summed.value`);
  const total = Number(rows.find(({ facet }) => facet === null)?.documents ?? 0);
  return countsOf(rows, { count: total, exact: true });
}
