import type { Conditions } from '@genesis/contracts';
import { bigint, boolean, index, jsonb, pgTable, smallint, text } from 'drizzle-orm/pg-core';

/**
 * Every governed thing has exactly one row here: its owner, label and conditions. Domain tables refer to it by id, so
 * that one predicate filters all reads, and a new label takes effect everywhere at once.
 */
export const resource = pgTable(
  'resource',
  {
    id: text('id').primaryKey(),
    kind: text('kind').notNull(),
    /** Owning organisation; null is the platform itself. */
    organisation: text('organisation'),
    /** Index into the contract's list of levels. */
    labelLevel: smallint('label_level').notNull(),
    labelCategories: text('label_categories').array().notNull(),
    purposes: text('purposes').array().notNull(),
    /** Of the conditions, what reads are filtered by. */
    agreements: text('agreements').array().notNull(),
    origins: text('origins').array().notNull(),
    needsAgreement: boolean('needs_agreement').notNull(),
    needsGrant: text('needs_grant').array().notNull(),
    conditions: jsonb('conditions').$type<Conditions>().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [
    index('resource_kind_created').on(table.kind, table.createdAt, table.id),
    index('resource_origins').using('gin', table.origins),
  ],
);

/** What a worker may do for a principal: decided anew before each effect, ended by expiry or revocation. */
export const delegation = pgTable('delegation', {
  id: text('id').primaryKey(),
  principal: text('principal').notNull(),
  purpose: text('purpose').notNull(),
  actions: text('actions').array().notNull(),
  resources: text('resources').array().notNull(),
  tokenScopes: text('token_scopes').array().notNull(),
  uncleared: boolean('uncleared').notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
  revokedAt: bigint('revoked_at', { mode: 'number' }),
});
