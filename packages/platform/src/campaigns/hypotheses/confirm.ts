import {
  type ArmsClaim,
  type Design,
  GenesisError,
  type Independence,
  type PredictionClaim,
  type Space,
  type Verdict,
} from '@genesis/contracts';
import {
  type ArmsRow,
  canonicalHash,
  claimSeeds,
  type EvaluationRow,
  modelArtifactHash,
  type PredictionRow,
} from '@genesis/evidence';
import { createRandom, deriveSeed, drawDesign, score } from '@genesis/explorer';
import { eq } from 'drizzle-orm';
import { openDisclosure } from '../../access/index.ts';
import { settle, usedBy } from '../../compute/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { beginAttempt, type CommandMeasurement, findRun, finishRun, succeeded } from '../../runs/index.ts';
import type { Exploration } from '../exploration.ts';
import { withInstrument } from '../instrument.ts';
import type { CampaignParts } from '../parts.ts';
import {
  type CampaignRow,
  findCampaign,
  findHypothesis,
  type HypothesisRow,
  lockHypothesis,
} from '../store.ts';
import { hypothesis } from '../tables.ts';
import { learning } from '../train.ts';
import { explorationOf } from '../trajectory.ts';
import { keepRows } from './evaluation-rows.ts';
import { fewAtATime } from './few-at-a-time.ts';
import { assertFrozen } from './frozen.ts';
import type { ConfirmJob } from './open.ts';

const exploring = new URL('../functions/explore.ts', import.meta.url);
export const judging = new URL('../functions/judge.ts', import.meta.url);

/**
 * The confirming run: measures or unseals, evaluates the frozen claim, and records the verdict. Everything it does
 * follows from the claim, so after a crash it does the same again: the same rows, no second look.
 */
export async function confirm(parts: CampaignParts, job: ConfirmJob, signal: AbortSignal): Promise<void> {
  const { door, clock, crash } = parts;
  const fresh = () => parts.actUnder(job.delegation);
  const principal = await fresh();
  const scope = door.authorize(principal, 'evaluate');
  const row = await findHypothesis(scope, job.hypothesis);
  if (row.state !== 'opened' || row.run === null) return;
  await assertFrozen(parts.ledger, row, row.checkpointSize ?? 0);
  const plan = await findCampaign(scope, row.campaign);
  const { run } = row;
  const { result: claim } = await door.perform(
    { principal, action: 'run.execute', resource: row.campaign, purpose: 'evaluate' },
    async (tx) => {
      const begun = await beginAttempt(tx, run, clock.now().getTime());
      return { result: begun.claim, details: { run, attempt: begun.number } };
    },
  );
  const started = clock.now();
  const jobs: Jobs = { prefix: row.id, run, measured: [] };
  const rows = await rowsOf(parts, principal, plan, row, jobs, signal);
  crash.reach('hypothesis.evaluated');
  const independence = await independenceOf(parts, principal, plan, row);
  const verdict = await parts.functions.call<unknown, Verdict>(
    { module: judging, name: 'judge' },
    { claim: row.claim, rows, independence },
    { signal },
  );
  const verdictHash = canonicalHash(verdict);
  const kept = await keepRows(parts.blobs, row.claim, rows);
  await door.perform(
    { principal: await fresh(), action: 'hypothesis.conclude', resource: row.campaign, purpose: 'evaluate' },
    async (tx, facts, entry) => {
      const locked = await lockHypothesis(tx, row.id);
      if (locked.state !== 'opened')
        throw new GenesisError({ code: 'conflict', message: 'It has its verdict already.' });
      const now = clock.now();
      const outcome = succeeded(started, now);
      const output = { verdictHash };
      for (const [i, { asked, execution }] of jobs.measured.entries()) {
        await settle(tx, run, usedBy(asked, execution), now.getTime(), i + 1);
      }
      const here = parts.local();
      await finishRun(tx, run, { claim, outcome, output, sandboxed: false, here }, now.getTime());
      await tx
        .update(hypothesis)
        .set({
          state: 'concluded',
          verdict,
          verdictHash,
          rows: kept,
          concludeEntry: entry,
          concludedAt: now.getTime(),
        })
        .where(eq(hypothesis.id, row.id));
      if (verdict.outcome === 'supported') {
        const { agreements } = facts.conditions;
        await openDisclosure(tx, parts, { hypothesis: row.id, campaign: row.campaign, agreements });
      }
      return {
        result: undefined,
        details: { kind: 'verdict', hypothesisId: row.id, verdictHash },
        edges: [{ subject: row.id, relation: 'wasGeneratedBy', object: run }],
      };
    },
  );
  crash.reach('hypothesis.concluded');
  for (const { done } of jobs.measured) await done();
}

