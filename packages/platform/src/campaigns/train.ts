import { GenesisError, type Purpose } from '@genesis/contracts';
import { canonicalHash } from '@genesis/evidence';
import { deriveSeed, type EncodedSurrogate } from '@genesis/explorer';
import { z } from 'zod';
import { delegate } from '../door/index.ts';
import type { QueueDefinition } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { beginAttempt, finishRun, insertRun, succeeded } from '../runs/index.ts';
import type { CampaignParts } from './parts.ts';
import { findCampaign, listExperiments } from './store.ts';
import { belongs, triedOf } from './trajectory.ts';

const payload = z.object({
  campaign: z.string(),
  run: z.string(),
  /** Drawn at the submission, so that a training which is done again finds what it registered. */
  model: z.string(),
  delegation: z.string(),
  name: z.string(),
});
export const trainQueue: QueueDefinition<z.infer<typeof payload>> = { name: 'campaign.train', payload };

export const learning = new URL('./functions/learn.ts', import.meta.url);
const trainPurpose: Purpose = 'train';
const day = 86_400_000;

/** Starts the training of a surrogate on everything that a campaign has recorded. Returns the run that does it. */
export async function submitTraining(
  parts: CampaignParts,
  principal: PrincipalFacts,
  campaignId: string,
  name: string,
): Promise<{ run: string }> {
  const { door, ids, clock, queue } = parts;
  const { scope } = await door.use(principal, 'campaign.read', campaignId, trainPurpose, { for: 'training' });
  const row = await findCampaign(scope, campaignId);
  if (row.state === 'exploring') {
    throw new GenesisError({
      code: 'conflict',
      message: 'The campaign is still exploring: wait for it, or stop it first.',
    });
  }
  const experiments = await listExperiments(scope, campaignId);
  if (!experiments.some(({ outcome }) => outcome?.status === 'measured')) {
    throw new GenesisError({
      code: 'conflict',
      message: 'The campaign has no measured experiment to learn from yet.',
    });
  }
  const run = ids.next('run');
  const model = ids.next('model');
  await door.perform(
    { principal, action: 'run.execute', resource: campaignId, purpose: trainPurpose },
    async (tx) => {
      const delegation = await delegate(tx, parts, principal, {
        purpose: trainPurpose,
        actions: ['campaign.read', 'run.execute', 'run.finish', 'model.create', 'model.read'],
        resources: [campaignId, model],
        lifetimeMs: day,
      });
      const seed = deriveSeed(row.plan.seed, 'train');
      await insertRun(
        tx,
        {
          id: run,
          governedBy: campaignId,
          capability: 'train-surrogate',
          input: { campaign: campaignId, name },
          context: {
            configHash: canonicalHash({ goal: row.plan.objective.goal, space: row.space }),
            environmentHash: row.planHash,
            runClass: 'reproducible',
            seedList: [seed],
            dataVersion: canonicalHash(experiments.map(({ outcomeHash }) => outcomeHash ?? '')),
          },
          submittedBy: principal.id,
          purpose: trainPurpose,
          delegation,
          ...belongs(row),
        },
        clock.now().getTime(),
      );
      await queue.enqueue(
        tx,
        trainQueue,
        { campaign: campaignId, run, model, delegation, name },
        { key: run },
      );
      return { result: undefined, details: { run, capability: 'train-surrogate' } };
    },
  );
  return { run };
}

/** The job behind `submitTraining`. Run again after a crash, it trains again and registers the model once. */
export async function train(
  parts: CampaignParts,
  job: z.infer<typeof payload>,
  signal: AbortSignal,
): Promise<void> {
  const { door, functions, models, clock, crash } = parts;
  const fresh = () => parts.actUnder(job.delegation);
  const principal = await fresh();
  const scope = door.authorize(principal, trainPurpose);
  const row = await findCampaign(scope, job.campaign);
  const experiments = await listExperiments(scope, job.campaign);
  const tried = triedOf(experiments);
  const { result: claim } = await door.perform(
    { principal, action: 'run.execute', resource: job.campaign, purpose: trainPurpose },
    async (tx) => {
      const begun = await beginAttempt(tx, job.run, clock.now().getTime());
      return { result: begun.claim, details: { run: job.run, attempt: begun.number } };
    },
  );
  const started = clock.now();
  const { goal, name: objective, unit } = row.plan.objective;
  const artifact = await functions.call<unknown, EncodedSurrogate>(
    { module: learning, name: 'train' },
    { space: row.space, goal, tried, seed: deriveSeed(row.plan.seed, 'train') },
    { signal },
  );
  const measured = tried.flatMap(({ design, outcome }) =>
    outcome.status === 'measured' ? [{ design, value: outcome.value }] : [],
  );
  const fitted = await parts.predict(
    artifact,
    measured.map(({ design }) => design),
  );
  const squares = measured.map(({ value }, i) => (value - (fitted[i]!.mean ?? value)) ** 2);
  const rmse = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
  crash.reach('model.trained');
  const { facts } = await door.use(await fresh(), 'campaign.read', job.campaign, trainPurpose, {
    for: 'training',
  });
  const known = (await models.ofCampaign(scope, job.campaign)).find((one) => one.id === job.model);
  const registered =
    known ??
    (await models.create(await fresh(), {
      id: job.model,
      name: job.name,
      campaign: job.campaign,
      run: job.run,
      artifact,
      metrics: [
        { name: 'rmse', value: rmse, on: 'the experiments that it was trained on', n: squares.length },
      ],
      trainedOn: {
        experiments: tried.length,
        measured: measured.length,
        failed: tried.filter(({ outcome }) => outcome.status === 'failed').length,
        censored: tried.filter(({ outcome }) => outcome.status === 'censored').length,
        objective,
        unit,
      },
      facts,
      sources: [job.campaign],
    }));
  crash.reach('model.registered');
  await door.perform(
    { principal: await fresh(), action: 'run.finish', resource: job.campaign, purpose: trainPurpose },
    async (tx) => {
      const outcome = succeeded(started, clock.now());
      const output = { model: registered.id, artifactHash: registered.artifactHash };
      const finished = { claim, outcome, output, sandboxed: false, here: parts.local() };
      await finishRun(tx, job.run, finished, clock.now().getTime());
      return { result: undefined, details: { run: job.run, model: registered.id } };
    },
  );
}
