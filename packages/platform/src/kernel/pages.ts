import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalidField } from '@genesis/contracts';
import { z } from 'zod';

/** What every list takes: how many, and where the last page ended. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
};

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });

export type Page<Item> = { items: Item[]; nextCursor: string | null };

export type Cursors = {
  /** A position in one kind of list, as text that its receiver can only hand back. */
  encode(list: string, position: unknown): string;
  /** The position again. Throws `invalid-input` for text that was changed or comes from another list. */
  decode<Position>(list: string, cursor: string, schema: z.ZodType<Position>): Position;
};

const macBytes = 16;

/** @param secret at least 16 bytes that stay the same over restarts, so that cursors outlive them. */
export const createCursors = (secret: Uint8Array): Cursors => {
  const mac = (list: string, body: Buffer) =>
    createHmac('sha256', secret).update(JSON.stringify(list)).update(body).digest().subarray(0, macBytes);
  return {
    encode: (list, position) => {
      const body = Buffer.from(JSON.stringify(position));
      return Buffer.concat([mac(list, body), body]).toString('base64url');
    },
    decode: (list, cursor, schema) => {
      const bytes = Buffer.from(cursor, 'base64url');
      const body = bytes.subarray(macBytes);
      const given = bytes.subarray(0, macBytes);
      if (given.length < macBytes || !timingSafeEqual(given, mac(list, body))) {
        throw invalidField('query.cursor', 'expected the nextCursor of an earlier page of the same list');
      }
      return schema.parse(JSON.parse(body.toString()));
    },
  };
};

/**
 * Makes a page of rows that were asked for with one more than `limit`; that one more tells whether there is a next
 * page. `cursorOf` names the row that the next page starts after.
 */
export const toPage = <Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  cursorOf: (last: Row) => string,
): Page<Item> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null,
  };
};
