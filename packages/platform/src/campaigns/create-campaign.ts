import { type CampaignPlan, invalidField, type Space } from '@genesis/contracts';
import { canonicalJson, planHash as hashOfPlan } from '@genesis/evidence';
import { assertSpace, createRandom, drawDesign } from '@genesis/explorer';
import { assertMember } from '../compute/index.ts';
import { delegate, type NewDelegation } from '../door/index.ts';
import type { Idempotency } from '../kernel/index.ts';
import {
  bottom,
  join,
  joinConditions,
  ownerOfDerived,
  type PrincipalFacts,
  type ResourceFacts,
} from '../policy/index.ts';
import { findCapability } from '../runs/index.ts';
import { exploreKey, exploreQueue } from './explore.ts';
import { neededBy, type StoredInstrument, silica } from './instrument.ts';
import type { CampaignParts } from './parts.ts';
import { designsOf, type Pool, spaceOf } from './pool.ts';
import { campaign, trajectory } from './tables.ts';

/** How long the platform may go on by itself with a campaign. */
const delegationMs = 30 * 86_400_000;

/** What the platform may do by itself for the one who opened or resumed a campaign. */
export const exploringDelegation = (id: string, others: readonly string[] = []): NewDelegation => ({
  purpose: 'explore',
  actions: [
    'campaign.read',
    'capability.read',
    'campaign.propose',
    'run.execute',
    'campaign.record',
    'campaign.finish',
    'campaign.stop',
  ],
  resources: [id, ...others],
  lifetimeMs: delegationMs,
});

/** A replayed table is held in memory, here and in each worker. */
const mostPoolRows = 100_000;

type Resolved = {
  space: Space;
  instrument: StoredInstrument | null;
  origin: string | null;
  sources: ResourceFacts[];
};

/** Opens a campaign: its plan is fixed and hashed into the ledger before the first experiment. */
export async function createCampaign(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignPlan,
  idempotency?: Idempotency,
): Promise<{ id: string; entry: string }> {
  const { door, clock, ids, queue } = parts;
  const paying = plan.compute?.project ?? null;
  if (paying !== null) await assertMember(door.authorize(principal, 'explore'), paying, 'compute.project');
  const resolved = await resolve(parts, principal, plan);
  const label = resolved.sources.reduce((all, source) => join(all, source.label), plan.label ?? bottom);
  const conditions = resolved.sources.reduce(
    (all, source) => joinConditions(all, source.conditions),
    plan.conditions,
  );
  const id = ids.next('campaign');
  const facts: ResourceFacts = {
    kind: 'campaign',
    id,
    organisation: ownerOfDerived(resolved.sources) ?? principal.organisation,
    label,
    conditions,
  };
  const planHash = hashOfPlan(plan);
  const performed = await door.perform(
    {
      principal,
      action: 'campaign.create',
      resource: { create: facts },
      purpose: 'explore',
      sources: resolved.sources.map((source) => source.id),
      idempotency,
    },
    async (tx, _facts, entry) => {
      const delegation = await delegate(
        tx,
        parts,
        principal,
        exploringDelegation(id, neededBy(resolved.instrument)),
      );
      await tx.insert(campaign).values({
        id,
        plan,
        planHash,
        space: resolved.space,
        instrument: resolved.instrument,
        origin: resolved.origin,
        state: 'exploring',
        owner: principal.id,
        delegation,
        entry,
        createdAt: clock.now().getTime(),
      });
      const places = plan.arms.flatMap((arm) =>
        Array.from({ length: plan.repeats }, (_, repeat) => ({ campaign: id, arm: arm.name, repeat })),
      );
      await tx.insert(trajectory).values(places);
      if (plan.source.kind !== 'people') {
        for (const place of places) {
          await queue.enqueue(
            tx,
            exploreQueue,
            { ...place, delegation },
            { key: exploreKey({ ...place, delegation }) },
          );
        }
      }
      return { result: { id }, details: { kind: 'campaign', campaignId: id, planHash } };
    },
  );
  return { id: performed.result.id, entry: performed.entry };
}

