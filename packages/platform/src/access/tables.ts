import type { Label, Purpose } from '@genesis/contracts';
import { bigint, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';

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
