import { GenesisError } from '@genesis/contracts';
import { and, asc, desc, eq, inArray, isNotNull, lt, ne, or, sql } from 'drizzle-orm';
import { factsOf, type ReadScope, resource, type WriteTx } from '../door/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import { campaign, experiment, family, hypothesis, opening, trajectory } from './tables.ts';

export type CampaignRow = typeof campaign.$inferSelect;
export type ExperimentRow = typeof experiment.$inferSelect;
export type HypothesisRow = typeof hypothesis.$inferSelect;
export type TrajectoryRow = typeof trajectory.$inferSelect;

const missing = (what: string): GenesisError =>
  new GenesisError({ code: 'not-found', message: `There is no ${what} under this id that you may see.` });

/** A campaign that the scope admits. */
export async function findCampaign(scope: ReadScope, id: string): Promise<CampaignRow> {
  const [row] = await scope.orm
    .select({ campaign })
    .from(campaign)
    .innerJoin(resource, eq(resource.id, campaign.id))
    .where(and(eq(campaign.id, id), scope.where));
  if (row === undefined) throw missing('campaign');
  return row.campaign;
}

/** Campaigns that the scope admits, newest first, after a position. */
export async function listCampaigns(
  scope: ReadScope,
  page: { limit: number; before?: { at: number; id: string } | undefined },
) {
  const { before } = page;
  const after =
    before === undefined
      ? sql`true`
      : or(
          lt(campaign.createdAt, before.at),
          and(eq(campaign.createdAt, before.at), lt(campaign.id, before.id)),
        );
  return await scope.orm
    .select({ campaign, resource })
    .from(campaign)
    .innerJoin(resource, eq(resource.id, campaign.id))
    .where(and(scope.where, after))
    .orderBy(desc(campaign.createdAt), desc(campaign.id))
    .limit(page.limit);
}

const inSight = (scope: ReadScope, id: string) => and(eq(resource.id, id), scope.where);

/** All experiments of a campaign in order of arm, repeat and index; or of one trajectory. */
export async function listExperiments(
  scope: ReadScope,
  id: string,
  only?: { arm: string; repeat: number },
): Promise<ExperimentRow[]> {
  const rows = await scope.orm
    .select({ experiment })
    .from(experiment)
    .innerJoin(resource, eq(resource.id, experiment.campaign))
    .where(
      and(
        inSight(scope, id),
        only === undefined
          ? sql`true`
          : and(eq(experiment.arm, only.arm), eq(experiment.repeat, only.repeat)),
      ),
    )
    .orderBy(asc(experiment.arm), asc(experiment.repeat), asc(experiment.index));
  return rows.map((row) => row.experiment);
}

export async function listTrajectories(scope: ReadScope, id: string): Promise<TrajectoryRow[]> {
  const rows = await scope.orm
    .select({ trajectory })
    .from(trajectory)
    .innerJoin(resource, eq(resource.id, trajectory.campaign))
    .where(inSight(scope, id))
    .orderBy(asc(trajectory.arm), asc(trajectory.repeat));
  return rows.map((row) => row.trajectory);
}

/** All freezes of a campaign, the abandoned ones too, in order. */
export async function listHypotheses(scope: ReadScope, id: string): Promise<HypothesisRow[]> {
  const rows = await scope.orm
    .select({ hypothesis })
    .from(hypothesis)
    .innerJoin(resource, eq(resource.id, hypothesis.campaign))
    .where(inSight(scope, id))
    .orderBy(asc(hypothesis.frozenAt), asc(hypothesis.id));
  return rows.map((row) => row.hypothesis);
}

export async function findHypothesis(scope: ReadScope, id: string): Promise<HypothesisRow> {
  const [row] = await scope.orm
    .select({ hypothesis })
    .from(hypothesis)
    .innerJoin(resource, eq(resource.id, hypothesis.campaign))
    .where(and(eq(hypothesis.id, id), scope.where));
  if (row === undefined) throw missing('hypothesis');
  return row.hypothesis;
}

/** The campaign, locked until the write ends. */
export async function lockCampaign(tx: WriteTx, id: string): Promise<CampaignRow> {
  const [row] = await tx.select().from(campaign).where(eq(campaign.id, id)).for('update');
  if (row === undefined) throw missing('campaign');
  return row;
}

/** One arm of one repeat, locked until the write ends. */
export async function lockTrajectory(
  tx: WriteTx,
  id: string,
  arm: string,
  repeat: number,
): Promise<TrajectoryRow> {
  const [row] = await tx
    .select()
    .from(trajectory)
    .where(and(eq(trajectory.campaign, id), eq(trajectory.arm, arm), eq(trajectory.repeat, repeat)))
    .for('update');
  if (row === undefined) throw missing('arm');
  return row;
}

