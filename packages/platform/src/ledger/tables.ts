import { isNull } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  index,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { bytea } from '../kernel/index.ts';

/**
 * The journal. A writer inserts an entry without a number in the transaction of its write; the sequencer numbers
 * committed entries. The body is what the leaf hash covers, byte for byte; the other columns repeat parts of it for look-ups.
 */
export const ledgerEntry = pgTable(
  'ledger_entry',
  {
    id: text('id').primaryKey(),
    inserted: bigserial('inserted', { mode: 'number' }).notNull(),
    seq: bigint('seq', { mode: 'number' }),
    body: text('body').notNull(),
    leaf: bytea('leaf').notNull(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    resource: text('resource'),
    effect: text('effect').notNull(),
    at: bigint('at', { mode: 'number' }).notNull(),
  },
  (table) => [
    uniqueIndex('ledger_entry_seq').on(table.seq),
    index('ledger_entry_waiting').on(table.inserted).where(isNull(table.seq)),
    index('ledger_entry_resource').on(table.resource, table.at),
  ],
);

/** What an entry's commitment opens to. A row may be deleted with its salt: every proof stays valid. */
export const ledgerDetail = pgTable('ledger_detail', {
  entry: text('entry').primaryKey(),
  salt: bytea('salt').notNull(),
  details: jsonb('details').notNull(),
});

/** Who used, generated and derived what, in the words of W3C PROV. */
export const ledgerEdge = pgTable(
  'ledger_edge',
  {
    entry: text('entry').notNull(),
    subject: text('subject').notNull(),
    relation: text('relation').notNull(),
    object: text('object').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.entry, table.subject, table.relation, table.object] }),
    index('ledger_edge_subject').on(table.subject),
    index('ledger_edge_object').on(table.object),
  ],
);

/** Hashes of complete subtrees: level 1 and up; level 0 is the leaf column of the entries. */
export const ledgerNode = pgTable(
  'ledger_node',
  {
    level: smallint('level').notNull(),
    index: bigint('index', { mode: 'number' }).notNull(),
    hash: bytea('hash').notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.index] })],
);

/** Signed checkpoints, one for each size that was ever signed. */
export const ledgerCheckpoint = pgTable('ledger_checkpoint', {
  size: bigint('size', { mode: 'number' }).primaryKey(),
  note: text('note').notNull(),
  at: bigint('at', { mode: 'number' }).notNull(),
});

/**
 * Cosignatures of witnesses over our checkpoints. The key belongs to the identity: names of witnesses are free to take,
 * and whoever took one first would keep its owner out.
 */
export const ledgerCosignature = pgTable(
  'ledger_cosignature',
  {
    size: bigint('size', { mode: 'number' }).notNull(),
    witness: text('witness').notNull(),
    verifierKey: text('verifier_key').notNull(),
    line: text('line').notNull(),
  },
  (table) => [primaryKey({ columns: [table.size, table.witness, table.verifierKey] })],
);

/** What this instance has witnessed for other logs: the last checkpoint of each origin. */
export const witnessedLog = pgTable('witnessed_log', {
  origin: text('origin').primaryKey(),
  verifierKey: text('verifier_key').notNull(),
  size: bigint('size', { mode: 'number' }).notNull(),
  note: text('note').notNull(),
  at: bigint('at', { mode: 'number' }).notNull(),
});