async function resolve(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignPlan,
): Promise<Resolved> {
  const { source } = plan;
  switch (source.kind) {
    case 'people':
      return { space: checked(plan.space), instrument: null, origin: null, sources: [] };
    case 'capability':
      return await capabilityOf(parts, principal, plan, source.capability);
    case 'table':
      return await tableOf(parts, principal, plan, source);
  }
}

function checked(space: Space | undefined): Space {
  try {
    assertSpace(space);
    // Constraints that nothing fits are told now, not when the first experiment is asked for.
    if (space.constraints !== undefined) drawDesign(space, createRandom('feasible'));
  } catch (error) {
    throw invalidField('space', error instanceof Error ? error.message : 'is not usable', { cause: error });
  }
  return space;
}

async function capabilityOf(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignPlan,
  capability: string,
): Promise<Resolved> {
  const space = checked(plan.space);
  const { row, facts } = await findCapability(parts.door.authorize(principal, 'explore'), capability);
  const { implementation } = row.manifest;
  if (implementation.kind === 'command') {
    return { space, instrument: { kind: 'command', capability: row.id }, origin: row.id, sources: [facts] };
  }
  if (row.name !== silica.capability) {
    throw invalidField('source.capability', 'this capability is not an instrument');
  }
  if (plan.objective.name !== silica.objective.name) {
    throw invalidField('objective.name', `this instrument measures "${silica.objective.name}"`);
  }
  const through = plan.compute === undefined ? {} : { through: row.id };
  return { space, instrument: { kind: 'silica', ...through }, origin: row.name, sources: [] };
}

async function tableOf(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignPlan,
  source: Extract<CampaignPlan['source'], { kind: 'table' }>,
): Promise<Resolved> {
  const { catalog, blobs } = parts;
  const { facts } = await catalog.showVersion(principal, source.version, 'explore');
  const { split } = await catalog.showSplit(principal, source.split, 'explore');
  if (split.version !== source.version) throw invalidField('source.split', 'it cuts another version');
  const apart = split.keyColumns.find((name) => !source.inputs.includes(name));
  if (apart !== undefined) {
    throw invalidField(
      'source.inputs',
      `the split keeps rows together by "${apart}", which must be among the inputs`,
    );
  }
  if (split.exploreRows > mostPoolRows) {
    throw invalidField(
      'source.split',
      `the explore part has ${split.exploreRows} rows; a replay takes at most ${mostPoolRows}`,
    );
  }
  const columns = [...source.inputs, plan.objective.name];
  const scope = parts.door.authorize(principal, 'explore');
  const rows = await catalog.tables.exploreRows(scope, source.split, columns);
  const pool: Pool = {
    inputs: source.inputs,
    objective: plan.objective.name,
    rows: measuredRows(rows, plan),
  };
  const space = spaceOf(pool);
  const designs = designsOf(pool);
  if (designs.length < plan.starts + 2) {
    throw invalidField(
      'source',
      `the explore part has ${designs.length} different designs, too few to explore`,
    );
  }
  const stored = await blobs.put(Buffer.from(canonicalJson(pool)), { labelKey: canonicalJson(facts.label) });
  const instrument: StoredInstrument = {
    kind: 'replay',
    address: stored.address,
    sha256: stored.sha256,
  };
  return { space, instrument, origin: source.version, sources: [facts] };
}

/** Rows with a finite value of the objective, or null where the experiment gave none. */
function measuredRows(rows: Record<string, unknown>[], plan: CampaignPlan): Record<string, unknown>[] {
  const { name } = plan.objective;
  const values = new Set<number>();
  for (const row of rows) {
    const value = row[name];
    if (value === null || value === undefined) continue;
    if (typeof value !== 'number')
      throw invalidField('objective.name', `the column ${name} holds text, not numbers`);
    values.add(value);
  }
  if (values.size < 2)
    throw invalidField('objective.name', `the column ${name} has one value throughout: nothing to explore`);
  return rows;
}
