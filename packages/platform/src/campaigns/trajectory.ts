import { type Design, type ExperimentOutcome, GenesisError } from '@genesis/contracts';
import { canonicalHash, outcomeHash as hashOfOutcome } from '@genesis/evidence';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { ReadScope, WriteTx } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { beginAttempt, type FinishedRun, finishRun, insertRun } from '../runs/index.ts';
import { blockOf, type Exploration, noiseSeed, repeatSeed, type Tried } from './exploration.ts';
import type { CampaignParts } from './parts.ts';
import {
  type CampaignRow,
  type ExperimentRow,
  listTrajectories,
  lockCampaign,
  lockTrajectory,
} from './store.ts';
import { campaign, experiment, trajectory } from './tables.ts';

/** One arm of one repeat. */
export type Place = { campaign: string; arm: string; repeat: number };

/** Where the runs of a campaign may go, and what they are counted for. */
export const belongs = ({ id, plan }: CampaignRow) => ({
  among: plan.compute?.resources ?? [],
  project: plan.compute?.project ?? null,
  campaign: id,
  challenge: plan.challenge === null ? null : String(plan.challenge),
});

/** The exploration that a place of a campaign stands for. */
export function explorationOf(
  row: CampaignRow,
  { arm, repeat }: { arm: string; repeat: number },
): Exploration {
  const { plan, space } = row;
  const found = plan.arms.find(({ name }) => name === arm);
  if (found === undefined)
    throw new GenesisError({ code: 'not-found', message: `The campaign has no arm "${arm}".` });
  return {
    space,
    goal: plan.objective.goal,
    strategy: found.strategy,
    seed: repeatSeed(plan.seed, repeat),
    starts: plan.starts,
    batch: plan.batch,
    budget: plan.budget,
  };
}

export const triedOf = (experiments: readonly ExperimentRow[]): Tried[] =>
  experiments.flatMap(({ design, outcome }) => (outcome === null ? [] : [{ design, outcome }]));

/**
 * Proposes the next block of an arm under the lock of its trajectory: never more than the budget, and never twice.
 * Each experiment gets a run with a first attempt when a trusted instrument is to measure it at once.
 */
export async function proposeBlock(
  parts: CampaignParts,
  principal: PrincipalFacts,
  row: CampaignRow,
  where: Place,
  designs: readonly Design[],
  start: number,
): Promise<Map<string, string>> {
  const { door, ids, clock } = parts;
  const exploration = explorationOf(row, where);
  const claims = new Map<string, string>();
  await door.perform(
    { principal, action: 'campaign.propose', resource: row.id, purpose: 'explore' },
    async (tx) => {
      const { state } = await lockCampaign(tx, row.id);
      if (state !== 'exploring')
        throw new GenesisError({ code: 'conflict', message: `The campaign is ${state}.` });
      const lock = await lockTrajectory(tx, where.campaign, where.arm, where.repeat);
      if (lock.proposed !== start || lock.closed === 1) throw overtaken(where);
      if (start + designs.length > exploration.budget) {
        throw new GenesisError({
          code: 'exhausted',
          what: 'budget',
          message: `Arm ${where.arm} has spent its budget.`,
        });
      }
      const now = clock.now().getTime();
      const proposed = designs.map((design, i) => ({
        id: ids.next('experiment'),
        ...where,
        index: start + i,
        design,
        noiseSeed: noiseSeed(exploration, where.arm, start + i),
        run: row.instrument === null ? null : ids.next('run'),
        proposedAt: now,
      }));
      // Fewer designs than the block asked for: the pool is empty.
      const [, to] = blockOf(exploration, start);
      const closed = start + designs.length < to || to === exploration.budget ? 1 : 0;
      if (proposed.length > 0) await tx.insert(experiment).values(proposed);
      await tx
        .update(trajectory)
        .set({ proposed: start + designs.length, closed })
        .where(
          and(
            eq(trajectory.campaign, where.campaign),
            eq(trajectory.arm, where.arm),
            eq(trajectory.repeat, where.repeat),
          ),
        );
      for (const one of proposed) {
        if (one.run === null) continue;
        await insertRun(
          tx,
          {
            id: one.run,
            governedBy: row.id,
            capability: row.instrument?.kind === 'replay' ? 'table-replay' : (row.origin ?? 'people'),
            input: { input: { design: one.design, seed: one.noiseSeed }, datasets: [] },
            context: {
              configHash: canonicalHash(one.design),
              environmentHash: row.planHash,
              runClass: 'reproducible',
              seedList: [one.noiseSeed],
              dataVersion: row.origin ?? row.planHash,
            },
            submittedBy: principal.id,
            purpose: 'explore',
            delegation: principal.delegation?.id,
            ...belongs(row),
          },
          now,
        );
        claims.set(one.id, (await beginAttempt(tx, one.run, now)).claim);
      }
      return {
        result: undefined,
        details: { ...where, from: start, experiments: proposed.map(({ id, index }) => ({ id, index })) },
        edges: proposed.flatMap((one) =>
          one.run === null || row.origin === null
            ? []
            : [{ subject: one.run, relation: 'used' as const, object: row.origin }],
        ),
      };
    },
  );
  return claims;
}

