import { type Design, type ExperimentOutcome, GenesisError } from '@genesis/contracts';
import { canonicalHash, outcomeHash as hashOfOutcome } from '@genesis/evidence';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { ReadScope, WriteTx } from '../door/index.ts';
import type { QueueDefinition } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { beginAttempt, type FinishedRun, finishRun, insertRun, succeeded } from '../runs/index.ts';
import { blockOf, type Exploration, noiseSeed, repeatSeed, type Tried } from './exploration.ts';
import { fewAtATime } from './hypotheses/few-at-a-time.ts';
import { type InstrumentSpec, type Measurement, measuredBy, placed } from './instrument.ts';
import type { CampaignParts } from './parts.ts';
import {
  type CampaignRow,
  type ExperimentRow,
  findCampaign,
  listExperiments,
  listTrajectories,
  lockCampaign,
  lockTrajectory,
} from './store.ts';
import { campaign, experiment, trajectory } from './tables.ts';

/** One arm of one repeat. */
export type Place = { campaign: string; arm: string; repeat: number };
const job = z.object({ campaign: z.string(), arm: z.string(), repeat: z.int(), delegation: z.string() });
export type ExploreJob = z.infer<typeof job>;

/** Brings one arm of one repeat forward until its budget is spent or the campaign stops. */
export const exploreQueue: QueueDefinition<ExploreJob> = { name: 'campaign.explore', payload: job };

/** Jobs of one block that are under way together; functions of the platform take turns. */
const mostTogether = ({ instrument }: CampaignRow): number =>
  instrument !== null && measuredBy(instrument) !== undefined ? 64 : 1;

/** Where the runs of a campaign may go, and what they are counted for. */
export const belongs = ({ id, plan }: CampaignRow) => ({
  among: plan.compute?.resources ?? [],
  project: plan.compute?.project ?? null,
  campaign: id,
  challenge: plan.challenge === null ? null : String(plan.challenge),
});

/** One job for each place under each delegation: one that waits under an ended delegation takes no other's place. */
export const exploreKey = ({ campaign: id, arm, repeat, delegation }: ExploreJob): string =>
  `${id}/${arm}/${repeat}/${delegation}`;

const functions = new URL('./functions/explore.ts', import.meta.url);

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

/**
 * Works on one trajectory until it is done. Safe to run again after any crash: what was proposed but not recorded is
 * measured anew from the same seed (a trusted instrument has no other effect), and what was recorded stays.
 */
export async function explore(parts: CampaignParts, work: ExploreJob, signal: AbortSignal): Promise<void> {
  const { door, functions: pool, crash } = parts;
  const { delegation, ...where } = work;
  const fresh = () => parts.actUnder(delegation);
  for (;;) {
    if (signal.aborted) throw signal.reason;
    const principal = await fresh();
    if (!isAlive(principal, parts.clock.now().getTime())) {
      parts.log.info(
        { ...where, delegation },
        'The delegation of this campaign has ended; somebody must resume it',
      );
      return;
    }
    const scope = door.authorize(principal, 'explore');
    const row = await findCampaign(scope, where.campaign);
    if (row.state !== 'exploring') return;
    const experiments = await listExperiments(scope, where.campaign, where);
    const open = experiments.filter(({ outcome }) => outcome === null);
    const exploration = explorationOf(row, where);
    // The experiments of a block are under way together: elsewhere they are jobs, which one batch takes.
    const measureAll = async (all: ExperimentRow[], claims?: ReadonlyMap<string, string>): Promise<void> =>
      void (await fewAtATime(all, mostTogether(row), signal, async (one, stop) =>
        measureOne(parts, await fresh(), row, one, claims?.get(one.id), stop),
      ));
    if (open.length > 0) {
      await measureAll(open);
      continue;
    }
    if (await isClosed(scope, where)) {
      await finishIfDone(parts, principal, where.campaign);
      return;
    }
    const [from] = blockOf(exploration, experiments.length);
    if (from !== experiments.length)
      throw new Error(`trajectory ${JSON.stringify(where)} stands inside a block`);
    const designs = await pool.call<unknown, Design[]>(
      { module: functions, name: 'propose' },
      {
        exploration,
        tried: triedOf(experiments),
        instrument: row.instrument === null ? null : placed(parts.blobs, row.instrument),
      },
      { signal },
    );
    crash.reach('campaign.chosen');
    const claims = await proposeBlock(parts, await fresh(), row, where, designs, experiments.length);
    crash.reach('campaign.proposed');
    const proposed = await listExperiments(door.authorize(await fresh(), 'explore'), where.campaign, where);
    await measureAll(
      proposed.filter(({ outcome }) => outcome === null),
      claims,
    );
  }
}

