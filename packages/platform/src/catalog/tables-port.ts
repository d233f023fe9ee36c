import { invalidField } from '@genesis/contracts';
import type { ReadScope } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { openConfirmRows } from './confirm.ts';
import type { Column } from './ingest/model.ts';
import type { RowCell } from './ingest/rows.ts';
import type { CatalogParts } from './parts.ts';
import { hidden, streamRecords } from './read.ts';
import { findSplit, findVersion } from './store.ts';

const asRecords = (
  columns: readonly Column[],
  rows: readonly (readonly RowCell[])[],
): Record<string, unknown>[] =>
  rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));

/** Rows by column name, as campaigns take them. */
export const createTables = (parts: CatalogParts) => ({
  /** These columns of the explore part of a split, row by row in the order of the file. */
  exploreRows: async (
    scope: ReadScope,
    id: string,
    columns: readonly string[],
  ): Promise<Record<string, unknown>[]> => {
    const found = await findSplit(scope, id);
    const version = found && (await findVersion(scope, found.split.version));
    if (found === undefined || version === undefined) throw hidden();
    return streamRecords(parts, version.version, columns);
  },

  /** These columns of the sealed part, for the confirming run. See `openConfirmRows`. */
  confirmRows: async (
    principal: PrincipalFacts,
    id: string,
    columns: readonly string[],
  ): Promise<Record<string, unknown>[]> => {
    const opened = await openConfirmRows(parts, principal, id);
    const chosen = columns.map((name) => {
      const index = opened.columns.findIndex((column) => column.name === name);
      if (index === -1) throw invalidField('columns', `there is no column ${JSON.stringify(name)}`);
      return index;
    });
    return asRecords(
      chosen.map((index) => opened.columns[index] as Column),
      opened.rows.map(({ cells }) => chosen.map((index) => cells[index] ?? null)),
    );
  },
});
