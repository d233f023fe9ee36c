import type { AgreementPurpose, Label, Purpose } from '@genesis/contracts';
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
import type { BlobRef } from '../kernel/index.ts';
import type { Question, Terms } from './model.ts';

const time = (name: string) => bigint(name, { mode: 'number' });

/**
 * An agreement, with the terms of the version in force that decisions look at. The stored state knows nothing of time: see
 * `agreementStateAt`.
 */
export const agreement = pgTable('agreement', {
  id: text('id').primaryKey(),
  title: text('title').notNull(),
  type: text('type').notNull(),
  /** The party that drafted it. */
  organisation: text('organisation').notNull(),
  state: text('state').notNull(),
  /** Whether it was put before the other parties; until then only the drafting one knows of it. */
  shared: boolean('shared').notNull(),
  latest: integer('latest').notNull(),
  /** Number of the version in force; null before all have signed one. */
  inForce: integer('in_force'),
  startsAt: time('starts_at'),
  endsAt: time('ends_at'),
  purposes: text('purposes').array().$type<AgreementPurpose[]>().notNull(),
  datasets: text('datasets').array().notNull(),
  /** The party that suspended it; only that one resumes it. */
  suspendedBy: text('suspended_by'),
  /** Why it was suspended or terminated. */
  reason: text('reason'),
  createdAt: time('created_at').notNull(),
  changedAt: time('changed_at').notNull(),
});

/** What was proposed: the terms, and the exact text that is signed. Never changed, only followed by the next. */
export const agreementVersion = pgTable(
  'agreement_version',
  {
    agreement: text('agreement').notNull(),
    number: integer('number').notNull(),
    terms: jsonb('terms').$type<Terms>().notNull(),
    text: jsonb('text').$type<BlobRef>().notNull(),
    proposedBy: text('proposed_by').notNull(),
    proposedAt: time('proposed_at').notNull(),
    inForceAt: time('in_force_at'),
  },
  (table) => [primaryKey({ columns: [table.agreement, table.number] })],
);

/** Who signed which text for which party. */
export const agreementSignature = pgTable(
  'agreement_signature',
  {
    agreement: text('agreement').notNull(),
    version: integer('version').notNull(),
    organisation: text('organisation').notNull(),
    principal: text('principal').notNull(),
    sha256: text('sha256').notNull(),
    signedAt: time('signed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.agreement, table.version, table.organisation] })],
);

/** Whom a version names, by subject, so that all that concerns somebody is found by one index. */
export const agreementLink = pgTable(
  'agreement_link',
  {
    /** The id of a principal or an organisation. */
    subject: text('subject').notNull(),
    /** `party`, `everybody` (of a party is covered), `representative` or `covered`. */
    role: text('role').$type<'party' | 'everybody' | 'representative' | 'covered'>().notNull(),
    agreement: text('agreement').notNull(),
    version: integer('version').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.subject, table.agreement, table.version, table.role] }),
    index('agreement_link_agreement').on(table.agreement, table.version),
  ],
);

