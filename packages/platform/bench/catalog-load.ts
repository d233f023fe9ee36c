/**
 * Fills the tables of a bench's own database with the rows that the product writes, by COPY into tables that are emptied in
 * the same transaction, so that nothing goes through the log of the database, and with indexes made afterwards. What a document holds comes from
 * the product's own `documentsOf`; a sample is written again by the product and compared.
 */

import { createHash, randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool, QueryResult } from 'pg';
import { documentsOf, type NewDocument } from '../src/catalog/search/documents.ts';
import { rowOf } from '../src/door/facts.ts';
import { type MadeThing, thingAt } from './catalog-world.ts';

type Cell = string | number | boolean | null | readonly (string | number)[] | object;

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
const item = (value: string | number): string =>
  typeof value === 'number' ? String(value) : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

function cellOf(value: Cell): string {
  if (value === null) return '\\N';
  if (Array.isArray(value)) return escaped(`{${value.map(item).join(',')}}`);
  if (typeof value === 'object') return escaped(JSON.stringify(value));
  return typeof value === 'string' ? escaped(value) : String(value);
}

/** Asks one connection, one question after the other. */
type Ask = (text: string, values?: string[]) => Promise<QueryResult>;

/** Rows of one table, through a file. The database reads it while the next rows are made: wait for what is returned later. */
async function copy(
  ask: Ask,
  folder: string,
  table: string,
  columns: string,
  rows: readonly (readonly Cell[])[],
): Promise<{ read: Promise<void> }> {
  const path = join(folder, `${table}-${randomUUID()}.tsv`);
  await writeFile(path, rows.map((row) => `${row.map(cellOf).join('\t')}\n`).join(''));
  const read = ask(`copy ${table} (${columns}) from '${path}' with (freeze)`).then(() => rm(path));
  // Whoever waits for it gets the error; until then nobody does.
  read.catch(() => undefined);
  return { read };
}

const weights = ['A', 'B', 'C', ''] as const;

const numbers = new Map<string, number>();

/** The number of a word, as `search_pairs` has it. */
function numberOf(word: string): number {
  const known = numbers.get(word);
  if (known !== undefined) return known;
  const made = Number.parseInt(createHash('md5').update(word).digest('hex').slice(0, 7), 16);
  numbers.set(word, made);
  return made;
}

/** What `to_tsvector` and `setweight` make of words that no stemmer shortens, and `search_pairs` of that. */
function wordsOf({ text }: NewDocument): { words: string; pairs: number[] } {
  const found = new Map<string, string[]>();
  const pairs = new Set<number>();
  let before = 0;
  let last: number | undefined;
  for (const [index, part] of [text.name, text.keywords, text.about, text.rest].entries()) {
    const words = part.toLowerCase().match(/[a-z]+|\d+/g) ?? [];
    for (const [at, word] of words.entries()) {
      const places = found.get(word);
      const place = `${before + at + 1}${weights[index]}`;
      if (places === undefined) found.set(word, [place]);
      else places.push(place);
      const number = numberOf(word);
      if (last !== undefined) pairs.add((last * 1_000_003 + number * 8191 + 1) % 2_147_483_647);
      last = number;
    }
    before += words.length;
  }
  return {
    words: [...found].map(([word, places]) => `'${word}':${places.join(',')}`).join(' '),
    pairs: [...pairs].sort((a, b) => a - b),
  };
}

/** The facets of policy, as the row of a dataset has them. */
const policyFacets = ({ own }: MadeThing): [string, string][] => [
  ['level', own.label.level],
  ['organisation', own.organisation!],
  ...own.label.categories.map((one): [string, string] => ['category', one]),
  ...own.conditions.purposes.map((one): [string, string] => ['purpose', one]),
  ...own.conditions.licences.map((one): [string, string] => ['licence', one]),
];

const resourceColumns =
  'id, kind, organisation, label_level, label_categories, purposes, agreements, origins, needs_agreement, needs_grant, conditions, created_by, created_at';

const indexes: readonly string[] = [
  'search_document_face',
  'search_document_card',
  'search_document_words',
  'search_document_newest',
  'search_document_class',
  'search_document_name',
  'search_document_size',
  'search_document_readiness',
  'resource_origins',
  'resource_kind_created',
];
/** Those that are filled, in the order in which rows name each other. */
const tables = ['resource', 'dataset', 'card', 'card_version', 'search_document', 'search_count'];
const chunk = 10_000;

export type Loader = { loadTo(count: number): Promise<{ documents: number; seconds: number }> };

