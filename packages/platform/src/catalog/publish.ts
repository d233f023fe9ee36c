import { GenesisError } from '@genesis/contracts';
import { canonicalHash } from '@genesis/evidence';
import { and, eq, sql } from 'drizzle-orm';
import { type Change, resource, type WriteTx } from '../door/index.ts';
import type { BlobRef } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { readyCard } from './cards/bind-card.ts';
import { commitmentOf as cardCommitment, insertCard } from './cards/insert-card.ts';
import type { Ingested } from './ingest/model.ts';
import { newDatasetFacts, sourcesOf } from './jobs.ts';
import type { ImportRequest } from './model.ts';
import type { CatalogParts } from './parts.ts';
import { insertSeal } from './recognise.ts';
import { updateSearch } from './search/describe.ts';
import { catalogJob, dataset, datasetVersion, split } from './tables.ts';
import type { StoredCut } from './work.ts';

type JobRow = typeof catalogJob.$inferSelect;
type VersionRow = typeof datasetVersion.$inferSelect;

/** A version or split is governed as its dataset: same owner, label and conditions, under an id of its own. */
const governLike = (
  tx: WriteTx,
  id: string,
  kind: 'version' | 'split',
  datasetId: string,
  by: string,
  at: number,
) =>
  tx.execute(sql`insert into ${resource} (id, kind, organisation, label_level, label_categories, purposes, agreements, origins, needs_agreement, needs_grant, conditions, created_by, created_at)
    select ${id}, ${kind}, organisation, label_level, label_categories, purposes, agreements, origins, needs_agreement, needs_grant, conditions, ${by}, ${at}
    from ${resource} where id = ${datasetId}`);

/** Takes the job out of its queue state, or throws where another worker was faster: nothing is published twice. */
const conclude = async (tx: WriteTx, id: string, result: Partial<JobRow>, at: number): Promise<void> => {
  const changed = await tx
    .update(catalogJob)
    .set({ ...result, state: 'done', endedAt: at })
    .where(and(eq(catalogJob.id, id), eq(catalogJob.state, 'queued')))
    .returning({ id: catalogJob.id });
  if (changed.length === 0)
    throw new GenesisError({ code: 'conflict', message: 'This job has ended already.' });
};

/** What a split commits to in the ledger. Nothing of the rows, only counts and hashes. */
const commitmentOf = ({ cut, keyColumns, tableHash, recognition }: StoredCut, seal: string) => ({
  seal,
  recognised: recognition.recognised,
  rule: cut.rule,
  keyColumns,
  tableHash,
  explore: { rows: cut.explore.rows, keys: cut.explore.keys },
  confirm: cut.confirm,
});

const insertSplit = async (
  tx: WriteTx,
  parts: CatalogParts,
  stored: StoredCut,
  place: { dataset: string; version: string; by: string; at: number; sealedAtImport: boolean },
): Promise<{ id: string; commitment: ReturnType<typeof commitmentOf> }> => {
  const { cut, keyColumns, tableHash, recognition } = stored;
  const id = parts.ids.next('split');
  const sealId = recognition.seal?.id ?? parts.ids.next('seal');
  if (recognition.seal === null) {
    await insertSeal(tx, {
      id: sealId,
      tableHash,
      rule: cut.rule,
      keyColumns,
      fingerprints: cut.marks,
      createdAt: place.at,
    });
  }
  await tx.insert(split).values({
    id,
    dataset: place.dataset,
    version: place.version,
    seal: sealId,
    recognised: recognition.recognised,
    rule: cut.rule,
    keyColumns,
    tableHash,
    exploreRows: cut.explore.rows,
    exploreKeys: cut.explore.keys,
    confirmRows: cut.confirm.rows,
    confirmKeys: cut.confirm.keys,
    confirmHash: cut.confirm.sha256,
    sealed: stored.sealed,
    sealedAtImport: place.sealedAtImport,
    importedBy: place.by,
    createdAt: place.at,
  });
  await governLike(tx, id, 'split', place.dataset, place.by, place.at);
  return { id, commitment: commitmentOf(stored, sealId) };
};

/**
 * Makes an import visible: dataset (when it is new), version and split appear in one transaction with one ledger entry that
 * commits to all of them.
 */