/** Jobs that measure for a confirmation: the same names after a restart, so that what was measured is not measured again. */
type Jobs = {
  prefix: string;
  run: string;
  measured: Pick<CommandMeasurement, 'asked' | 'execution' | 'done'>[];
};

/**
 * How independent the data is of those who made the claim: everybody who had a hand in it, and everybody who ever
 * brought rows under this seal in, must be different people, and no copy may have lain open before it was sealed.
 */
async function independenceOf(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignRow,
  row: HypothesisRow,
): Promise<Independence> {
  const { source } = plan.plan;
  if (source.kind !== 'table') return 'prospective';
  if (row.claim.source.kind !== 'split') return 'self-imported';
  const { seal } = await parts.catalog.showSplit(principal, source.split, 'evaluate');
  const scope = parts.door.authorize(principal, 'evaluate');
  const submitter = async (run: string | null) =>
    run === null ? [] : [(await findRun(scope, run)).submittedBy];
  const trained = row.claim.kind === 'prediction' ? await parts.models.find(scope, row.claim.model.id) : null;
  const involved = new Set([
    ...[plan.owner, row.frozenBy, principal.id],
    ...(await submitter(row.run)),
    ...(await submitter(trained?.row.run ?? null)),
  ]);
  const apart = seal.alwaysSealed && !seal.importers.some((importer) => involved.has(importer));
  return apart ? 'custodian-sealed' : 'self-imported';
}

async function rowsOf(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignRow,
  row: HypothesisRow,
  jobs: Jobs,
  signal: AbortSignal,
): Promise<EvaluationRow[]> {
  const { claim } = row;
  if (claim.kind === 'arms') return await armsRows(parts, plan, claim, signal);
  if (claim.source.kind === 'split') return await sealedRows(parts, principal, plan, claim);
  return await freshRows(parts, principal, plan, claim, jobs, signal);
}

/** Both arms from each frozen seed, by the rules of the campaign, scored on what noise cannot flatter. */
async function armsRows(
  parts: CampaignParts,
  plan: CampaignRow,
  claim: ArmsClaim,
  signal: AbortSignal,
): Promise<ArmsRow[]> {
  const { clever, control, budget } = claim.source;
  const ending = async (arm: string, seed: number, stop: AbortSignal): Promise<number | null> => {
    const exploration: Exploration = {
      ...explorationOf(plan, { arm, repeat: 0 }),
      seed: deriveSeed('fresh', seed),
      budget,
    };
    const { truth } = await withInstrument(parts.blobs, plan.instrument, (instrument) =>
      parts.functions.call<unknown, { truth: number | null }>(
        { module: exploring, name: 'exploreOnce' },
        { exploration, arm, instrument },
        { signal: stop },
      ),
    );
    return truth === null ? null : score(exploration.goal, truth);
  };
  const most = Math.max(1, Math.floor(parts.concurrency / 2));
  return await fewAtATime(claimSeeds(claim), most, signal, async (seed, stop) => ({
    unit: String(seed),
    clever: await ending(clever.name, seed, stop),
    control: await ending(control.name, seed, stop),
  }));
}

/** One design of a unit, with its results. */
type Measured = { unit: string; design: Design; y: (number | null)[] };

/** Fresh designs, drawn and measured from the frozen seeds. */
async function freshRows(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignRow,
  claim: PredictionClaim,
  jobs: Jobs,
  signal: AbortSignal,
): Promise<PredictionRow[]> {
  const units = claimSeeds(claim).map((seed) => ({
    unit: String(seed),
    design: drawDesign(plan.space, createRandom(deriveSeed('fresh-design', seed))),
    seeds: [deriveSeed('fresh-measurement', seed)],
  }));
  const measured = await measureFresh(parts, principal, plan, units, jobs, signal);
  const joined = units.map(({ unit, design }, i): Measured => ({ unit, design, y: measured[i]!.y }));
  return await predicted(parts, principal, claim, joined);
}

type Fresh = { unit: string; design: Design; seeds: string[] };

