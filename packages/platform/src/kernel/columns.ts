import { customType } from 'drizzle-orm/pg-core';

/** A PostgreSQL bytea column as a Node Buffer. */
export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
