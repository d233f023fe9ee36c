import { GenesisError } from '@genesis/contracts';
import { and, eq, inArray, isNull, lt } from 'drizzle-orm';
import { actUnder, placeUnder, type WriteTx } from '../../door/index.ts';
import { asGenesisError, type JobContext, OutboundError } from '../../kernel/index.ts';
import { joinConditions, type PrincipalFacts, type ResourceFacts, unrestricted } from '../../policy/index.ts';
import type { CatalogParts } from '../parts.ts';
import { harvestSource, remoteDataset } from '../tables.ts';
import type { HarvestCounts } from './model.ts';
import { type Page, readPage } from './read-page.ts';
import { hashOf, type RemoteRecord } from './remote-record.ts';

type Source = typeof harvestSource.$inferSelect;

/** Records that one transaction enters. */
const chunk = 500;
/** A catalog that goes on for longer is not read to its end. */
const mostRecords = 1_000_000;

/** A remote dataset belongs to whom the source belongs to, under its label and conditions, and its own licences too. */
const remoteFacts = (id: string, source: ResourceFacts, { licences }: RemoteRecord): ResourceFacts => ({
  ...{ kind: 'remote', id, organisation: source.organisation, label: source.label },
  conditions: joinConditions(source.conditions, { ...unrestricted, licences }),
});

async function enter(
  tx: WriteTx,
  parts: CatalogParts,
  source: Source,
  facts: ResourceFacts,
  { records, origin, by }: { records: readonly RemoteRecord[]; origin: string; by: string },
): Promise<HarvestCounts> {
  const at = parts.clock.now().getTime();
  const counts: HarvestCounts = { seen: 0, added: 0, changed: 0, vanished: 0 };
  const known = await tx
    .select()
    .from(remoteDataset)
    .where(
      and(
        eq(remoteDataset.source, source.id),
        inArray(
          remoteDataset.remoteId,
          records.map(({ remoteId }) => remoteId),
        ),
      ),
    );
  const byRemoteId = new Map(known.map((row) => [row.remoteId, row]));
  // Named twice in one page, the last one counts.
  for (const record of new Map(records.map((one) => [one.remoteId, one])).values()) {
    const hash = hashOf(record);
    const before = byRemoteId.get(record.remoteId);
    if (before === undefined || before.seenRun !== source.run) counts.seen += 1;
    const id = before?.id ?? parts.ids.next('remote');
    const news = before === undefined || before.hash !== hash || before.vanishedAt !== null;
    const row = { record, hash, origin, seenRun: source.run, vanishedAt: null };
    if (before === undefined) {
      counts.added += 1;
      await tx
        .insert(remoteDataset)
        .values({ ...row, id, source: source.id, remoteId: record.remoteId, harvestedAt: at });
    } else {
      if (news) counts.changed += 1;
      await tx
        .update(remoteDataset)
        .set({ ...row, ...(news ? { harvestedAt: at } : {}) })
        .where(eq(remoteDataset.id, id));
    }
    if (news) await placeUnder(tx, remoteFacts(id, facts, record), by, at);
  }
  return counts;
}

/** Marks what a whole harvest has not seen. It stays known: who rests on it must learn that it is gone. */
async function markVanished(tx: WriteTx, source: Source, at: number): Promise<number> {
  const gone = await tx
    .update(remoteDataset)
    .set({ vanishedAt: at, harvestedAt: at })
    .where(
      and(
        eq(remoteDataset.source, source.id),
        lt(remoteDataset.seenRun, source.run),
        isNull(remoteDataset.vanishedAt),
      ),
    )
    .returning({ id: remoteDataset.id });
  return gone.length;
}

const sum = (one: HarvestCounts, other: HarvestCounts): HarvestCounts => ({
  seen: one.seen + other.seen,
  added: one.added + other.added,
  changed: one.changed + other.changed,
  vanished: one.vanished + other.vanished,
});

