/**
 * Fills the tables of a bench's own database with the rows that the product writes, by COPY. What a document holds comes from
 * the product's own `documentsOf`; a sample is written again by the product and compared.
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
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

/** Rows of one table, on their way through a file. */
async function copy(
  pool: Pool,
  folder: string,
  table: string,
  columns: string,
  rows: readonly (readonly Cell[])[],
) {
  if (rows.length === 0) return;
  const path = join(folder, `${table}.tsv`);
  const file = createWriteStream(path);
  let text = '';
  for (const row of rows) {
    text += `${row.map(cellOf).join('\t')}\n`;
    if (text.length > 1e6) {
      if (!file.write(text)) await once(file, 'drain');
      text = '';
    }
  }
  file.end(text);
  await once(file, 'close');
  await pool.query(`copy ${table} (${columns}) from '${path}'`);
  await rm(path);
}

const weights = ['A', 'B', 'C', ''] as const;

/** What `to_tsvector` and `setweight` make of words that no stemmer shortens. */
function wordsOf({ text }: NewDocument): string {
  const found = new Map<string, string[]>();
  let before = 0;
  for (const [index, part] of [text.name, text.keywords, text.about, text.rest].entries()) {
    const words = part.toLowerCase().match(/[a-z]+|\d+/g) ?? [];
    for (const [at, word] of words.entries()) {
      const places = found.get(word) ?? [];
      if (!found.has(word)) found.set(word, places);
      places.push(`${before + at + 1}${weights[index]}`);
    }
    before += words.length;
  }
  return [...found].map(([word, places]) => `'${word}':${places.join(',')}`).join(' ');
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
const chunk = 25_000;

export type Loader = { loadTo(count: number): Promise<{ documents: number; seconds: number }> };

/** Loads datasets `0` to `count`, more with each call. */
export function createLoader(pool: Pool, folder: string): Loader {
  const values = new Map<string, number>();
  const classes = new Map<string, number>();
  let loaded = 0;
  let documents = 0;

  async function number(
    known: Map<string, number>,
    wanted: Map<string, string[]>,
    call: string,
  ): Promise<void> {
    for (const [name, given] of wanted) {
      if (known.has(name)) continue;
      const places = given.map((_, index) => `$${index + 1}`).join(', ');
      const { rows } = await pool.query<{ id: number }>(`select ${call}(${places}) as id`, given);
      known.set(name, rows[0]!.id);
    }
  }
  const valueKey = (facet: string, value: string): string => `${facet}\t${value}`;

  async function loadChunk(from: number, to: number, counts: Map<string, number>): Promise<void> {
    const things = Array.from({ length: to - from }, (_, index) => thingAt(from + index));
    const facts = things.flatMap(({ own, card, described }) =>
      [own, ...(card === null ? [] : [card])].map((one) =>
        rowOf(one, 'prn_00000000000000000000000000', described.createdAt),
      ),
    );
    await copy(
      pool,
      folder,
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
    await copy(
      pool,
      folder,
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
    await copy(
      pool,
      folder,
      'card',
      'id, dataset, number',
      cards.map((one) => [one.id, one.dataset, 1]),
    );
    await copy(
      pool,
      folder,
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
    await number(values, wantedValues, 'search_value_of');
    await number(classes, wantedClasses, 'search_class_of');
    const rows = prepared.map(({ document, facets, key }): Cell[] => {
      const group = classes.get(key)!;
      const numbers = [...new Set(facets)].map((one) => values.get(one)!);
      for (const value of [0, ...numbers])
        counts.set(`${group}\t${value}`, (counts.get(`${group}\t${value}`) ?? 0) + 1);
      const { subject, face, card, name, summary, bytes, readiness, createdAt } = document;
      return [
        subject,
        face,
        card,
        group,
        numbers,
        name,
        summary,
        wordsOf(document),
        bytes,
        readiness,
        createdAt,
      ];
    });
    documents += rows.length;
    await copy(
      pool,
      folder,
      'search_document',
      'subject, face, card, class, facets, name, summary, words, bytes, readiness, created_at',
      rows,
    );
  }

  async function loadTo(count: number): Promise<{ documents: number; seconds: number }> {
    const start = performance.now();
    await pool.query(`set maintenance_work_mem = '1GB'; set synchronous_commit = off`);
    const { rows: defined } = await pool.query<{ indexname: string; indexdef: string }>(
      'select indexname, indexdef from pg_indexes where indexname = any($1)',
      [indexes],
    );
    for (const { indexname } of defined) await pool.query(`drop index ${indexname}`);
    const counts = new Map<string, number>();
    for (; loaded < count; loaded = Math.min(loaded + chunk, count))
      await loadChunk(loaded, Math.min(loaded + chunk, count), counts);
    await copy(
      pool,
      folder,
      'search_count',
      'class, value, documents',
      [...counts].map(([key, n]) => [...key.split('\t').map(Number), n]),
    );
    for (const { indexdef } of defined) await pool.query(indexdef);
    for (const table of [
      'resource',
      'dataset',
      'card',
      'card_version',
      'search_document',
      'search_count',
      'search_class',
    ])
      await pool.query(`vacuum (analyze, freeze) ${table}`);
    return { documents, seconds: (performance.now() - start) / 1000 };
  }
  return { loadTo };
}