/** Loads datasets `0` to `count`, and nothing else: what was there before is gone. */
export function createLoader(pool: Pool, folder: string): Loader {
  const values = new Map<string, number>();
  const classes = new Map<string, number>();

  async function number(
    ask: Ask,
    known: Map<string, number>,
    wanted: Map<string, string[]>,
    call: string,
  ): Promise<void> {
    for (const [name, given] of wanted) {
      if (known.has(name)) continue;
      const places = given.map((_, index) => `$${index + 1}`).join(', ');
      const { rows } = await ask(`select ${call}(${places}) as id`, given);
      known.set(name, (rows[0] as { id: number }).id);
    }
  }
  const valueKey = (facet: string, value: string): string => `${facet}\t${value}`;

  /** Makes the rows of some datasets. The database has read them when what is returned comes. */
  async function loadChunk(
    ask: Ask,
    from: number,
    to: number,
    counts: Map<string, number>,
  ): Promise<{ documents: number; read: Promise<unknown> }> {
    const reads: Promise<void>[] = [];
    const send = async (table: string, columns: string, rows: readonly (readonly Cell[])[]) => {
      reads.push((await copy(ask, folder, table, columns, rows)).read);
    };
    const things = Array.from({ length: to - from }, (_, index) => thingAt(from + index));
    const facts = things.flatMap(({ own, card, described }) =>
      [own, ...(card === null ? [] : [card])].map((one) =>
        rowOf(one, 'prn_00000000000000000000000000', described.createdAt),
      ),
    );
    await send(
      'resource',
      resourceColumns,
      facts.map((row) => [
        ...[
          row.id,
          row.kind,
          row.organisation,
          row.labelLevel,
          row.labelCategories,
          row.purposes,
          row.agreements,
          row.origins,
        ],
        ...[row.needsAgreement, row.needsGrant, row.conditions, row.createdBy, row.createdAt],
      ]),
    );
    await send(
      'dataset',
      'id, name, description, source',
      things.map(({ described }) => [
        described.subject,
        described.name,
        described.description,
        described.source,
      ]),
    );
    const cards = things.flatMap(({ described }) =>
      described.card === null ? [] : [{ ...described.card, dataset: described.subject }],
    );
    await send(
      'card',
      'id, dataset, number',
      cards.map((one) => [one.id, one.dataset, 1]),
    );
    await send(
      'card_version',
      'card, number, text, sha256, fields, governance, completeness, readiness, created_by, created_at',
      cards.map((one) => [
        one.id,
        1,
        '',
        one.id,
        one.fields,
        one.governance,
        50,
        one.readiness,
        'prn_00000000000000000000000000',
        one.createdAt,
      ]),
    );
    const made = things.flatMap((thing) =>
      documentsOf(thing.described).map((document) => ({ thing, document })),
    );
    const wantedValues = new Map<string, string[]>();
    const wantedClasses = new Map<string, string[]>();
    const prepared = made.map(({ thing, document }) => {
      const policy = document.face === 'card' ? [] : policyFacets(thing);
      const own = Object.entries(document.facets).flatMap(([facet, all]) =>
        all.map((value): [string, string] => [facet, value]),
      );
      const facets = [...policy, ...own].map(([facet, value]) => {
        const key = valueKey(facet, value);
        wantedValues.set(key, [facet, value]);
        return key;
      });
      const { label, organisation, conditions } = thing.own;
      const { purposes, agreements, needsAgreement, needsGrant } = conditions;
      const key = JSON.stringify([
        document.face,
        organisation,
        label,
        purposes,
        agreements,
        needsAgreement,
        needsGrant,
        thing.card?.label ?? null,
      ]);
      wantedClasses.set(key, [document.face, document.subject, document.card as string]);
      return { document, facets, key };
    });
    await number(ask, values, wantedValues, 'search_value_of');
    await number(ask, classes, wantedClasses, 'search_class_of');
    const rows = prepared.map(({ document, facets, key }): Cell[] => {
      const group = classes.get(key)!;
      const numbers = [...new Set(facets)].map((one) => values.get(one)!);
      for (const value of [0, ...numbers])
        counts.set(`${group}\t${value}`, (counts.get(`${group}\t${value}`) ?? 0) + 1);
      const { subject, face, card, name, summary, bytes, readiness, createdAt } = document;
      const { words, pairs } = wordsOf(document);
      return [subject, face, card, group, numbers, name, summary, words, bytes, readiness, createdAt, pairs];
    });
    await send(
      'search_document',
      'subject, face, card, class, facets, name, summary, words, bytes, readiness, created_at, pairs',
      rows,
    );
    return { documents: rows.length, read: Promise.all(reads) };
  }

  async function fill(ask: Ask, count: number): Promise<number> {
    const counts = new Map<string, number>();
    let documents = 0;
    let before: Promise<unknown> = Promise.resolve();
    for (let from = 0; from < count; from += chunk) {
      const sent = await loadChunk(ask, from, Math.min(from + chunk, count), counts);
      documents += sent.documents;
      await before;
      before = sent.read;
    }
    await before;
    const rows = [...counts].map(([key, n]) => [...key.split('\t').map(Number), n]);
    await (await copy(ask, folder, 'search_count', 'class, value, documents', rows)).read;
    return documents;
  }

  async function loadTo(count: number): Promise<{ documents: number; seconds: number }> {
    const start = performance.now();
    const { rows: defined } = await pool.query<{ indexname: string; indexdef: string }>(
      'select indexname, indexdef from pg_indexes where indexname = any($1)',
      [indexes],
    );
    for (const { indexname } of defined) await pool.query(`drop index ${indexname}`);
    const client = await pool.connect();
    let documents: number;
    let filled = false;
    try {
      let last: Promise<unknown> = client.query(`begin; truncate ${tables.join(', ')}`);
      const ask: Ask = (text, values) => {
        const answer = last.then(() => client.query(text, values));
        last = answer;
        return answer;
      };
      documents = await fill(ask, count);
      await ask('commit');
      filled = true;
    } finally {
      // A connection in the middle of a transaction is of no use to others.
      client.release(!filled);
    }
    await pool.query(`alter system set maintenance_work_mem = '1GB'`);
    await pool.query('select pg_reload_conf()');
    // Two at a time: whoever waits too long for a connection of the pool is turned away.
    const left = defined.map(({ indexdef }) => indexdef);
    const build = async (): Promise<void> => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) await pool.query(one);
    };
    await Promise.all([build(), build()]);
    for (const table of [...tables, 'search_class', 'search_policy'])
      await pool.query(`vacuum (analyze) ${table}`);
    return { documents, seconds: (performance.now() - start) / 1000 };
  }
  return { loadTo };
}
