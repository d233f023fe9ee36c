import { createHash, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Conditions, GenesisError, idSchema, invalidField, type Label } from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import {
  delegate,
  factsOf,
  type ReadScope,
  resource,
  type WriteRequest,
  type WriteTx,
} from '../door/index.ts';
import { asGenesisError, type Idempotency, type QueueDefinition } from '../kernel/index.ts';
import { dominates, type PrincipalFacts, platformOrganisation, type ResourceFacts } from '../policy/index.ts';
import { boundBy, readyCard } from './cards/bind-card.ts';
import type { CatalogJobView, CatalogRequest, Cut, ImportRequest } from './model.ts';
import type { CatalogParts } from './parts.ts';
import { catalogJob } from './tables.ts';

/** Reading and cutting of uploaded tables, in the background. */
export const catalogQueue: QueueDefinition<{ job: string }> = {
  name: 'catalog',
  payload: z.strictObject({ job: idSchema('upload') }),
};

/** How long an import may take from its acceptance to its publication. */
export const delegationMs = 24 * 3600_000;

export const notFound = (): GenesisError =>
  new GenesisError({ code: 'not-found', message: 'There is nothing here under this id that you may see.' });

/** The facts of the dataset that an import will create: as asked for, and as its card has it where that is stricter. */
export const newDatasetFacts = (
  id: string,
  principal: PrincipalFacts,
  wanted: Extract<ImportRequest, { name: string }>,
): ResourceFacts => {
  const asked = { label: wanted.label as Label, conditions: wanted.conditions as Conditions };
  const { label, conditions } = wanted.card === undefined ? asked : boundBy(readyCard(wanted.card), asked);
  return {
    kind: 'dataset',
    id,
    organisation: wanted.organisation ?? principal.organisation,
    label,
    conditions: { ...conditions, origins: [id] },
  };
};

const viewOf = (row: typeof catalogJob.$inferSelect, parts: CatalogParts): CatalogJobView => ({
  id: row.id,
  kind: row.request.kind,
  state: row.state,
  progress: row.state === 'queued' ? (parts.progress.get(row.id) ?? null) : null,
  failure: row.failure,
  dataset: row.dataset,
  version: row.version,
  split: row.split,
  outcome: row.outcome,
});

/** What an import comes from, where that is a dataset of another catalog: its label and conditions must not be lost. */
export const sourcesOf = (wanted: ImportRequest): string[] =>
  'dataset' in wanted || wanted.remote === undefined ? [] : [wanted.remote];

/** The write that accepting, or giving up, a job is: about the dataset that it would change or make. */
export const aboutJob = (principal: PrincipalFacts, job: string, request: CatalogRequest): WriteRequest => {
  if (request.kind === 'cut') {
    return { principal, action: 'split.create', resource: request.dataset, purpose: 'explore' };
  }
  const wanted = request.import;
  const resource = 'dataset' in wanted ? wanted.dataset : { about: newDatasetFacts(job, principal, wanted) };
  return { principal, action: 'dataset.import', resource, purpose: 'explore', sources: sourcesOf(wanted) };
};

/** Agreements that an import names are ones that its owner is a party to. */
const assertBindable = async (
  { agreements, clock }: CatalogParts,
  tx: WriteTx,
  principal: PrincipalFacts,
  request: CatalogRequest,
  facts: ResourceFacts,
): Promise<void> => {
  if (request.kind !== 'import' || 'dataset' in request.import) return;
  const named = facts.conditions.agreements;
  if (named.length === 0) return;
  const organisation = facts.organisation ?? platformOrganisation;
  const at = clock.now().getTime();
  const [first] = await agreements.mayBind(tx, principal, { agreements: named, organisation, at });
  if (first !== undefined)
    throw invalidField(
      'conditions.agreements',
      `${first} is no signed agreement of the owner that you know of; genesis agreement list shows those`,
    );
};

const accept = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  request: CatalogRequest,
  state: 'awaiting-content' | 'queued',
  idempotency: Idempotency | undefined,
  also: (tx: WriteTx, job: string) => Promise<void> = async () => undefined,
): Promise<CatalogJobView> => {
  const { door, queue, clock, ids } = parts;
  const id = ids.next('upload');
  const { result } = await door.perform(
    { ...aboutJob(principal, id, request), idempotency },
    async (tx, facts) => {
      await assertBindable(parts, tx, principal, request, facts);
      const delegation = await delegate(tx, { clock, ids }, principal, {
        purpose: 'explore',
        actions: ['dataset.create', 'dataset.import', 'dataset.read', 'split.create'],
        resources: ['*'],
        lifetimeMs: delegationMs,
      });
      const row = {
        id,
        request,
        state,
        submittedBy: principal.id,
        delegation,
        createdAt: clock.now().getTime(),
      };
      const [inserted] = await tx.insert(catalogJob).values(row).returning();
      if (state === 'queued') await queue.enqueue(tx, catalogQueue, { job: id }, { key: id });
      await also(tx, id);
      return { result: inserted as typeof catalogJob.$inferSelect, details: { job: id, stage: 'accepted' } };
    },
  );
  return viewOf(result, parts);
};