export const publishImport = async (
  parts: CatalogParts,
  done: {
    job: JobRow;
    principal: PrincipalFacts;
    wanted: ImportRequest;
    read: Ingested;
    visible: BlobRef;
    description: VersionRow['description'];
    cut: StoredCut | null;
  },
): Promise<void> => {
  const { job, principal, wanted, read, visible, description, cut } = done;
  const { ids, clock, door, crashPoints } = parts;
  const at = clock.now().getTime();
  const fresh = 'dataset' in wanted ? null : wanted;
  const datasetId = 'dataset' in wanted ? wanted.dataset : ids.next('dataset');
  const card = fresh?.card === undefined ? null : readyCard(fresh.card);
  const change = async (tx: WriteTx): Promise<Change<void>> => {
    let bound: { id: string; number: number } | null = null;
    if (fresh !== null) {
      const { name, description: about, source } = fresh;
      await tx.insert(dataset).values({ id: datasetId, name, description: about, source });
      await parts.agreements.cover(tx, fresh.conditions.agreements, datasetId);
      if (card !== null) {
        const { organisation } = newDatasetFacts(datasetId, principal, fresh);
        bound = await insertCard(tx, parts, { id: datasetId, organisation }, card, principal.id);
      }
    }
    // Versions of one dataset are numbered one after the other.
    await tx.select({ id: dataset.id }).from(dataset).where(eq(dataset.id, datasetId)).for('update');
    const [last] = await tx
      .select({ number: sql<number>`coalesce(max(${datasetVersion.number}), 0)::int` })
      .from(datasetVersion)
      .where(eq(datasetVersion.dataset, datasetId));
    const version = ids.next('version');
    const by = principal.id;
    const made =
      cut &&
      (await insertSplit(tx, parts, cut, { dataset: datasetId, version, by, at, sealedAtImport: true }));
    const { content, format, bytes, sha256, metadata } = read;
    const { columns, rows, curve } = content === 'table' ? read : { columns: [], rows: 0, curve: null };
    await tx.insert(datasetVersion).values({
      ...{
        id: version,
        dataset: datasetId,
        number: (last?.number ?? 0) + 1,
        content,
        format,
        fileName: wanted.fileName ?? null,
        metadata,
        curve,
        columns,
        rows,
        bytes,
        sha256,
      },
      ...{ visible, description, split: made?.id ?? null, importedBy: by, createdAt: at },
    });
    await governLike(tx, version, 'version', datasetId, by, at);
    await updateSearch(tx, [datasetId]);
    const reason = content === 'file' ? read.description.reason : null;
    const outcome = { content, format, reason };
    await conclude(tx, job.id, { dataset: datasetId, version, split: made?.id ?? null, outcome }, at);
    const manifest = {
      version,
      content,
      format,
      columns,
      rows,
      bytes,
      sha256,
      visible: visible.sha256,
      split: made && { id: made.id, ...made.commitment },
      ...(bound === null || card === null ? {} : { card: cardCommitment(bound.id, bound.number, card) }),
    };
    return {
      result: undefined,
      details: { job: job.id, stage: 'published', manifestHash: canonicalHash(manifest), manifest },
      edges: [
        { subject: version, relation: 'wasDerivedFrom', object: datasetId },
        { subject: version, relation: 'wasAssociatedWith', object: by },
        ...(made ? [{ subject: made.id, relation: 'wasDerivedFrom' as const, object: version }] : []),
        ...(bound ? [{ subject: bound.id, relation: 'wasDerivedFrom' as const, object: datasetId }] : []),
      ],
    };
  };
  const target = fresh === null ? datasetId : { create: newDatasetFacts(datasetId, principal, fresh) };
  const sources = sourcesOf(wanted);
  const request = {
    principal,
    action: 'dataset.import',
    resource: target,
    purpose: 'explore',
    sources,
  } as const;
  await door.perform(request, change);
  crashPoints.reach('catalog.published');
};

/** Publishes the cut of an existing version: from here on only its explore part can be read. */
export const publishCut = async (
  parts: CatalogParts,
  done: { job: JobRow; principal: PrincipalFacts; version: VersionRow; cut: StoredCut },
): Promise<void> => {
  const { job, principal, version, cut } = done;
  const at = parts.clock.now().getTime();
  const request = {
    principal,
    action: 'split.create',
    resource: version.dataset,
    purpose: 'explore',
  } as const;
  await parts.door.perform(request, async (tx) => {
    const [current] = await tx
      .select()
      .from(datasetVersion)
      .where(eq(datasetVersion.id, version.id))
      .for('update');
    if (current === undefined || current.split !== null) {
      throw new GenesisError({ code: 'conflict', message: 'This version was cut in the meantime.' });
    }
    const place = {
      dataset: version.dataset,
      version: version.id,
      by: principal.id,
      at,
      sealedAtImport: false,
    };
    const made = await insertSplit(tx, parts, cut, place);
    await tx
      .update(datasetVersion)
      .set({ split: made.id, visible: cut.explore, description: cut.cut.explore.description })
      .where(eq(datasetVersion.id, version.id));
    await conclude(
      tx,
      job.id,
      { dataset: version.dataset, version: version.id, split: made.id, obsolete: current.visible.address },
      at,
    );
    return {
      result: undefined,
      details: { job: job.id, stage: 'cut', version: version.id, split: { id: made.id, ...made.commitment } },
      edges: [{ subject: made.id, relation: 'wasDerivedFrom', object: version.id }],
    };
  });
};