/** What a steward asks of whoever wants access to a dataset, or to anything of the organisation (`dataset` is then empty). */
export const accessForm = pgTable(
  'access_form',
  {
    organisation: text('organisation').notNull(),
    dataset: text('dataset').notNull(),
    questions: jsonb('questions').$type<Question[]>().notNull(),
    terms: text('terms'),
    secondParty: text('second_party'),
    changedAt: time('changed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organisation, table.dataset] })],
);

/** A request for access. Whether it has lapsed follows from `lapsesAt` and the clock. */
export const accessRequest = pgTable(
  'access_request',
  {
    id: text('id').primaryKey(),
    dataset: text('dataset').notNull(),
    /** The owner of the dataset, whose stewards decide. */
    organisation: text('organisation').notNull(),
    requestedBy: text('requested_by').notNull(),
    purposes: text('purposes').array().$type<Purpose[]>().notNull(),
    holders: text('holders').array().notNull(),
    days: integer('days').notNull(),
    reason: text('reason').notNull(),
    agreement: text('agreement'),
    answers: jsonb('answers').$type<{ id: string; question: string; answer: string | boolean }[]>().notNull(),
    /** SHA-256 of the terms that were accepted; null where the form has none. */
    acceptedTerms: text('accepted_terms'),
    /** The organisation that has to approve besides the owner. */
    secondParty: text('second_party'),
    state: text('state').notNull(),
    requestedAt: time('requested_at').notNull(),
    lapsesAt: time('lapses_at').notNull(),
    endedAt: time('ended_at'),
  },
  (table) => [
    index('access_request_organisation').on(table.organisation, table.requestedAt),
    index('access_request_requested_by').on(table.requestedBy, table.requestedAt),
    index('access_request_second_party').on(table.secondParty),
  ],
);

/** One person's word on a request, for one organisation. */
export const accessDecision = pgTable(
  'access_decision',
  {
    request: text('request').notNull(),
    principal: text('principal').notNull(),
    organisation: text('organisation').notNull(),
    approves: boolean('approves').notNull(),
    reason: text('reason').notNull(),
    decidedAt: time('decided_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.request, table.principal] })],
);

/** Access that was granted. Whether it still opens anything follows from the clock and its agreement. */
export const accessGrant = pgTable(
  'access_grant',
  {
    id: text('id').primaryKey(),
    request: text('request').notNull().unique(),
    dataset: text('dataset').notNull(),
    organisation: text('organisation').notNull(),
    purposes: text('purposes').array().$type<Purpose[]>().notNull(),
    agreement: text('agreement'),
    grantedAt: time('granted_at').notNull(),
    expiresAt: time('expires_at').notNull(),
    revokedAt: time('revoked_at'),
    reason: text('reason'),
  },
  (table) => [
    index('access_grant_agreement').on(table.agreement),
    index('access_grant_organisation').on(table.organisation, table.expiresAt),
    index('access_grant_expires').on(table.expiresAt),
  ],
);

/** To whom: ids of principals, projects or organisations. */
export const grantHolder = pgTable(
  'grant_holder',
  { grant: text('grant_id').notNull(), holder: text('holder').notNull() },
  (table) => [
    primaryKey({ columns: [table.grant, table.holder] }),
    index('grant_holder_holder').on(table.holder),
  ],
);

/** What somebody has to be told, once: `about` and `due` say what and when it happens. */
export const notice = pgTable(
  'notice',
  {
    id: text('id').primaryKey(),
    /** A principal, the members of a project, or the stewards of an organisation. */
    recipient: text('recipient').notNull(),
    about: text('about').notNull(),
    text: text('text').notNull(),
    due: time('due').notNull(),
    createdAt: time('created_at').notNull(),
  },
  (table) => [unique('notice_once').on(table.recipient, table.about, table.due)],
);

/** An invention that may have to be disclosed: a supported hypothesis under an agreement that demands it. */
export const disclosure = pgTable(
  'disclosure',
  {
    id: text('id').primaryKey(),
    agreement: text('agreement').notNull(),
    hypothesis: text('hypothesis').notNull(),
    campaign: text('campaign').notNull(),
    owner: text('owner'),
    openedAt: time('opened_at').notNull(),
    dueAt: time('due_at').notNull(),
    closedAt: time('closed_at'),
    closedBy: text('closed_by'),
    note: text('note'),
  },
  (table) => [unique('disclosure_once').on(table.hypothesis, table.agreement)],
);

/** Requests to release something at a lower label: one person asks, another decides. */
export const release = pgTable(
  'release',
  {
    id: text('id').primaryKey(),
    resource: text('resource').notNull(),
    /** What it had when the release was asked for. */
    from: jsonb('from_label').$type<Label>().notNull(),
    label: jsonb('label').$type<Label>().notNull(),
    /** Purposes to be open besides those that are. */
    purposes: text('purposes').array().$type<Purpose[]>().notNull(),
    reason: text('reason').notNull(),
    state: text('state').$type<'asked' | 'released' | 'refused'>().notNull(),
    askedBy: text('asked_by').notNull(),
    askedAt: bigint('asked_at', { mode: 'number' }).notNull(),
    decidedBy: text('decided_by'),
    decidedAt: bigint('decided_at', { mode: 'number' }),
    decision: text('decision'),
  },
  (table) => [index('release_resource').on(table.resource)],
);