/**
 * Accepts an import before any byte of it is sent: decides, and records the delegation under which it will run. Its content
 * is to follow by `receiveContent`; `also` begins what brings it, in the same transaction.
 */
export const acceptImport = (
  parts: CatalogParts,
  principal: PrincipalFacts,
  wanted: ImportRequest,
  idempotency?: Idempotency,
  also?: (tx: WriteTx, job: string) => Promise<void>,
): Promise<CatalogJobView> =>
  accept(parts, principal, { kind: 'import', import: wanted }, 'awaiting-content', idempotency, also);

/** Accepts the cut of a version that has no split yet. */
export const acceptCut = (
  parts: CatalogParts,
  principal: PrincipalFacts,
  wanted: { dataset: string; version: string; cut: Cut },
  idempotency?: Idempotency,
): Promise<CatalogJobView> => accept(parts, principal, { kind: 'cut', ...wanted }, 'queued', idempotency);

/**
 * Takes the bytes of an accepted import, in constant memory, and queues it once they are on disk. Bytes that end early, exceed the
 * limit or do not fit the disk leave the import as it was: it may be sent again.
 */
export const receiveContent = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  content: AsyncIterable<Uint8Array>,
  limitBytes: number = parts.limits.maxBytes,
): Promise<CatalogJobView> => {
  const row = await ownJob(parts, principal, id);
  if (row.state !== 'awaiting-content') throw sentAlready();
  const maxBytes = Math.min(limitBytes, parts.limits.maxBytes);
  const folder = await parts.staging.folder(id);
  // Two senders at once write two files; the one whose transaction comes first is read.
  const file = join(folder, `upload-${randomBytes(6).toString('hex')}`);
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        const message = `The content has more than the ${maxBytes} bytes allowed here.`;
        throw new GenesisError({ code: 'too-large', message, limitBytes: maxBytes });
      }
      await parts.guard.assertRoom(chunk.length);
      hash.update(chunk);
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
    }
    await handle.sync();
  } catch (error) {
    await handle.close();
    await parts.staging.discard(id, file);
    throw asGenesisError(error);
  }
  await handle.close();
  return await queueContent(parts, principal, row, { file, bytes, sha256: hash.digest('hex') });
};

export const sentAlready = (): GenesisError =>
  new GenesisError({ code: 'conflict', message: 'The content of this import was sent already.' });

/** Enters the content of an import, which is on disk, and queues the import; the first content counts. */
export const queueContent = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  { id, request }: typeof catalogJob.$inferSelect,
  content: { file: string; bytes: number; sha256: string },
): Promise<CatalogJobView> => {
  const { bytes, sha256 } = content;
  const { result } = await parts.door.perform(aboutJob(principal, id, request), async (tx) => {
    const [changed] = await tx
      .update(catalogJob)
      .set({ state: 'queued', content })
      .where(and(eq(catalogJob.id, id), eq(catalogJob.state, 'awaiting-content')))
      .returning();
    if (changed === undefined) throw sentAlready();
    await parts.queue.enqueue(tx, catalogQueue, { job: id }, { key: id });
    return { result: changed, details: { job: id, stage: 'received', bytes, sha256 } };
  });
  return viewOf(result, parts);
};

export const ownJob = async (parts: CatalogParts, principal: PrincipalFacts, id: string) => {
  const mine = and(eq(catalogJob.id, id), eq(catalogJob.submittedBy, principal.id));
  const [row] = await parts.database.orm.select().from(catalogJob).where(mine);
  if (row === undefined || !dominates(principal.clearance, await labelOf(parts, principal, row)))
    throw notFound();
  return row;
};

/** What a job is about has a label, and its failure quotes cells: a submitter without that clearance has no job. */
const labelOf = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  { id, request }: typeof catalogJob.$inferSelect,
): Promise<Label> => {
  if (request.kind === 'import' && !('dataset' in request.import))
    return newDatasetFacts(id, principal, request.import).label;
  const dataset = request.kind === 'cut' ? request.dataset : (request.import as { dataset: string }).dataset;
  const [row] = await parts.database.orm.select().from(resource).where(eq(resource.id, dataset));
  if (row === undefined) throw notFound();
  return factsOf(row).label;
};

/** A job as its submitter sees it; nobody else does. */
export const findJob = async (parts: CatalogParts, scope: ReadScope, id: string): Promise<CatalogJobView> =>
  viewOf(await ownJob(parts, scope.principal, id), parts);
