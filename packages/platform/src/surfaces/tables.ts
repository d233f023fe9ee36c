import { bigint, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { bytea } from '../kernel/index.ts';

export type TaskState = 'pending' | 'active' | 'completed' | 'failed' | 'canceled';

/**
 * Operations on the files of a project that were asked for, and their results, for a day. Shown with the project to
 * whoever asked.
 */
export const fileTask = pgTable(
  'file_task',
  {
    id: text('id').primaryKey(),
    project: text('project').notNull(),
    machine: text('machine').notNull(),
    principal: text('principal').notNull(),
    delegation: text('delegation').notNull(),
    command: text('command').notNull(),
    args: jsonb('args').$type<Record<string, unknown>>().notNull(),
    /** What is to be uploaded, until that is done. */
    content: bytea('content'),
    state: text('state').$type<TaskState>().notNull(),
    result: jsonb('result').$type<Record<string, unknown>>(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [index('file_task_principal').on(table.principal, table.createdAt)],
);
