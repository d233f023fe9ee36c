import { createReadStream } from 'node:fs';
import { GenesisError, type Label } from '@genesis/contracts';
import { eq, sql } from 'drizzle-orm';
import { actUnder, factsOf, resource } from '../door/index.ts';
import type { BlobRef, JobContext, SealedRef } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { CutTable } from './ingest/cut-table.ts';
import { ingestFile } from './ingest/ingest-file.ts';
import type { Column, Ingested } from './ingest/model.ts';
import { type ChildOptions, runChild } from './ingest/run-child.ts';
import { aboutJob, newDatasetFacts } from './jobs.ts';
import { type Cut, keyColumnsOf } from './model.ts';
import type { CatalogParts } from './parts.ts';
import { publishCut, publishImport } from './publish.ts';
import { noTable } from './read.ts';
import { type Recognition, recognise } from './recognise.ts';
import { catalogJob, datasetVersion } from './tables.ts';

type JobRow = typeof catalogJob.$inferSelect;

/** A table that was cut in the staging folder, its parts stored. */
export type StoredCut = {
  cut: CutTable;
  keyColumns: string[];
  tableHash: string;
  recognition: Recognition;
  explore: BlobRef;
  sealed: SealedRef;
};

/** Blobs are shared within one label and owner only. */
const labelKeyOf = (facts: { organisation: string | null; label: Label }): string =>
  JSON.stringify([facts.organisation, facts.label]);

const childOptions = (
  parts: CatalogParts,
  job: string,
  stagingFolder: string,
  context: JobContext,
): ChildOptions => ({
  stagingFolder,
  limits: parts.limits,
  signal: context.signal,
  onProgress: (progress) => {
    parts.progress.set(job, progress);
  },
});

/** Recognises, cuts and stores a staged table. Sealed rows pass from the child to the encryption and nowhere else. */
const cutStaged = async (
  parts: CatalogParts,
  options: ChildOptions,
  table: { parquetFile: string; columns: Column[]; labelKey: string },
  wanted: Cut,
): Promise<StoredCut> => {
  const { parquetFile, columns, labelKey } = table;
  const markKey = (await parts.keyring.secret('row-marks', 32)).toString('base64');
  const base = { parquetFile, columns, markKey };
  const ownKeys = keyColumnsOf(wanted, columns);
  const { tableHash, marks } = await runChild(
    { kind: 'recognise', request: { ...base, keyColumns: ownKeys } },
    options,
  );
  const recognition = await recognise(parts.database.orm, { tableHash, marks });
  // Rows that are sealed already stay sealed: where its columns are here, the first cut of the same rows is taken again.
  const known = recognition.seal;
  const names = new Set(columns.map(({ name }) => name));
  const adopted = known?.keyColumns.every((name) => names.has(name)) === true ? known : null;
  const keyColumns = adopted?.keyColumns ?? ownKeys;
  const { seed, confirmFraction } = wanted;
  let sealed: SealedRef | undefined;
  const cut = await runChild(
    {
      kind: 'cut',
      request: {
        ...base,
        keyColumns,
        ...(adopted === null ? { fresh: { seed, confirmFraction } } : { rule: adopted.rule }),
      },
    },
    {
      ...options,
      onData: async (stream) => {
        sealed = await parts.blobs.putSealed(stream);
      },
    },
  ).catch(async (error: unknown) => {
    // A cut that is refused has sent its sealed rows already: nobody will ever refer to them.
    if (sealed !== undefined) await parts.blobs.delete(sealed.address);
    throw error;
  });
  if (sealed === undefined || sealed.bytes !== cut.confirm.bytes) {
    throw new GenesisError({ code: 'internal', message: 'The sealed rows did not arrive whole.' });
  }
  const explore = await parts.blobs.put(createReadStream(cut.exploreFile), { labelKey });
  return { cut, keyColumns, tableHash, recognition, explore, sealed };
};

/** Puts what an import read where its version will find it; cuts a table where that was asked for. */
const store = async (
  parts: CatalogParts,
  options: ChildOptions,
  { read, file, labelKey }: { read: Ingested; file: string; labelKey: string },
  split: Cut | undefined,
) => {
  if (read.content !== 'table') {
    if (split !== undefined) throw noTable(read);
    return {
      cut: null,
      description: read.description,
      visible: await parts.blobs.put(createReadStream(file), { labelKey }),
    };
  }
  const { parquetFile, columns, description } = read;
  if (split !== undefined) {
    const cut = await cutStaged(parts, options, { parquetFile, columns, labelKey }, split);
    return { cut, description: cut.cut.explore.description, visible: cut.explore };
  }
  if (description === null) throw new Error('a table that is not cut was not described');
  return {
    cut: null,
    description,
    visible: await parts.blobs.put(createReadStream(parquetFile), { labelKey }),
  };
};