async function measureFresh(
  parts: CampaignParts,
  principal: PrincipalFacts,
  { instrument }: CampaignRow,
  units: readonly Fresh[],
  jobs: Jobs,
  signal: AbortSignal,
): Promise<{ y: (number | null)[] }[]> {
  if (instrument?.kind !== 'command') {
    return await withInstrument(parts.blobs, instrument, (spec) =>
      parts.functions.call<unknown, { y: (number | null)[] }[]>(
        { module: learning, name: 'measureFresh' },
        { instrument: spec, units },
        { signal },
      ),
    );
  }
  const measured: { y: (number | null)[] }[] = [];
  for (const { unit, design, seeds } of units) {
    const y: (number | null)[] = [];
    for (const [i, seed] of seeds.entries()) {
      const wanted = {
        ...{ name: `${jobs.prefix}-${unit}-${i}`, run: jobs.run, attempt: jobs.measured.length + 1 },
        ...{ capability: instrument.capability, design, seed },
      };
      const measurement = await parts.measure(principal, 'evaluate', wanted, signal);
      const { outcome } = measurement;
      jobs.measured.push(measurement);
      if (signal.aborted) throw signal.reason;
      y.push(outcome.status === 'measured' ? outcome.value : null);
    }
    measured.push({ y });
  }
  return measured;
}

/**
 * The sealed designs with all their replicates, opened through the door. A row whose inputs are none of the space is a
 * unit without a result: the worst case, never a reason to leave it out.
 */
async function sealedRows(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignRow,
  claim: PredictionClaim,
): Promise<PredictionRow[]> {
  const { source, objective } = plan.plan;
  if (source.kind !== 'table') throw new Error('a claim on a split belongs to a campaign on a table');
  const { split } = await parts.catalog.showSplit(principal, source.split, 'evaluate');
  const rows = await parts.catalog.tables.confirmRows(principal, source.split, [
    ...source.inputs,
    objective.name,
  ]);
  parts.crash.reach('hypothesis.unsealed');
  const designs = new Map<string, Measured>();
  const unusable: PredictionRow[] = [];
  for (const [i, row] of rows.entries()) {
    const design = designIn(plan.space, row);
    if (design === undefined) {
      unusable.push({ unit: `row-${i}`, y: null, mean: null });
      continue;
    }
    const place = nameOf(source.inputs, design);
    const measured = designs.get(place) ?? { unit: nameOf(split.keyColumns, design), design, y: [] };
    const value = row[objective.name];
    measured.y.push(typeof value === 'number' ? value : null);
    designs.set(place, measured);
  }
  return [...(await predicted(parts, principal, claim, [...designs.values()])), ...unusable];
}

/** The design of a row; undefined where a value is missing or of another type. */
function designIn(space: Space, row: Record<string, unknown>): Design | undefined {
  const cells = space.parameters.map(({ name, kind }) => [name, row[name], kind] as const);
  const usable = cells.every(([, value, kind]) =>
    kind === 'categorical' ? typeof value === 'string' : typeof value === 'number' && Number.isFinite(value),
  );
  return usable ? (Object.fromEntries(cells) as Design) : undefined;
}

/** A name for these inputs of a design, the same on every machine. What a split keeps together is one unit. */
const nameOf = (inputs: readonly string[], design: Design): string =>
  canonicalHash(inputs.map((name) => design[name] ?? null)).slice(0, 32);

async function predicted(
  parts: CampaignParts,
  principal: PrincipalFacts,
  claim: PredictionClaim,
  measured: readonly Measured[],
): Promise<PredictionRow[]> {
  const { models, door } = parts;
  const { row } = await models.find(door.authorize(principal, 'evaluate'), claim.model.id);
  const files = row.kind === 'surrogate' ? await models.files(row) : undefined;
  if (
    row.kind !== 'surrogate' ||
    files === undefined ||
    modelArtifactHash(files.config, files.tensors) !== claim.model.hash
  ) {
    throw new GenesisError({ code: 'conflict', message: 'The model is not the one that the claim froze.' });
  }
  const predictions = await parts.predict(
    await models.artifact(row),
    measured.map(({ design }) => design),
  );
  return measured.flatMap(({ unit, y, design }, i) => {
    const { mean, sd } = predictions[i]!;
    // A design of which the model says nothing is not named: nothing could be computed again from it.
    return y.map((value) =>
      mean === null ? { unit, y: value, mean } : { unit, y: value, mean, sd, inputs: design },
    );
  });
}
