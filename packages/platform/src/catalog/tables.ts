import type { GenesisFailure } from '@genesis/contracts';
import type { Governance, Mapping } from '@genesis/datacard';
import type { RowFingerprints, SplitRule } from '@genesis/evidence';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { type BlobRef, bytea, type SealedRef } from '../kernel/index.ts';
import type { HarvestCounts, HarvestKind, HarvestState } from './harvest/model.ts';
import type { RemoteRecord } from './harvest/remote-record.ts';
import type { TableDescription } from './ingest/describe-table.ts';
import type { CurveColumns, Metadata, TreeDescription } from './ingest/formats/model.ts';
import type { Column, FileDescription, Format } from './ingest/model.ts';
import type { CatalogJobState, CatalogRequest, ImportOutcome } from './model.ts';
import type { Face, SavedSearch } from './search/model.ts';

/** A governed series of versions of one table, tree or file. Owner, label and conditions are in its row of `resource`. */
export const dataset = pgTable('dataset', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  description: text('description').notNull(),
  source: text('source').notNull(),
});

/** One immutable import. What it shows may shrink once, when it is cut; it never changes otherwise. */
export const datasetVersion = pgTable(
  'dataset_version',
  {
    id: text('id').primaryKey(),
    dataset: text('dataset').notNull(),
    number: integer('number').notNull(),
    /** A table has columns and rows; a tree has groups and datasets inside; a file is kept as it is. */
    content: text('content').$type<'table' | 'tree' | 'file'>().notNull(),
    format: text('format').$type<Format>().notNull(),
    /** The name of the uploaded file, where it was told. */
    fileName: text('file_name'),
    /** What the file states of itself: title, instrument, run, ... */
    metadata: jsonb('metadata').$type<Metadata>().notNull(),
    /** Of a table; empty otherwise. */
    columns: jsonb('columns').$type<Column[]>().notNull(),
    /** Of a table that is a measured curve. */
    curve: jsonb('curve').$type<CurveColumns>(),
    /** All rows of a table, the sealed ones included; 0 otherwise. */
    rows: bigint('rows', { mode: 'number' }).notNull(),
    /** Of the uploaded file. */
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    sha256: text('sha256').notNull(),
    /**
     * Of a table, the rows that may be read, as normalised Parquet: all of them, or the explore part once there is a split.
     * Of anything else, the uploaded file itself.
     */
    visible: jsonb('visible').$type<BlobRef>().notNull(),
    /** Of the visible rows only; which of the three it is, `content` tells. */
    description: jsonb('description').$type<TableDescription | TreeDescription | FileDescription>().notNull(),
    split: text('split'),
    importedBy: text('imported_by').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [uniqueIndex('dataset_version_number').on(table.dataset, table.number)],
);

/** The data card that binds a dataset. It is governed by a row of its own: it can be public while its dataset is not. */
export const card = pgTable('card', {
  id: text('id').primaryKey(),
  dataset: text('dataset').notNull().unique(),
  /** Of the version that counts. */
  number: integer('number').notNull(),
});

/** A card as it was at a time; earlier ones stay. */
export const cardVersion = pgTable(
  'card_version',
  {
    card: text('card').notNull(),
    number: integer('number').notNull(),
    /** As it was read, with LF. */
    text: text('text').notNull(),
    sha256: text('sha256').notNull(),
    fields: jsonb('fields').$type<Mapping>().notNull(),
    governance: jsonb('governance').$type<Governance>().notNull(),
    /** Scores, 0 to 100. */
    completeness: doublePrecision('completeness').notNull(),
    readiness: doublePrecision('readiness').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.card, table.number] }),
    index('card_version_sha256').on(table.sha256),
  ],
);

/** What stays the same however often the same rows are imported or cut: the error budget hangs on it. */
export const seal = pgTable('seal', {
  id: text('id').primaryKey(),
  /** Canonical hash of the whole table of the first import. */
  tableHash: text('table_hash').notNull().unique(),
  rule: jsonb('rule').$type<SplitRule>().notNull(),
  keyColumns: jsonb('key_columns').$type<string[]>().notNull(),
  /** Of the sealed rows, by a secret key. */
  fingerprints: jsonb('fingerprints').$type<RowFingerprints[]>().notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  /** Set when sealed rows were exported: nothing is confirmed on them any more. */
  retiredAt: bigint('retired_at', { mode: 'number' }),
  retiredBy: text('retired_by'),
  /** What its rows test, from the first use on: `hypotheses` or an `evaluation`. Never both. */
  use: text('use'),
});

