import { bigint, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { SealedRef } from '../kernel/index.ts';
import type { Score, TaskSettings } from './model.ts';

/** What models are scored on: the sealed rows of one split, in one way, fixed when it is made. */
export const evaluation = pgTable(
  'evaluation',
  {
    id: text('id').primaryKey(),
    split: text('split').notNull(),
    settings: jsonb('settings').$type<TaskSettings>().notNull(),
    /** The challenge that it belongs to, by its number. */
    challenge: integer('challenge'),
    state: text('state').notNull(),
    /** Under which the platform opens the sealed rows; revoking it ends the evaluation. */
    delegation: text('delegation').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [index('evaluation_challenge').on(table.challenge, table.createdAt)],
);

/** A model, or a baseline of the platform's own, and how it fared. Failed ones stay, and their opening is spent. */
export const submission = pgTable(
  'submission',
  {
    id: text('id').primaryKey(),
    evaluation: text('evaluation').notNull(),
    /** What the board calls it. */
    title: text('title').notNull(),
    /** Name of a baseline; null for a model. */
    baseline: text('baseline'),
    /** By opaque id, with the hash of its artifact when it was submitted: another artifact is not scored. */
    model: text('model'),
    artifactHash: text('artifact_hash'),
    organisation: text('organisation').notNull(),
    submittedBy: text('submitted_by').notNull(),
    /** Its number among all openings of the sealed rows. */
    opening: integer('opening').notNull(),
    state: text('state').notNull(),
    failure: text('failure'),
    run: text('run').notNull(),
    delegation: text('delegation').notNull(),
    score: jsonb('score').$type<Score>(),
    /** Losses of each unit, kept as the sealed rows are. */
    losses: jsonb('losses').$type<SealedRef>(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    endedAt: bigint('ended_at', { mode: 'number' }),
  },
  (table) => [index('submission_evaluation').on(table.evaluation, table.createdAt)],
);
