import { Readable } from 'node:stream';
import { GenesisError, invalidField, type Purpose } from '@genesis/contracts';
import { isAnonymous } from '../identity/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { RowRange } from './ingest/job.ts';
import type { Column } from './ingest/model.ts';
import type { RowCell } from './ingest/rows.ts';
import { runChild } from './ingest/run-child.ts';
import type { CatalogParts } from './parts.ts';
import {
  type DatasetRow,
  findDataset,
  findSplit,
  findVersion,
  listVersions,
  type SplitRow,
  type VersionRow,
} from './store.ts';
import { streamOut, withStored } from './stream-out.ts';

export const hidden = (): GenesisError =>
  new GenesisError({ code: 'not-found', message: 'There is nothing here under this id that you may see.' });

/** What is said where a table is needed and the version is none. */
export const noTable = ({ content, format }: { content: string; format: string }): GenesisError => {
  const what = content === 'tree' ? `a tree of datasets (${format})` : 'a file that is kept as it is';
  const next = 'Slices give parts of a tree, and the file itself can be fetched.';
  return new GenesisError({
    code: 'unsupported',
    message: `This needs a table, and this is ${what}. ${next}`,
  });
};

export const chosenColumns = (columns: readonly Column[], names: readonly string[] | undefined): number[] =>
  (names ?? columns.map(({ name }) => name)).map((name) => {
    const index = columns.findIndex((column) => column.name === name);
    if (index === -1) throw invalidField('columns', `there is no column ${JSON.stringify(name)}`);
    return index;
  });

/** A dataset with its versions. Its use is in the ledger when it is not public. */
export const showDataset = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose | null,
): Promise<{ dataset: DatasetRow; versions: VersionRow[] }> => {
  const { scope } = await parts.door.use(principal, 'dataset.read', id, purpose);
  const dataset = await findDataset(scope, id);
  if (dataset === undefined) throw hidden();
  return { dataset, versions: await listVersions(scope, id) };
};

/** A version with statistics and preview of the rows that may be seen. */
export const showVersion = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose | null,
): Promise<VersionRow> => {
  const { scope } = await parts.door.use(principal, 'dataset.read', id, purpose);
  const version = await findVersion(scope, id);
  if (version === undefined) throw hidden();
  return version;
};

export const showSplit = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose | null,
): Promise<SplitRow> => {
  const { scope } = await parts.door.use(principal, 'dataset.read', id, purpose);
  const split = await findSplit(scope, id);
  if (split === undefined) throw hidden();
  return split;
};

type RowsWanted = { columns?: readonly string[]; range?: RowRange; form: 'json' | 'csv' };

/** Streams chosen columns and rows of a stored table from the sandboxed child. `take` gets the bytes; the staging folder is gone afterwards. */
export const streamTable = async <T>(
  parts: CatalogParts,
  version: VersionRow['version'],
  { columns, range, form }: RowsWanted,
  take: (stream: Readable) => Promise<T>,
): Promise<T> => {
  if (version.content !== 'table') throw noTable(version);
  const chosen = chosenColumns(version.columns, columns);
  let taken: { value: T } | undefined;
  await withStored(parts, version, 'table.parquet', (parquetFile, options) => {
    const request = { parquetFile, columns: version.columns, chosen, form, ...(range && { range }) };
    const onData = async (stream: Readable) => {
      taken = { value: await take(stream) };
    };
    return runChild({ kind: 'rows', request }, { ...options, onData });
  });
  if (taken === undefined) throw new GenesisError({ code: 'internal', message: 'The rows did not arrive.' });
  return taken.value;
};

/** Chosen columns of a version's visible rows by name, in the order of the file. For tables that fit in memory. */
export const streamRecords = (
  parts: CatalogParts,
  version: VersionRow['version'],
  columns: readonly string[],
): Promise<Record<string, unknown>[]> =>
  streamTable(parts, version, { columns, form: 'json' }, async (stream) => {
    const rows = await parseLines<RowCell[]>(stream);
    return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])));
  });

/** Rows from JSON lines. */
export const parseLines = async <Row>(stream: AsyncIterable<Uint8Array>): Promise<Row[]> => {
  const rows: Row[] = [];
  for await (const line of lines(stream)) rows.push(JSON.parse(line) as Row);
  return rows;
};

async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/**
 * Without a token only stored bytes are fetched, which costs no computation, and a refusal is entered nowhere: otherwise
 * anybody could fill the ledger.
 */
async function assertAnonymousMay(
  { door }: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  form: ExportForm,
): Promise<void> {
  if (form !== 'parquet')
    throw new GenesisError({
      code: 'unauthenticated',
      message: 'Without a token rows are exported as Parquet only: ask with ?form=parquet, or send a token.',
    });
  const request = { principal, action: 'dataset.export', resource: id, purpose: 'publish' } as const;
  if ((await door.foresee(request))?.decision.effect !== 'allow') throw hidden();
}

/** How rows are exported: as CSV for people, or as the Parquet that is stored, whose hash is known. */
export type ExportForm = 'csv' | 'parquet';

/**
 * The visible rows of a version. An export is decided as such (purpose publish) and entered in the ledger before the first
 * byte. Errors after that end the stream.
 */
export const exportVisible = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  form: ExportForm = 'csv',
): Promise<Readable> => {
  if (isAnonymous(principal)) await assertAnonymousMay(parts, principal, id, form);
  const { scope } = await parts.door.use(principal, 'dataset.export', id, 'publish', { form });
  const found = await findVersion(scope, id);
  if (found === undefined) throw hidden();
  if (found.version.content !== 'table') throw noTable(found.version);
  if (form === 'parquet') return Readable.from(parts.blobs.open(found.version.visible));
  return streamOut((take) => streamTable(parts, found.version, { form: 'csv' }, take));
};