/** Looks at sealed rows by evaluations, numbered from 1 without a gap; never taken back. */
export const sealOpening = pgTable(
  'seal_opening',
  {
    seal: text('seal').notNull(),
    number: integer('number').notNull(),
    /** What was opened for, by opaque id. */
    of: text('of').notNull().unique(),
    openedAt: bigint('opened_at', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.seal, table.number] })],
);

/** Look-up of seals by the marks of their rows. */
export const sealMark = pgTable(
  'seal_mark',
  { mark: bytea('mark').notNull(), seal: text('seal').notNull() },
  (table) => [primaryKey({ columns: [table.mark, table.seal] })],
);

export const split = pgTable(
  'split',
  {
    id: text('id').primaryKey(),
    dataset: text('dataset').notNull(),
    version: text('version').notNull().unique(),
    seal: text('seal').notNull(),
    /** `new`: first seen. `same-designs`: new results for known designs. `same-rows`: shares an earlier seal. */
    recognised: text('recognised').notNull(),
    rule: jsonb('rule').$type<SplitRule>().notNull(),
    keyColumns: jsonb('key_columns').$type<string[]>().notNull(),
    tableHash: text('table_hash').notNull(),
    exploreRows: bigint('explore_rows', { mode: 'number' }).notNull(),
    exploreKeys: bigint('explore_keys', { mode: 'number' }).notNull(),
    confirmRows: bigint('confirm_rows', { mode: 'number' }).notNull(),
    confirmKeys: bigint('confirm_keys', { mode: 'number' }).notNull(),
    /** SHA-256 of the sealed rows as JSON lines. */
    confirmHash: text('confirm_hash').notNull(),
    sealed: jsonb('sealed').$type<SealedRef>().notNull(),
    /** False when all rows could be read for a while before the cut: the seal then came late. */
    sealedAtImport: boolean('sealed_at_import').notNull(),
    importedBy: text('imported_by').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [index('split_seal').on(table.seal)],
);

/** An import or a cut on its way. Its rows are staged where nobody can see them until it is done. */
export const catalogJob = pgTable('catalog_job', {
  id: text('id').primaryKey(),
  request: jsonb('request').$type<CatalogRequest>().notNull(),
  state: text('state').$type<CatalogJobState>().notNull(),
  submittedBy: text('submitted_by').notNull(),
  delegation: text('delegation').notNull(),
  /** The uploaded bytes, once they are there. */
  content: jsonb('content').$type<{ file: string; bytes: number; sha256: string }>(),
  failure: jsonb('failure').$type<GenesisFailure>(),
  dataset: text('dataset'),
  version: text('version'),
  split: text('split'),
  /** What an import was read as, once it is done. */
  outcome: jsonb('outcome').$type<ImportOutcome>(),
  /** A blob that nothing refers to any more; deleted after the commit, again if that was interrupted. */
  obsolete: text('obsolete'),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  endedAt: bigint('ended_at', { mode: 'number' }),
});

/** Another catalog that is harvested. Label and conditions of what comes from there are in its row of `resource`. */
export const harvestSource = pgTable('harvest_source', {
  id: text('id').primaryKey(),
  url: text('url').notNull(),
  kind: text('kind').$type<HarvestKind>().notNull(),
  state: text('state').$type<HarvestState>().notNull(),
  /** Counts the harvests. What the newest whole one did not see has vanished there. */
  run: integer('run').notNull(),
  /** Where a harvest in progress goes on: the token or address of the next page. */
  cursor: text('cursor'),
  /** Under which the harvest in progress acts. */
  delegation: text('delegation'),
  failure: jsonb('failure').$type<GenesisFailure>(),
  /** Of the newest harvest. */
  counts: jsonb('counts').$type<HarvestCounts>().notNull(),
  startedAt: bigint('started_at', { mode: 'number' }),
  endedAt: bigint('ended_at', { mode: 'number' }),
});

/** What another catalog says of one of its datasets. The data stays there. */
export const remoteDataset = pgTable(
  'remote_dataset',
  {
    id: text('id').primaryKey(),
    source: text('source').notNull(),
    /** Its identifier there. */
    remoteId: text('remote_id').notNull(),
    /** The address that it was read from. */
    origin: text('origin').notNull(),
    record: jsonb('record').$type<RemoteRecord>().notNull(),
    /** SHA-256 of the record. */
    hash: text('hash').notNull(),
    /** The newest harvest that saw it. */
    seenRun: integer('seen_run').notNull(),
    harvestedAt: bigint('harvested_at', { mode: 'number' }).notNull(),
    /** When a whole harvest did not see it any more. */
    vanishedAt: bigint('vanished_at', { mode: 'number' }),
  },
  (table) => [uniqueIndex('remote_dataset_source').on(table.source, table.remoteId)],
);

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

/**
 * What is searched: for each governed thing one document for each face that somebody may see of it. Exactly one of them is
 * shown to one person; which one follows from the class alone, or from an own grant.
 */
export const searchDocument = pgTable(
  'search_document',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
    /** The governed thing: a row of `resource`. */
    subject: text('subject').notNull(),
    face: text('face').$type<Face>().notNull(),
    /** The card of the thing, where it has one. */
    card: text('card'),
    /** Of `search_class`: everybody sees all documents of a class or none, but for what own grants open. */
    class: integer('class').notNull(),
    /** Of `search_value`. */
    facets: integer('facets').array().notNull(),
    name: text('name').notNull(),
    /** What a hit shows besides its name. */
    summary: text('summary').notNull(),
    words: tsvector('words').notNull(),
    /** Numbers of the words that stand beside each other: `search_pairs` of `words`. */
    pairs: integer('pairs').array().notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    /** AI-readiness of the card, 0 to 100; -1 without one. */
    readiness: real('readiness').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [
    uniqueIndex('search_document_face').on(table.subject, table.face),
    index('search_document_card').on(table.card),
    index('search_document_words').using('gin', table.words, table.facets, table.pairs),
    index('search_document_newest').on(table.createdAt, table.subject),
    index('search_document_class').on(table.class, table.createdAt, table.subject),
    index('search_document_name').on(sql`lower(left(${table.name}, 60)) collate "C"`, table.subject),
    index('search_document_size').on(table.bytes, table.subject),
    index('search_document_readiness').on(table.readiness, table.subject),
  ],
);

/** What the predicate of a read looks at, without ids: as many rows as there are different owners, labels and conditions. */
export const searchPolicy = pgTable('search_policy', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  key: text('key').notNull().unique(),
  kind: text('kind').notNull(),
  organisation: text('organisation'),
  labelLevel: smallint('label_level').notNull(),
  labelCategories: text('label_categories').array().notNull(),
  purposes: text('purposes').array().notNull(),
  agreements: text('agreements').array().notNull(),
  needsAgreement: boolean('needs_agreement').notNull(),
  needsGrant: text('needs_grant').array().notNull(),
});