/** Records the result of an experiment: once, together with the end of its run. */
export async function recordOutcome(
  parts: CampaignParts,
  principal: PrincipalFacts,
  row: ExperimentRow,
  outcome: ExperimentOutcome,
  finished?: FinishedRun,
): Promise<void> {
  const { door, clock } = parts;
  const { arm, repeat, index, design, noiseSeed: seed, run: runId } = row;
  const outcomeHash = hashOfOutcome({ arm, repeat, index, design, seed, outcome, runId });
  await door.perform(
    { principal, action: 'campaign.record', resource: row.campaign, purpose: 'explore' },
    async (tx, _facts, entry) => {
      const now = clock.now().getTime();
      if (row.run !== null && finished !== undefined) await finishRun(tx, row.run, finished, now);
      const changed = await tx
        .update(experiment)
        .set({ outcome, outcomeHash, entry, recordedAt: now })
        .where(and(eq(experiment.id, row.id), isNull(experiment.outcome)))
        .returning({ id: experiment.id });
      if (changed.length === 0) {
        throw new GenesisError({ code: 'conflict', message: `Experiment ${row.id} has its result already.` });
      }
      await tx
        .update(trajectory)
        .set({ recorded: sql`${trajectory.recorded} + 1` })
        .where(
          and(
            eq(trajectory.campaign, row.campaign),
            eq(trajectory.arm, row.arm),
            eq(trajectory.repeat, row.repeat),
          ),
        );
      const { campaign: campaignId } = row;
      return {
        result: undefined,
        details: { kind: 'experiment', campaignId, arm, repeat, index, outcomeHash },
        edges: [{ subject: row.id, relation: 'wasGeneratedBy', object: row.run ?? campaignId }],
      };
    },
  );
}

/** Ends the exploration when every arm has recorded all it proposed and will propose no more. */
export async function finishIfDone(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
): Promise<boolean> {
  const places = await listTrajectories(parts.door.authorize(principal, 'explore'), id);
  if (places.some(({ closed, recorded, proposed }) => closed === 0 || recorded < proposed)) return false;
  await parts.door.perform(
    { principal, action: 'campaign.finish', resource: id, purpose: 'explore' },
    async (tx) => {
      const row = await lockCampaign(tx, id);
      const totals = await countRecorded(tx, id);
      if (row.state === 'exploring') {
        await tx
          .update(campaign)
          .set({ state: 'explored', endedAt: parts.clock.now().getTime() })
          .where(eq(campaign.id, id));
      }
      return { result: undefined, details: { experiments: totals } };
    },
  );
  return true;
}

async function countRecorded(tx: WriteTx, id: string): Promise<number> {
  const [row] = await tx
    .select({ total: sql<number>`coalesce(sum(${trajectory.recorded}), 0)::int` })
    .from(trajectory)
    .where(eq(trajectory.campaign, id));
  return row?.total ?? 0;
}

export async function isClosed(scope: ReadScope, where: Place): Promise<boolean> {
  const places = await listTrajectories(scope, where.campaign);
  return places.some(
    ({ arm, repeat, closed }) => arm === where.arm && repeat === where.repeat && closed === 1,
  );
}

const overtaken = (where: Place): GenesisError =>
  new GenesisError({
    code: 'conflict',
    message: `Another worker went on with arm ${where.arm} of ${where.campaign}.`,
  });
