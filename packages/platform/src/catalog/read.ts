import { type Readable, Transform } from 'node:stream';
import { GenesisError, invalidField, type Purpose } from '@genesis/contracts';
import type { PrincipalFacts } from '../policy/index.ts';
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

export const hidden = (): GenesisError =>
  new GenesisError({ code: 'not-found', message: 'There is nothing here under this id that you may see.' });

const chosenColumns = (columns: readonly Column[], names: readonly string[] | undefined): number[] =>
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

/** Streams the chosen columns of a stored table from the sandboxed child. `take` gets the bytes; the staging folder is gone afterwards. */
const streamTable = async <T>(
  parts: CatalogParts,
  version: VersionRow['version'],
  columns: readonly string[] | undefined,
  form: 'json' | 'csv',
  take: (stream: Readable) => Promise<T>,
): Promise<T> => {
  const chosen = chosenColumns(version.columns, columns);
  const reading = parts.ids.next('upload');
  try {
    await using stored = await parts.blobs.lend(version.visible.address);
    const parquetFile = await parts.staging.lend(reading, stored.path, 'table.parquet');
    const stagingFolder = await parts.staging.folder(reading);
    let taken: { value: T } | undefined;
    await runChild(
      { kind: 'rows', request: { parquetFile, columns: version.columns, chosen, form } },
      {
        stagingFolder,
        limits: parts.limits,
        onData: async (stream) => {
          taken = { value: await take(stream) };
        },
      },
    );
    if (taken === undefined)
      throw new GenesisError({ code: 'internal', message: 'The rows did not arrive.' });
    return taken.value;
  } finally {
    await parts.staging.clear(reading);
  }
};

/** Chosen columns of a version's visible rows by name, in the order of the file. For tables that fit in memory. */
export const streamRecords = (
  parts: CatalogParts,
  version: VersionRow['version'],
  columns: readonly string[],
): Promise<Record<string, unknown>[]> =>
  streamTable(parts, version, columns, 'json', async (stream) => {
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
 * The visible rows of a version as CSV, for people. An export is decided as such (purpose publish) and entered in the ledger
 * before the first byte. Errors after that end the stream.
 */
export const exportVisible = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
): Promise<Readable> => {
  const { scope } = await parts.door.use(principal, 'dataset.export', id, 'publish', { form: 'csv' });
  const found = await findVersion(scope, id);
  if (found === undefined) throw hidden();
  const passage = new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) });
  const { promise: begun, resolve, reject } = Promise.withResolvers<void>();
  void streamTable(parts, found.version, undefined, 'csv', async (stream) => {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      resolve();
      if (!passage.write(chunk)) await new Promise((more) => passage.once('drain', more).once('close', more));
      if (passage.destroyed) return;
    }
  }).then(
    () => passage.end(),
    (error: unknown) => {
      reject(error);
      passage.destroy(error instanceof Error ? error : new Error(String(error)));
    },
  );
  await begun;
  return passage;
};