const workOnImport = async (
  parts: CatalogParts,
  row: JobRow,
  principal: PrincipalFacts,
  context: JobContext,
): Promise<void> => {
  const { request, content, id } = row;
  if (request.kind !== 'import' || content === null) throw new Error(`job ${id} is no import with content`);
  const wanted = request.import;
  const stagingFolder = await parts.staging.folder(id);
  const options = childOptions(parts, id, stagingFolder, context);
  const { columns, types, format, fileName, delimiter, missing } = wanted;
  const read = await ingestFile({
    file: content.file,
    stagingFolder,
    limits: parts.limits,
    describe: wanted.split === undefined,
    signal: context.signal,
    ...(options.onProgress && { onProgress: options.onProgress }),
    ...(columns && { columns }),
    ...(types && { types }),
    ...(format && { format }),
    ...(fileName && { fileName }),
    ...(delimiter && { delimiter }),
    ...(missing && { missing }),
  });
  if (read.sha256 !== content.sha256) {
    throw new GenesisError({
      code: 'internal',
      message: 'The staged file is not the one that was uploaded.',
    });
  }
  parts.crashPoints.reach('catalog.ingested');
  const facts =
    'dataset' in wanted
      ? await factsOfDataset(parts, wanted.dataset)
      : newDatasetFacts(id, principal, wanted);
  const labelKey = labelKeyOf(facts);
  const stored = await store(parts, options, { read, file: content.file, labelKey }, wanted.split);
  parts.crashPoints.reach('catalog.stored');
  await publishImport(parts, { job: row, principal, wanted, read, ...stored });
};

const factsOfDataset = async (parts: CatalogParts, id: string) => {
  const [row] = await parts.database.orm.select().from(resource).where(eq(resource.id, id));
  if (row === undefined) throw new GenesisError({ code: 'not-found', message: 'This dataset is gone.' });
  return factsOf(row);
};

const workOnCut = async (
  parts: CatalogParts,
  row: JobRow,
  principal: PrincipalFacts,
  context: JobContext,
): Promise<void> => {
  const { request, id } = row;
  if (request.kind !== 'cut') throw new Error(`job ${id} is no cut`);
  const [version] = await parts.database.orm
    .select()
    .from(datasetVersion)
    .where(eq(datasetVersion.id, request.version));
  if (version === undefined || version.dataset !== request.dataset) {
    throw new GenesisError({ code: 'not-found', message: 'This dataset has no such version.' });
  }
  if (version.content !== 'table') throw noTable(version);
  if (version.split !== null)
    throw new GenesisError({ code: 'conflict', message: `This version is cut already: ${version.split}.` });
  const stagingFolder = await parts.staging.folder(id);
  const options = childOptions(parts, id, stagingFolder, context);
  await using stored = await parts.blobs.lend(version.visible.address);
  const parquetFile = await parts.staging.lend(id, stored.path, 'table.parquet');
  const labelKey = labelKeyOf(await factsOfDataset(parts, request.dataset));
  const cut = await cutStaged(
    parts,
    options,
    { parquetFile, columns: version.columns, labelKey },
    request.cut,
  );
  await publishCut(parts, { job: row, principal, version, cut });
};

/** A failure that the same job would meet again; anything else may pass, and the queue tries again. */
export const isFinal = (error: unknown): error is GenesisError =>
  error instanceof GenesisError && !error.transient && error.failure.code !== 'internal';

/** Ends a job that failed. The end is in the ledger unless its principal may no longer act at all. */
export const giveUp = async (
  parts: CatalogParts,
  row: JobRow,
  principal: PrincipalFacts | null,
  error: GenesisError,
): Promise<void> => {
  const ended = { state: 'failed', failure: error.failure, endedAt: parts.clock.now().getTime() } as const;
  if (principal !== null) {
    try {
      await parts.door.perform(aboutJob(principal, row.id, row.request), async (tx) => {
        await tx.update(catalogJob).set(ended).where(eq(catalogJob.id, row.id));
        return { result: undefined, details: { job: row.id, stage: 'failed', code: error.failure.code } };
      });
      return;
    } catch (refusal) {
      if (!isFinal(refusal)) throw refusal;
    }
  }
  await parts.database.orm.update(catalogJob).set(ended).where(eq(catalogJob.id, row.id));
};

/** What nothing refers to any more after the commit. Repeatable. */
const tidy = async (parts: CatalogParts, id: string): Promise<void> => {
  const [row] = await parts.database.orm.select().from(catalogJob).where(eq(catalogJob.id, id));
  if (row?.obsolete) {
    const users = await parts.database.orm
      .select({ id: datasetVersion.id })
      .from(datasetVersion)
      .where(sql`${datasetVersion.visible} ->> 'address' = ${row.obsolete}`)
      .limit(1);
    if (users.length === 0) await parts.blobs.delete(row.obsolete);
  }
  await parts.staging.clear(id);
  parts.progress.delete(id);
};

/** Brings one job to its end. Repeatable: what was published is not published again. */
export const workOnJob = async (parts: CatalogParts, id: string, context: JobContext): Promise<void> => {
  const [row] = await parts.database.orm.select().from(catalogJob).where(eq(catalogJob.id, id));
  if (row?.state === 'queued') {
    let principal: PrincipalFacts | null = null;
    try {
      principal = await actUnder(parts.database, parts.directory, row.delegation);
      if (row.request.kind === 'import') await workOnImport(parts, row, principal, context);
      else await workOnCut(parts, row, principal, context);
    } catch (error) {
      if (context.signal.aborted || !isFinal(error)) throw error;
      await giveUp(parts, row, principal, error);
    }
  }
  await tidy(parts, id);
};