/** The hypothesis, locked until the write ends. */
export async function lockHypothesis(tx: WriteTx, id: string): Promise<HypothesisRow> {
  const [row] = await tx.select().from(hypothesis).where(eq(hypothesis.id, id)).for('update');
  if (row === undefined) throw missing('hypothesis');
  return row;
}

/** The campaigns that serve a challenge, newest first; two hundred at most. */
export async function listCampaignsOf(
  scope: ReadScope,
  challenge: number,
): Promise<{ id: string; title: string; state: string }[]> {
  const rows = await scope.orm
    .select({ campaign })
    .from(campaign)
    .innerJoin(resource, eq(resource.id, campaign.id))
    .where(and(scope.where, sql`(${campaign.plan} ->> 'challenge')::int = ${challenge}`))
    .orderBy(desc(campaign.createdAt))
    .limit(200);
  return rows.map(({ campaign: row }) => ({ id: row.id, title: row.plan.title, state: row.state }));
}

/** An opening with its entries. `facts` are those of its campaign, where the scope admits it. */
export type OpeningOfFamily = {
  campaign: string;
  family: string;
  attempt: number;
  freezeEntry: string;
  openEntry: string;
  facts: ResourceFacts | null;
};

/**
 * All openings of the families that these hypotheses spend from, also those of campaigns that the scope does not admit:
 * the budget is one. Those have no facts, and nothing of them but their number may be told.
 */
export async function listOpenings(
  scope: ReadScope,
  hypotheses: readonly HypothesisRow[],
): Promise<OpeningOfFamily[]> {
  const families = [...new Set(hypotheses.map((one) => one.family))];
  if (families.length === 0) return [];
  const rows = await scope.orm
    .select({ hypothesis, attempt: opening.attempt, resource })
    .from(opening)
    .innerJoin(hypothesis, eq(hypothesis.id, opening.hypothesis))
    .leftJoin(resource, and(eq(resource.id, hypothesis.campaign), scope.where))
    .where(and(inArray(hypothesis.family, families), isNotNull(hypothesis.openEntry)))
    .orderBy(asc(opening.family), asc(opening.attempt));
  return rows.map(
    ({ hypothesis: { campaign: by, family: of, freezeEntry, openEntry }, attempt, resource: row }) => ({
      ...{ campaign: by, family: of, attempt, freezeEntry, openEntry: openEntry! },
      facts: row === null ? null : factsOf(row),
    }),
  );
}

/** What the families of these hypotheses have spent of their error budgets, wherever it was spent. */
export async function listOpeningsSpent(
  scope: ReadScope,
  hypotheses: readonly HypothesisRow[],
): Promise<{ id: string; alpha: number; spent: number }[]> {
  const families = [...new Set(hypotheses.map((one) => one.family))];
  if (families.length === 0) return [];
  return await scope.orm
    .select({
      id: family.id,
      alpha: family.alpha,
      spent: sql<number>`coalesce(sum(${opening.alpha}), 0)::double precision`,
    })
    .from(family)
    .leftJoin(opening, eq(opening.family, family.id))
    .where(inArray(family.id, families))
    .groupBy(family.id)
    .orderBy(asc(family.id));
}

/** How often the question of a campaign was asked: in how many other campaigns, frozen and opened how many times. */
export type AskedElsewhere = { campaigns: number; freezes: number; openings: number };

/**
 * Other campaigns with the same measurements, objective and space. Each has an error budget of its own where it measures
 * afresh, so a reader has to know how many there were. Counts what the scope admits only.
 */
export async function countAskedElsewhere(scope: ReadScope, row: CampaignRow): Promise<AskedElsewhere> {
  const json = (value: unknown) => sql`${JSON.stringify(value)}::jsonb`;
  const [found] = await scope.orm
    .select({
      campaigns: sql<number>`count(distinct ${campaign.id})::int`,
      freezes: sql<number>`count(${hypothesis.id})::int`,
      openings: sql<number>`count(${hypothesis.openEntry})::int`,
    })
    .from(campaign)
    .innerJoin(resource, eq(resource.id, campaign.id))
    .leftJoin(hypothesis, eq(hypothesis.campaign, campaign.id))
    .where(
      and(
        scope.where,
        ne(campaign.id, row.id),
        sql`${campaign.origin} is not distinct from ${row.origin}`,
        sql`${campaign.space} = ${json(row.space)}`,
        sql`${campaign.plan} -> 'objective' = ${json(row.plan.objective)}`,
      ),
    );
  return found ?? { campaigns: 0, freezes: 0, openings: 0 };
}
