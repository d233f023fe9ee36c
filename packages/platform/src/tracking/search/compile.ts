import { invalidField } from '@genesis/contracts';
import { type SQL, sql } from 'drizzle-orm';
import type { Clause, Comparator, Entity, Order } from './filter.ts';

/** An attribute that can be searched and sorted by. */
export type Attribute = {
  column: SQL;
  type: 'text' | 'number';
  /** Whether lists are compared with it. */
  lists?: boolean;
  /** For sorting, or for filtering only; both where this is left out. */
  only?: 'order' | 'filter';
};

/** Rows beside a thing that hold a value under a key, as a table and the condition that they belong to it. */
export type Beside = {
  table: SQL;
  belongs: SQL;
  value: SQL;
  key: (key: string) => SQL;
  /** What a key means where it is absent. */
  without?: Readonly<Record<string, string>>;
};

/** What can be searched by. */
export type Searchable = {
  attributes: Readonly<Record<string, Attribute>>;
  metric?: Beside;
  parameter?: Beside;
  tag?: Beside;
  /** Descriptions of datasets, by name, digest and context. */
  dataset?: { table: SQL; belongs: SQL; columns: Readonly<Record<string, SQL>> };
};

const numeric: readonly Comparator[] = ['=', '!=', '<', '<=', '>', '>='];
const textual: readonly Comparator[] = ['=', '!=', 'LIKE', 'ILIKE'];

const operators: Partial<Record<Comparator, SQL>> = {
  '=': sql`=`,
  '!=': sql`<>`,
  '<': sql`<`,
  '<=': sql`<=`,
  '>': sql`>`,
  '>=': sql`>=`,
};

function assertComparator({ comparator, entity, key }: Clause, allowed: readonly Comparator[]): void {
  if (!allowed.includes(comparator))
    throw invalidField(
      'filter',
      `${comparator} is not possible for ${entity} "${key}"; possible: ${allowed.join(', ')}`,
    );
}

const compareNumber = (column: SQL, clause: Clause): SQL => {
  assertComparator(clause, numeric);
  if (typeof clause.value !== 'number')
    throw invalidField('filter', `expected a number for ${clause.entity} "${clause.key}"`);
  return sql`${column} ${operators[clause.comparator]!} ${clause.value}::float8`;
};

function compareText(column: SQL, clause: Clause, lists: boolean): SQL {
  const { comparator, value } = clause;
  assertComparator(clause, lists ? [...textual, 'IN', 'NOT IN'] : textual);
  if (comparator === 'IN') return sql`${column} = any(${sql.param(value)}::text[])`;
  if (comparator === 'NOT IN') return sql`${column} <> all(${sql.param(value)}::text[])`;
  if (typeof value !== 'string')
    throw invalidField('filter', `expected a text in quotes for ${clause.entity} "${clause.key}"`);
  // Without an escape character: MLflow has none, and a pattern that ends in one would be an error.
  if (comparator === 'LIKE') return sql`${column} like ${value}::text escape ''`;
  if (comparator === 'ILIKE') return sql`${column} ilike ${value}::text escape ''`;
  return sql`${column} ${operators[comparator]!} ${value}::text`;
}

const unknownKey = (field: string, key: string, known: readonly string[]) =>
  invalidField(field, `"${key}" is no attribute here; known are ${known.join(', ')}`);

const impossible = (field: string, entity: Entity) =>
  invalidField(field, `${entity} is nothing to search by here`);

/** Other words for attributes of runs. */
const aliases: Readonly<Record<string, string>> = {
  created: 'start_time',
  Created: 'start_time',
  'run name': 'run_name',
  'Run name': 'run_name',
  'Run Name': 'run_name',
};

function attributeOf(
  searchable: Searchable,
  given: string,
  use: 'order' | 'filter',
  field: string,
): Attribute {
  const key = aliases[given] ?? given;
  const { attributes } = searchable;
  const found = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  if (found === undefined || (found.only ?? use) !== use)
    throw unknownKey(
      field,
      given,
      Object.keys(attributes).filter((name) => (attributes[name]!.only ?? use) === use),
    );
  return found;
}

function compileClause(searchable: Searchable, clause: Clause): SQL {
  const { entity, key, comparator } = clause;
  if (entity === 'attribute') {
    const { column, type, lists } = attributeOf(searchable, key, 'filter', 'filter');
    return type === 'number' ? compareNumber(column, clause) : compareText(column, clause, lists === true);
  }
  if (entity === 'dataset') {
    const { dataset } = searchable;
    if (dataset === undefined) throw impossible('filter', entity);
    const column = Object.hasOwn(dataset.columns, key) ? dataset.columns[key] : undefined;
    if (column === undefined) throw unknownKey('filter', key, Object.keys(dataset.columns));
    return sql`exists (select 1 from ${dataset.table} where ${dataset.belongs} and ${compareText(column, clause, true)})`;
  }
  const beside = searchable[entity];
  if (beside === undefined) throw impossible('filter', entity);
  const there = (more: SQL) =>
    sql`exists (select 1 from ${beside.table} where ${beside.belongs} and ${beside.key(key)} and ${more})`;
  if (entity === 'metric')
    // Nothing can be said of the order of what is not a number.
    return there(sql`${beside.value} <> 'NaN'::float8 and ${compareNumber(beside.value, clause)}`);
  const absent = beside.without?.[key];
  if (absent !== undefined) {
    const value = sql`(select ${beside.value} from ${beside.table} where ${beside.belongs} and ${beside.key(key)})`;
    return compareText(sql`coalesce(${value}, ${absent}::text)`, clause, false);
  }
  if (comparator === 'IS NULL') return sql`not ${there(sql`true`)}`;
  if (comparator === 'IS NOT NULL') return there(sql`true`);
  return there(compareText(beside.value, clause, false));
}

/** The clauses as conditions, in which every key and value is a parameter. */
export const compileFilter = (searchable: Searchable, clauses: readonly Clause[]): SQL[] =>
  clauses.map((clause) => compileClause(searchable, clause));

const byBytes = (column: SQL): SQL => sql`${column} collate "C"`;

/** The terms of an order; what has no value comes last, whichever way. */
export function compileOrder(searchable: Searchable, orders: readonly Order[]): SQL[] {
  return orders.flatMap(({ entity, key, ascending }) => {
    const direction = ascending ? sql`asc nulls last` : sql`desc nulls last`;
    if (entity === 'attribute') {
      const { column, type } = attributeOf(searchable, key, 'order', 'order_by');
      return [sql`${type === 'text' ? byBytes(column) : column} ${direction}`];
    }
    const beside = entity === 'dataset' ? undefined : searchable[entity];
    if (beside === undefined) throw impossible('order_by', entity);
    const value = sql`(select ${beside.value} from ${beside.table} where ${beside.belongs} and ${beside.key(key)} limit 1)`;
    if (entity !== 'metric') return [sql`${byBytes(value)} ${direction}`];
    // Numbers, then what is not a number, then nothing.
    return [sql`(${value} = 'NaN'::float8) asc nulls last`, sql`${value} ${direction}`];
  });
}
