import { invalidField } from '@genesis/contracts';
import { z } from 'zod';
import type { TrackingParts } from '../parts.ts';

/** Pages of a search: how many, and the token of the page before. */
export type Paging = { limit: number; token: string | undefined };
export type PageOf<Item> = { items: Item[]; nextToken: string | undefined };

/** Most that MLflow's server takes, and most that one answer here holds: the rest follows on the next page. */
const mostAsked = 50_000;
const mostOfPage = 1000;

const offsetSchema = z.int().min(0).max(100_000_000);

/** Where a page begins, and how many rows it has. */
export function pageAt(
  { cursors }: TrackingParts,
  list: string,
  { limit, token }: Paging,
): { offset: number; limit: number } {
  if (limit < 1 || limit > mostAsked)
    throw invalidField('max_results', `expected a whole number from 1 to ${mostAsked}`);
  const offset = token === undefined || token === '' ? 0 : cursors.decode(list, token, offsetSchema);
  return { offset, limit: Math.min(limit, mostOfPage) };
}

/** The rows of a page that were asked for with one more, and the token of the next one if there is one. */
export const pageOfRows = <Row>(
  { cursors }: TrackingParts,
  list: string,
  rows: readonly Row[],
  at: { offset: number; limit: number },
): PageOf<Row> => ({
  items: rows.slice(0, at.limit),
  nextToken: rows.length > at.limit ? cursors.encode(list, at.offset + at.limit) : undefined,
});
