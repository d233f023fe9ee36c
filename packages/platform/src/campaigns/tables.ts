import type { CampaignPlan, Claim, Design, ExperimentOutcome, Space, Verdict } from '@genesis/contracts';
import {
  bigint,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { bytea } from '../kernel/index.ts';
import type { KeptRows } from './hypotheses/evaluation-rows.ts';
import type { StoredInstrument } from './instrument.ts';

export const campaign = pgTable('campaign', {
  id: text('id').primaryKey(),
  plan: jsonb('plan').$type<CampaignPlan>().notNull(),
  /** SHA-256 over the canonical plan: fixed before the first experiment. */
  planHash: text('plan_hash').notNull(),
  space: jsonb('space').$type<Space>().notNull(),
  /** A trusted instrument; null where people or a command measure. */
  instrument: jsonb('instrument').$type<StoredInstrument>(),
  /** Version or capability behind the measurements. */
  origin: text('origin'),
  state: text('state').notNull(),
  /** Why it was stopped, where nobody asked for it. */
  stoppedBecause: text('stopped_because'),
  owner: text('owner').notNull(),
  delegation: text('delegation').notNull(),
  /** The ledger entry of its creation. */
  entry: text('entry').notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  endedAt: bigint('ended_at', { mode: 'number' }),
});

/** One arm of one repeat. Its row is the lock under which experiments are proposed. */
export const trajectory = pgTable(
  'trajectory',
  {
    campaign: text('campaign').notNull(),
    arm: text('arm').notNull(),
    repeat: integer('repeat').notNull(),
    proposed: integer('proposed').notNull().default(0),
    recorded: integer('recorded').notNull().default(0),
    /** No more is to be proposed: the budget is spent or the pool is empty. */
    closed: integer('closed').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.campaign, table.arm, table.repeat] })],
);

export const experiment = pgTable(
  'experiment',
  {
    id: text('id').primaryKey(),
    campaign: text('campaign').notNull(),
    arm: text('arm').notNull(),
    repeat: integer('repeat').notNull(),
    index: integer('index').notNull(),
    design: jsonb('design').$type<Design>().notNull(),
    noiseSeed: text('noise_seed').notNull(),
    run: text('run'),
    /** Null until its result is recorded. */
    outcome: jsonb('outcome').$type<ExperimentOutcome>(),
    outcomeHash: text('outcome_hash'),
    entry: text('entry'),
    proposedAt: bigint('proposed_at', { mode: 'number' }).notNull(),
    recordedAt: bigint('recorded_at', { mode: 'number' }),
  },
  (table) => [uniqueIndex('experiment_place').on(table.campaign, table.arm, table.repeat, table.index)],
);

/** Error budgets. The first freeze makes the row; nothing is ever refunded. */
export const family = pgTable('family', {
  id: text('id').primaryKey(),
  alpha: doublePrecision('alpha').notNull(),
});

export const hypothesis = pgTable(
  'hypothesis',
  {
    id: text('id').primaryKey(),
    campaign: text('campaign').notNull(),
    claim: jsonb('claim').$type<Claim>().notNull(),
    claimHash: text('claim_hash').notNull(),
    family: text('family').notNull(),
    state: text('state').notNull(),
    freezeEntry: text('freeze_entry').notNull(),
    /** Size of the checkpoint that was taken after the freeze and before the opening. */
    checkpointSize: bigint('checkpoint_size', { mode: 'number' }),
    openEntry: text('open_entry'),
    concludeEntry: text('conclude_entry'),
    abandonEntry: text('abandon_entry'),
    run: text('run'),
    delegation: text('delegation'),
    verdict: jsonb('verdict').$type<Verdict>(),
    verdictHash: text('verdict_hash'),
    rows: jsonb('rows').$type<KeptRows>(),
    frozenBy: text('frozen_by').notNull(),
    frozenAt: bigint('frozen_at', { mode: 'number' }).notNull(),
    openedAt: bigint('opened_at', { mode: 'number' }),
    concludedAt: bigint('concluded_at', { mode: 'number' }),
  },
  (table) => [
    uniqueIndex('hypothesis_claim').on(table.claimHash),
    index('hypothesis_campaign').on(table.campaign, table.frozenAt),
  ],
);

/** Openings of a family, numbered from 1 without a gap. */
export const opening = pgTable(
  'opening',
  {
    family: text('family').notNull(),
    attempt: integer('attempt').notNull(),
    hypothesis: text('hypothesis').notNull().unique(),
    claimHash: text('claim_hash').notNull(),
    alpha: doublePrecision('alpha').notNull(),
    rowsHash: text('rows_hash').notNull(),
    openedAt: bigint('opened_at', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.family, table.attempt] })],
);

/** Salts of what crates keep back, so that a commitment can be opened later. */
export const withheldSalt = pgTable(
  'withheld_salt',
  { entry: text('entry').notNull(), path: text('path').notNull(), salt: bytea('salt').notNull() },
  (table) => [primaryKey({ columns: [table.entry, table.path] })],
);
