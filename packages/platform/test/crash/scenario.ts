import { call, Refused } from './client.ts';

/** How a request reaches the server, whichever process it is just now. */
export type Ask = <T>(method: string, path: string, body?: unknown, key?: string) => Promise<T>;
export const asking =
  (url: () => string, token: string): Ask =>
  (method, path, body, key) =>
    call(url(), token, method, path, body, key);

type Items<T> = { items: T[] };
type Hypothesis = {
  id: string;
  state: string;
  claim: { kind: string };
  verdict: Record<string, unknown> | null;
};
type Campaign = { campaign: { state: string }; progress: { recorded: number; budget: number } };
type Experiment = {
  arm: string;
  repeat: number;
  index: number;
  design: unknown;
  outcome: unknown;
  run: string | null;
};
type Model = { id: string; campaign: string; artifactHash: string };

/** What the server has acknowledged so far: none of it may ever be lost. */
export type Acknowledged = { campaign?: string; recorded: number; model?: string; hypotheses: Set<string> };
export const nothingYet = (): Acknowledged => ({ recorded: 0, hypotheses: new Set() });

const space = {
  parameters: [
    { kind: 'continuous', name: 'teos', min: 0.1, max: 0.5 },
    { kind: 'continuous', name: 'water', min: 0.5, max: 17 },
    { kind: 'continuous', name: 'ammonia', min: 0.5, max: 3 },
  ],
};

export const plan = (seed: string) => ({
  title: `Crash test ${seed}`,
  source: { kind: 'capability', capability: 'stober-silica' },
  objective: { name: 'diameter', unit: 'nm', goal: { kind: 'target', value: 300 } },
  space,
  budget: 6,
  starts: 2,
  repeats: 2,
  seed,
});

const frozen = [
  { kind: 'prediction', confidence: 0.8, sampleSize: 20 },
  { kind: 'arms', confidence: 0.7, sampleSize: 20, budget: 4 },
];

/** Thrown when the state contradicts what was acknowledged. */
export class Lost extends Error {}

/**
 * Brings the main job one step forward and returns whether it is done. Every step can be repeated: what is there
 * already is found, so it does not matter at which moment the server died.
 */
export async function step(ask: Ask, seed: string, seen: Acknowledged): Promise<boolean> {
  seen.campaign ??= (await ask<{ id: string }>('POST', '/v1/campaigns', plan(seed), `campaign-${seed}`)).id;
  const id = seen.campaign;
  const { campaign, progress } = await ask<Campaign>('GET', `/v1/campaigns/${id}`);
  if (progress.recorded < seen.recorded)
    throw new Lost(`${seen.recorded} experiments were recorded, now ${progress.recorded}`);
  if (progress.recorded > progress.budget)
    throw new Lost(`${progress.recorded} experiments on a budget of ${progress.budget}`);
  seen.recorded = progress.recorded;
  if (campaign.state !== 'explored') return false;
  const models = (await ask<Items<Model>>('GET', '/v1/models')).items.filter((one) => one.campaign === id);
  if (models.length > 1) throw new Lost(`one training gave ${models.length} models`);
  if (seen.model !== undefined && models[0]?.id !== seen.model) throw new Lost('the model is gone');
  if (models[0] === undefined) return await train(ask, id);
  seen.model = models[0].id;
  const hypotheses = (await ask<Items<Hypothesis>>('GET', `/v1/campaigns/${id}/hypotheses`)).items;
  for (const known of seen.hypotheses) {
    if (!hypotheses.some((one) => one.id === known)) throw new Lost(`the hypothesis ${known} is gone`);
  }
  for (const wanted of frozen) {
    const there = hypotheses.find((one) => one.claim.kind === wanted.kind);
    if (there === undefined) {
      const made = await ask<Hypothesis>('POST', `/v1/campaigns/${id}/hypotheses`, wanted);
      seen.hypotheses.add(made.id);
      return false;
    }
    seen.hypotheses.add(there.id);
    if (there.state === 'frozen') await open(ask, there.id);
    if (there.state !== 'concluded') return false;
  }
  if (hypotheses.length !== frozen.length)
    throw new Lost(`${hypotheses.length} freezes instead of ${frozen.length}`);
  return true;
}

/** Asks for a model once: a run of the training that waits or goes on is not asked for again. */
async function train(ask: Ask, id: string): Promise<false> {
  const runs = (
    await ask<Items<{ capability: string; status: string }>>(
      'GET',
      `/v1/runs?campaign=${id}&purpose=train&limit=200`,
    )
  ).items;
  if (!runs.some((run) => run.capability === 'train-surrogate')) {
    await ask('POST', `/v1/campaigns/${id}/models`, {});
  }
  return false;
}

async function open(ask: Ask, id: string): Promise<void> {
  try {
    await ask('POST', `/v1/hypotheses/${id}/open`);
  } catch (error) {
    // Opened before the answer was lost: told as a conflict, never opened twice.
    if (!(error instanceof Refused) || error.status !== 409) throw error;
  }
}

/** What must not depend on crashes: the sequence of experiments, the model, the verdicts. */
export async function fingerprint(ask: Ask, id: string): Promise<string> {
  const experiments = (await ask<Items<Experiment>>('GET', `/v1/campaigns/${id}/experiments`)).items;
  const models = (await ask<Items<Model>>('GET', '/v1/models')).items.filter((one) => one.campaign === id);
  const hypotheses = (await ask<Items<Hypothesis>>('GET', `/v1/campaigns/${id}/hypotheses`)).items;
  const verdicts = hypotheses.map(({ claim, verdict }) => {
    const { outcome, estimate, interval, pValue, pOpposite, n, alpha, counts } = verdict ?? {};
    return { kind: claim.kind, outcome, estimate, interval, pValue, pOpposite, n, alpha, counts };
  });
  const sequence = experiments.map(({ arm, repeat, index, design, outcome }) => ({
    arm,
    repeat,
    index,
    design,
    outcome,
  }));
  return JSON.stringify({ sequence, models: models.map(({ artifactHash }) => artifactHash), verdicts });
}
