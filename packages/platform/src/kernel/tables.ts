import { index, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

/** The answer that was given to a request with an idempotency key, so that its repetition gets the same one. */
export const idempotentResponses = pgTable(
  'idempotent_responses',
  {
    principal: text().notNull(),
    key: text().notNull(),
    /** SHA-256 of method, path and body, in hexadecimal. */
    requestHash: text('request_hash').notNull(),
    status: integer().notNull(),
    body: jsonb(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.principal, table.key] }),
    index('idempotent_responses_at').on(table.at),
  ],
);
