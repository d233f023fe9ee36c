import { type Design, type ExperimentOutcome, GenesisError } from '@genesis/contracts';
import { z } from 'zod';
import type { QueueDefinition } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { beginAttempt, type FinishedRun, succeeded } from '../runs/index.ts';
import { blockOf } from './exploration.ts';
import { fewAtATime } from './hypotheses/few-at-a-time.ts';
import { type InstrumentSpec, type Measurement, measuredBy, withInstrument } from './instrument.ts';
import type { CampaignParts } from './parts.ts';
import { stopCampaign } from './stop-campaign.ts';
import { type CampaignRow, type ExperimentRow, findCampaign, listExperiments } from './store.ts';
import { explorationOf, finishIfDone, isClosed, proposeBlock, recordOutcome, triedOf } from './trajectory.ts';

const job = z.object({ campaign: z.string(), arm: z.string(), repeat: z.int(), delegation: z.string() });
export type ExploreJob = z.infer<typeof job>;

/** Brings one arm of one repeat forward until its budget is spent or the campaign stops. */
export const exploreQueue: QueueDefinition<ExploreJob> = { name: 'campaign.explore', payload: job };

/** Jobs of one block that are under way together; functions of the platform take turns. */
const mostTogether = ({ instrument }: CampaignRow): number =>
  instrument !== null && measuredBy(instrument) !== undefined ? 64 : 1;

/** One job for each place under each delegation: one that waits under an ended delegation takes no other's place. */
export const exploreKey = ({ campaign: id, arm, repeat, delegation }: ExploreJob): string =>
  `${id}/${arm}/${repeat}/${delegation}`;

const functions = new URL('./functions/explore.ts', import.meta.url);

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
    const measureAll = async (all: ExperimentRow[], claims?: ReadonlyMap<string, string>): Promise<void> => {
      try {
        await fewAtATime(all, mostTogether(row), signal, async (one, stop) =>
          measureOne(parts, await fresh(), row, one, claims?.get(one.id), stop),
        );
      } catch (error) {
        if (!endsForGood(error)) throw error;
        await stopFor(parts, await fresh(), row.id, error);
      }
    };
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
    const designs = await withInstrument(parts.blobs, row.instrument, (instrument) =>
      pool.call<unknown, Design[]>(
        { module: functions, name: 'propose' },
        { exploration, tried: triedOf(experiments), instrument },
        { signal },
      ),
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
      : await withInstrument(parts.blobs, row.instrument, (spec) =>
          measureByFunction(parts, spec, one, signal),
        );
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

/** What no later try mends: no resource may take the experiments, or nothing is left of what pays for them. */
const endsForGood = (error: unknown): error is GenesisError =>
  error instanceof GenesisError && ['exhausted', 'unsupported'].includes(error.failure.code);

/** Stops a campaign that cannot go on; another arm may have done so a moment ago. */
async function stopFor(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
  why: GenesisError,
): Promise<void> {
  try {
    await stopCampaign(parts, principal, id, why.message.slice(0, 2000));
  } catch (error) {
    if (!(error instanceof GenesisError) || error.failure.code !== 'conflict') throw error;
  }
}

/** A revoked or expired delegation ends the work, as it is meant to: nothing has failed. */
const isAlive = ({ delegation }: PrincipalFacts, at: number): boolean =>
  delegation !== undefined && !delegation.revoked && delegation.expiresAt > at;