/** A face, with the policy of the thing and of its card: decides for all documents of the class who sees them. */
export const searchClass = pgTable('search_class', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  key: text('key').notNull().unique(),
  face: text('face').$type<Face>().notNull(),
  own: integer('own').notNull(),
  card: integer('card'),
});

/** The values of facets, by number. */
export const searchValue = pgTable(
  'search_value',
  {
    id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
    facet: text('facet').notNull(),
    value: text('value').notNull(),
  },
  (table) => [
    uniqueIndex('search_value_value').on(table.facet, table.value),
    index('search_value_folded').on(table.facet, sql`lower(${table.value})`),
  ],
);

/** How many documents of a class have a value (0: how many there are): the sum of the rows. Only ever added to, and folded. */
export const searchCount = pgTable(
  'search_count',
  {
    class: integer('class').notNull(),
    value: integer('value').notNull(),
    documents: bigint('documents', { mode: 'number' }).notNull(),
  },
  (table) => [index('search_count_class').on(table.class, table.value)],
);

/** A search that somebody keeps; nobody else sees it. */
export const savedSearch = pgTable(
  'saved_search',
  {
    id: text('id').primaryKey(),
    owner: text('owner').notNull(),
    name: text('name').notNull(),
    search: jsonb('search').$type<SavedSearch>().notNull(),
    /** What the last run showed: at most the newest thousand, newest first. */
    seen: text('seen').array().notNull(),
    /** Of the oldest in `seen`, where there were more: what is older is not new. */
    since: bigint('since', { mode: 'number' }),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    ranAt: bigint('ran_at', { mode: 'number' }),
  },
  (table) => [uniqueIndex('saved_search_name').on(table.owner, table.name)],
);
