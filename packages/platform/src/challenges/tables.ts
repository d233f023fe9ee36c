import { integer, pgTable, text } from 'drizzle-orm/pg-core';

export const challenge = pgTable('challenge', {
  number: integer('number').primaryKey(),
  name: text('name').notNull(),
  area: text('area').notNull(),
  summary: text('summary').notNull(),
});
