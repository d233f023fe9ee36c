import { invalidField } from '@genesis/contracts';
import { mostRows } from './table.ts';

export const mostBodyBytes = 32 * 2 ** 20;
export const mostColumns = 10_000;
/** Rows times columns: a few bytes of a body can claim as many cells as they like. */
export const mostCells = 2_000_000;
/** Bytes of one text; the names of categories are shorter. */
export const mostTextBytes = 2_000;
const mostNameLength = 1_000;

/** @throws GenesisError `invalid-input` about `field` where a call has more than it may */
export function assertCells(field: string, rows: number, columns: number): void {
  if (columns > mostColumns) throw invalidField(field, `more than ${mostColumns} columns`);
  if (rows > mostRows) throw invalidField(field, `more than ${mostRows} rows`);
  if (rows * columns > mostCells)
    throw invalidField(field, `more than ${mostCells} cells; send fewer rows at once`);
}

/** Names and units are told again in errors, and are short. */
export function assertName(field: string, name: string, unit: string | undefined): void {
  if (name.length > mostNameLength || (unit?.length ?? 0) > mostNameLength)
    throw invalidField(field, `the name or unit of a column has more than ${mostNameLength} characters`);
}