async function measureOne(
  parts: CampaignParts,
  principal: PrincipalFacts,
  row: CampaignRow,
  one: ExperimentRow,
  known: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (row.instrument === null || one.run === null) return;
  const claim = known ?? (await retry(parts, principal, row.id, one.run));
  const capability = measuredBy(row.instrument);
  const { outcome, finished, done } =
    capability !== undefined
      ? await measureByRun(parts, principal, capability, one, signal)
      : await measureByFunction(parts, placed(parts.blobs, row.instrument), one, signal);
  parts.crash.reach('campaign.measured');
  await recordOutcome(parts, principal, one, outcome, { ...finished, claim });
  parts.crash.reach('campaign.recorded');
  await done();
}

type Measured = {
  outcome: ExperimentOutcome;
  finished: Omit<FinishedRun, 'claim'>;
  /** Clears up once the outcome is recorded. */
  done: () => Promise<void>;
};

async function measureByFunction(
  parts: CampaignParts,
  instrument: InstrumentSpec,
  one: ExperimentRow,
  signal: AbortSignal,
): Promise<Measured> {
  const started = parts.clock.now();
  const { outcome, details } = await parts.functions.call<unknown, Measurement>(
    { module: functions, name: 'measure' },
    { instrument, design: one.design, seed: one.noiseSeed },
    { signal },
  );
  return {
    outcome,
    finished: {
      outcome: succeeded(started, parts.clock.now()),
      ...{ output: details, sandboxed: false, here: parts.local() },
    },
    done: async () => {},
  };
}

/** The run names the job, so that after a restart it is found again instead of done twice. */
async function measureByRun(
  parts: CampaignParts,
  principal: PrincipalFacts,
  capability: string,
  one: ExperimentRow,
  signal: AbortSignal,
): Promise<Measured> {
  const { outcome, execution, details, sandboxed, asked, done } = await parts.measure(
    principal,
    'explore',
    {
      ...{ name: `${one.run}-measure`, run: one.run!, attempt: 1 },
      ...{ capability, design: one.design, seed: one.noiseSeed },
    },
    signal,
  );
  // A job that was ended because the platform stops is no failed experiment: it is done again.
  if (signal.aborted) throw signal.reason;
  return { outcome, finished: { outcome: execution, output: details, sandboxed, asked }, done };
}

/** A new attempt of a run whose worker has died: its claim fences the old one. */
async function retry(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
  run: string,
): Promise<string> {
  const { result } = await parts.door.perform(
    { principal, action: 'run.execute', resource: id, purpose: 'explore' },
    async (tx) => {
      const { claim, number } = await beginAttempt(tx, run, parts.clock.now().getTime());
      return { result: claim, details: { run, attempt: number } };
    },
  );
  return result;
}

async function isClosed(scope: ReadScope, where: Place): Promise<boolean> {
  const places = await listTrajectories(scope, where.campaign);
  return places.some(
    ({ arm, repeat, closed }) => arm === where.arm && repeat === where.repeat && closed === 1,
  );
}

/** A revoked or expired delegation ends the work, as it is meant to: nothing has failed. */
const isAlive = ({ delegation }: PrincipalFacts, at: number): boolean =>
  delegation !== undefined && !delegation.revoked && delegation.expiresAt > at;

const overtaken = (where: Place): GenesisError =>
  new GenesisError({
    code: 'conflict',
    message: `Another worker went on with arm ${where.arm} of ${where.campaign}.`,
  });
