import type { Label, Role } from '@genesis/contracts';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
} from 'drizzle-orm/pg-core';
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
  /** Whether a steward has ever set the clearance; until then that of an account counts by itself. */
  clearedBySteward: boolean('cleared_by_steward').notNull().default(false),
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

/** Who a principal is at a sign-in provider, and what that provider says of them. One for each principal at most. */
export const account = pgTable(
  'account',
  {
    id: text('id').primaryKey(),
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    principal: text('principal').notNull().unique(),
    /** Linked by somebody who may not vouch for a clearance: sessions have none. */
    uncleared: boolean('uncleared').notNull(),
    /** What the newest sign-in gave, beside what is bound locally. */
    roles: jsonb('roles').$type<{ organisation: string; role: Role }[]>().notNull(),
    /** Upper bound of the clearance. */
    clearance: jsonb('clearance').$type<Label>().notNull(),
    /** Until when roles and clearance count without another sign-in. */
    trustedUntil: bigint('trusted_until', { mode: 'number' }).notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [unique('account_identity').on(table.issuer, table.subject)],
);

/** Whom a provider's subject or verified e-mail is to be linked with at its next sign-in; used once. */
export const accountLink = pgTable(
  'account_link',
  {
    id: text('id').primaryKey(),
    issuer: text('issuer').notNull(),
    subject: text('subject'),
    /** In lower case. */
    email: text('email'),
    principal: text('principal').notNull().unique(),
    uncleared: boolean('uncleared').notNull(),
    expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
  },
  (table) => [
    unique('account_link_subject').on(table.issuer, table.subject),
    unique('account_link_email').on(table.issuer, table.email),
  ],
);

/** Sessions of people who signed in: only the SHA-256 of the secret is kept. */
export const session = pgTable(
  'session',
  {
    id: text('id').primaryKey(),
    principal: text('principal').notNull(),
    account: text('account').notNull(),
    /** `browser` or `command-line`. */
    kind: text('kind').notNull(),
    hash: bytea('hash').notNull(),
    /** What the client called itself. */
    agent: text('agent').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    lastSeenAt: bigint('last_seen_at', { mode: 'number' }).notNull(),
    expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
    endedAt: bigint('ended_at', { mode: 'number' }),
  },
  (table) => [index('session_principal').on(table.principal)],
);

/** Sign-ins under way: minutes old, used once, and nobody's yet. */
export const signInAttempt = pgTable(
  'sign_in_attempt',
  {
    id: text('id').primaryKey(),
    provider: text('provider').notNull(),
    kind: text('kind').notNull(),
    /** SHA-256 of what the browser or the command line must present. */
    secretHash: bytea('secret_hash').notNull(),
    /** What is to be compared with the provider's answer, encrypted. */
    sealed: text('sealed').notNull(),
    expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
    intervalSeconds: integer('interval_seconds').notNull(),
    nextPollAt: bigint('next_poll_at', { mode: 'number' }).notNull(),
  },
  (table) => [index('sign_in_attempt_expiry').on(table.expiresAt)],
);