/**
 * Enters a part of a page. With its last part the cursor moves on, and with the last part of the last page the harvest ends:
 * each in one transaction, so that nothing is entered twice and nothing is half there.
 */
const enterChunk = (
  parts: CatalogParts,
  principal: PrincipalFacts,
  source: Source,
  page: Page,
  { records, last }: { records: readonly RemoteRecord[]; last: boolean },
): Promise<unknown> =>
  parts.door.perform(
    { principal, action: 'harvest.run', resource: source.id, purpose: 'explore' },
    async (tx, facts) => {
      const [now] = await tx
        .select()
        .from(harvestSource)
        .where(eq(harvestSource.id, source.id))
        .for('update');
      if (now?.state !== 'running' || now.run !== source.run || now.cursor !== source.cursor)
        throw new GenesisError({ code: 'conflict', message: 'This harvest went on elsewhere.' });
      const at = parts.clock.now().getTime();
      const entered = await enter(tx, parts, now, facts, { records, origin: page.origin, by: principal.id });
      const ends = last && page.next === null;
      const vanished = ends ? await markVanished(tx, now, at) : 0;
      const counts = sum(now.counts, { ...entered, vanished });
      await tx
        .update(harvestSource)
        .set({
          counts,
          ...(last ? { cursor: page.next } : {}),
          ...(ends ? { state: 'idle' as const, endedAt: at, delegation: null } : {}),
        })
        .where(eq(harvestSource.id, source.id));
      const details = {
        source: source.id,
        run: source.run,
        stage: ends ? 'ended' : 'read',
        ...entered,
        vanished,
      };
      return { result: null, details };
    },
  );

async function fail(parts: CatalogParts, source: Source, error: unknown): Promise<void> {
  const failure =
    error instanceof OutboundError
      ? ({ code: 'unsupported', message: `${source.url}: ${error.message}.` } as const)
      : (asGenesisError(error) as GenesisError).failure;
  await parts.database.orm
    .update(harvestSource)
    .set({ state: 'failed', failure, cursor: null, delegation: null, endedAt: parts.clock.now().getTime() })
    .where(and(eq(harvestSource.id, source.id), eq(harvestSource.run, source.run)));
}

/** Failures of this platform that may pass: the queue tries again. */
const passes = (error: unknown): boolean => !(error instanceof GenesisError) || error.transient;

const mostFailures = 3;

/** Brings one harvest to its end. Repeatable: it goes on at the page that was not entered whole. */
export async function workOnHarvest(
  parts: CatalogParts,
  { source: id, run }: { source: string; run: number },
  { signal }: JobContext,
): Promise<void> {
  let failures = 0;
  for (;;) {
    const [source] = await parts.database.orm.select().from(harvestSource).where(eq(harvestSource.id, id));
    if (source?.state !== 'running' || source.run !== run || source.delegation === null) return;
    try {
      if (source.counts.seen > mostRecords)
        throw new OutboundError(`it has more than ${mostRecords} records`);
      const page = await readPage(parts.outbound, source, source.cursor, signal);
      parts.crashPoints.reach('harvest.read');
      for (let at = 0; at === 0 || at < page.records.length; at += chunk) {
        const principal = await actUnder(parts.database, parts.directory, source.delegation);
        const records = page.records.slice(at, at + chunk);
        await enterChunk(parts, principal, source, page, {
          records,
          last: at + chunk >= page.records.length,
        });
        parts.crashPoints.reach('harvest.entered');
      }
      failures = 0;
    } catch (error) {
      if (signal.aborted) throw error;
      if (!(error instanceof OutboundError)) {
        // Another worker entered this page: the next look shows where it stands.
        if (error instanceof GenesisError && error.failure.code === 'conflict') continue;
        if (passes(error)) throw error;
        return await fail(parts, source, error);
      }
      failures += 1;
      if (!error.transient || failures >= mostFailures) return await fail(parts, source, error);
      await parts.clock.sleep(1000 * failures, signal);
    }
  }
}
