import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { GenesisError, invalidField, type Purpose } from '@genesis/contracts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { SliceHead, SliceRequest } from './ingest/formats/slice.ts';
import { type Column, isTree } from './ingest/model.ts';
import type { RowCell } from './ingest/rows.ts';
import type { CatalogParts } from './parts.ts';
import { chosenColumns, hidden, noTable, parseLines, streamTable } from './read.ts';
import { readSlice } from './read-slice.ts';
import { findVersion, type VersionRow } from './store.ts';
import { splitHead, streamOut, withTree } from './stream-out.ts';

/** What part of a version is wanted: `path` for a tree, `columns` for a table; ends are exclusive. */
export type SliceWanted = {
  path?: string;
  columns?: string[];
  start?: number[];
  stop?: number[];
  step?: number[];
  form: 'json' | 'bytes';
};

export type TableSlice = {
  columns: Column[];
  start: number;
  stop: number;
  step: number;
  of: number;
  rows: RowCell[][];
};
export type Slice = { kind: 'rows'; slice: TableSlice } | { kind: 'values'; head: SliceHead; body: Readable };

/** Cells that an answer with rows of a table may have. */
const mostCells = 100_000;

const only = (numbers: number[] | undefined, otherwise: number, field: string): number => {
  if (numbers === undefined) return otherwise;
  if (numbers.length !== 1) throw invalidField(field, 'one row number is expected for a table');
  return numbers[0] as number;
};

const sliceRows = async (
  parts: CatalogParts,
  version: VersionRow['version'],
  wanted: SliceWanted,
): Promise<TableSlice> => {
  if (wanted.path !== undefined)
    throw invalidField('path', 'belongs to trees; a table is sliced by columns, start, stop and step');
  if (wanted.form !== 'json') throw invalidField('form', 'rows of a table are given as json');
  const of = 'rows' in version.description ? version.description.rows : 0;
  const start = only(wanted.start, 0, 'start');
  const stop = Math.min(only(wanted.stop, of, 'stop'), of);
  const step = only(wanted.step, 1, 'step');
  if (start > of) throw invalidField('start', `${start} lies beyond the ${of} rows that may be seen`);
  if (stop < start) throw invalidField('stop', `${stop} lies before start, ${start}`);
  const columns = chosenColumns(version.columns, wanted.columns).map(
    (index) => version.columns[index] as Column,
  );
  const cells = Math.ceil((stop - start) / step) * columns.length;
  if (cells > mostCells) {
    throw invalidField(
      'stop',
      `the slice has ${cells} cells, and an answer at most ${mostCells}; ask for fewer rows or columns, or for a wider step`,
    );
  }
  const names = columns.map(({ name }) => name);
  const range = { start, stop, step };
  const rows = await streamTable(
    parts,
    version,
    { columns: names, range, form: 'json' },
    parseLines<RowCell[]>,
  );
  return { columns, start, stop, step, of, rows };
};

/** A part of a version. Reading it is decided, and entered in the ledger where it is not public, before anything is read. */
export const sliceVersion = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose | null,
  wanted: SliceWanted,
): Promise<Slice> => {
  const { scope } = await parts.door.use(principal, 'dataset.read', id, purpose, { form: 'slice' });
  const found = await findVersion(scope, id);
  if (found === undefined) throw hidden();
  const { version } = found;
  if (version.content === 'table') return { kind: 'rows', slice: await sliceRows(parts, version, wanted) };
  const { format } = version;
  if (!isTree(format)) throw noTable(version);
  const { path, columns, start, stop, step, form } = wanted;
  if (columns !== undefined)
    throw invalidField('columns', 'belongs to tables; a tree is sliced by path, start, stop and step');
  if (path === undefined) throw invalidField('path', 'is needed: the path of a dataset of the tree');
  const request: SliceRequest = {
    path,
    form,
    ...(start && { start }),
    ...(stop && { stop }),
    ...(step && { step }),
  };
  const stream = await streamOut((take) =>
    withTree(parts, version, (file, options) => readSlice({ ...request, file, format }, options, take)),
  );
  const { head, body } = await splitHead(stream);
  return { kind: 'values', head: JSON.parse(head) as SliceHead, body };
};

/** The uploaded file of a version that is no table, to take away: decided and entered as an export before the first byte. */
export const openOriginal = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
): Promise<{ name: string; bytes: number; body: Readable }> => {
  const { scope } = await parts.door.use(principal, 'dataset.export', id, 'publish', { form: 'file' });
  const found = await findVersion(scope, id);
  if (found === undefined) throw hidden();
  const { version } = found;
  if (version.content === 'table') {
    const message = 'Of a table the rows are kept and not the file; its export gives them as CSV.';
    throw new GenesisError({ code: 'unsupported', message });
  }
  const name = version.fileName === null ? id : basename(version.fileName);
  return { name, bytes: version.bytes, body: Readable.from(parts.blobs.open(version.visible)) };
};
