import type { Label } from '@genesis/contracts';
import { bigint, boolean, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea } from '../kernel/index.ts';

export const organisation = pgTable('organisation', {
  id: text('id').primaryKey(),
  name: text('name').notNull().unique(),
  /** Laboratory, university, agency, firm or other. */
  kind: text('kind').notNull().default('other'),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
});

/** People, services and agents. */
export const principal = pgTable('principal', {
  id: text('id').primaryKey(),
  kind: text('kind').notNull(),
  name: text('name').notNull().unique(),
  organisation: text('organisation').notNull(),
  clearance: jsonb('clearance').$type<Label>().notNull(),
  disabled: boolean('disabled').notNull().default(false),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
});

export const roleBinding = pgTable(
  'role_binding',
  {
    principal: text('principal').notNull(),
    organisation: text('organisation').notNull(),
    role: text('role').notNull(),
    expiresAt: bigint('expires_at', { mode: 'number' }),
  },
  (table) => [primaryKey({ columns: [table.principal, table.organisation, table.role] })],
);

/** Bearer tokens: only the SHA-256 of the secret is kept. */
export const token = pgTable(
  'token',
  {
    id: text('id').primaryKey(),
    principal: text('principal').notNull(),
    name: text('name').notNull(),
    hash: bytea('hash').notNull().unique(),
    scopes: text('scopes').array().notNull(),
    /** Issued by somebody who may not vouch for a clearance: the bearer has none. */
    uncleared: boolean('uncleared').notNull(),
    /** The first token of an organisation's only steward: somebody has to begin. */
    founding: boolean('founding').notNull().default(false),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
    revokedAt: bigint('revoked_at', { mode: 'number' }),
  },
  (table) => [index('token_principal').on(table.principal)],
);
