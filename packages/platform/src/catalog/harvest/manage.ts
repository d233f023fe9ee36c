import { GenesisError } from '@genesis/contracts';
import { and, eq, ne } from 'drizzle-orm';
import { delegate } from '../../door/index.ts';
import type { Idempotency } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { CatalogParts } from '../parts.ts';
import { harvestSource } from '../tables.ts';
import { type HarvestRequest, noCounts } from './model.ts';
import { harvestQueue } from './queues.ts';

/** How long a harvest may take. */
const delegationMs = 24 * 3600_000;

/** Registers a catalog. Nothing is asked there before it is harvested. */
export async function addSource(
  parts: CatalogParts,
  principal: PrincipalFacts,
  wanted: HarvestRequest,
  idempotency?: Idempotency,
): Promise<string> {
  const id = parts.ids.next('harvest');
  const { url, kind, label, conditions } = wanted;
  const facts = {
    ...{ kind: 'harvest', id, label, conditions },
    organisation: wanted.organisation ?? principal.organisation,
  };
  const { result } = await parts.door.perform(
    { principal, action: 'harvest.create', resource: { create: facts }, purpose: 'explore', idempotency },
    async (tx) => {
      await tx
        .insert(harvestSource)
        .values({ ...{ id, url, kind }, state: 'idle', run: 0, counts: noCounts });
      return { result: id, details: { source: id, url, kind } };
    },
  );
  return result;
}

/**
 * Begins a harvest: the state, the delegation it acts under and the job appear together.
 *
 * @throws GenesisError `conflict` while one is in progress
 */
export async function runSource(
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  idempotency?: Idempotency,
): Promise<number> {
  const { door, queue, clock, ids } = parts;
  const { result } = await door.perform(
    { principal, action: 'harvest.run', resource: id, purpose: 'explore', idempotency },
    async (tx) => {
      const [row] = await tx.select().from(harvestSource).where(eq(harvestSource.id, id)).for('update');
      if (row === undefined || row.state === 'running')
        throw new GenesisError({ code: 'conflict', message: 'This catalog is being harvested already.' });
      const delegation = await delegate(tx, { clock, ids }, principal, {
        purpose: 'explore',
        actions: ['harvest.run', 'dataset.read'],
        resources: [id],
        lifetimeMs: delegationMs,
      });
      const run = row.run + 1;
      await tx
        .update(harvestSource)
        .set({
          ...{ run, delegation, counts: noCounts, state: 'running', cursor: null, failure: null },
          ...{ startedAt: clock.now().getTime(), endedAt: null },
        })
        .where(and(eq(harvestSource.id, id), ne(harvestSource.state, 'running')));
      await queue.enqueue(tx, harvestQueue, { source: id, run }, { key: `${id}/${run}` });
      return { result: run, details: { source: id, run, stage: 'begun' } };
    },
  );
  return result;
}
