import {
  type ArmsClaim,
  type Design,
  GenesisError,
  type Independence,
  type PredictionClaim,
} from '@genesis/contracts';
import {
  type ArmsRow,
  canonicalHash,
  claimHash,
  claimSeeds,
  type EvaluationRow,
  evaluateClaim,
  type PredictionRow,
} from '@genesis/evidence';
import { createRandom, deriveSeed, drawDesign, score } from '@genesis/explorer';
import { eq } from 'drizzle-orm';
import type { PrincipalFacts } from '../../policy/index.ts';
import { beginAttempt, finishRun, succeeded } from '../../runs/index.ts';
import type { Exploration } from '../exploration.ts';
import { explorationOf } from '../explore.ts';
import type { CampaignParts } from '../parts.ts';
import { designsOf, type Pool } from '../pool.ts';
import {
  type CampaignRow,
  findCampaign,
  findHypothesis,
  type HypothesisRow,
  lockHypothesis,
} from '../store.ts';
import { hypothesis } from '../tables.ts';
import { learning } from '../train.ts';
import { keepRows } from './evaluation-rows.ts';
import type { ConfirmJob } from './open.ts';

const exploring = new URL('../functions/explore.ts', import.meta.url);

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
  if (claimHash(row.claim) !== row.claimHash) {
    throw new GenesisError({
      code: 'conflict',
      message: `The claim of ${row.id} is not the one that was frozen.`,
    });
  }
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
  const rows = await rowsOf(parts, principal, plan, row, claim, signal);
  crash.reach('hypothesis.evaluated');
  const verdict = evaluateClaim(
    row.claim,
    rows as PredictionRow[],
    await independenceOf(parts, principal, plan, row),
  );
  const verdictHash = canonicalHash(verdict);
  const kept = await keepRows(parts.blobs, row.claim, rows);
  await door.perform(
    { principal: await fresh(), action: 'hypothesis.conclude', resource: row.campaign, purpose: 'evaluate' },
    async (tx, _facts, entry) => {
      const locked = await lockHypothesis(tx, row.id);
      if (locked.state !== 'opened')
        throw new GenesisError({ code: 'conflict', message: 'It has its verdict already.' });
      const now = clock.now();
      const outcome = succeeded(started, now);
      await finishRun(tx, run, { claim, outcome, output: { verdictHash }, sandboxed: false }, now.getTime());
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
      return {
        result: undefined,
        details: { kind: 'verdict', hypothesisId: row.id, verdictHash },
        edges: [{ subject: row.id, relation: 'wasGeneratedBy', object: run }],
      };
    },
  );
  crash.reach('hypothesis.concluded');
}

/** How independent the data is of those who made the claim. */
async function independenceOf(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignRow,
  row: HypothesisRow,
): Promise<Independence> {
  const { source } = plan.plan;
  if (source.kind !== 'table') return 'prospective';
  if (row.claim.source.kind !== 'split') return 'self-imported';
  const { split } = await parts.catalog.showSplit(principal, source.split, 'evaluate');
  return split.importedBy !== plan.owner && split.sealedAtImport ? 'custodian-sealed' : 'self-imported';
}

async function rowsOf(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignRow,
  row: HypothesisRow,
  attempt: string,
  signal: AbortSignal,
): Promise<EvaluationRow[]> {
  const { claim } = row;
  if (claim.kind === 'arms') return await armsRows(parts, plan, claim, signal);
  if (claim.source.kind === 'split') return await sealedRows(parts, principal, plan, claim);
  return await freshRows(parts, principal, plan, claim, attempt, signal);
}

/** Both arms from each frozen seed, by the rules of the campaign, scored on what noise cannot flatter. */
async function armsRows(
  parts: CampaignParts,
  plan: CampaignRow,
  claim: ArmsClaim,
  signal: AbortSignal,
): Promise<ArmsRow[]> {
  const { clever, control, budget } = claim.source;
  const ending = async (arm: string, seed: number): Promise<number | null> => {
    const exploration: Exploration = {
      ...explorationOf(plan, { arm, repeat: 0 }),
      seed: deriveSeed('fresh', seed),
      budget,
    };
    const { truth } = await parts.functions.call<unknown, { truth: number | null }>(
      { module: exploring, name: 'exploreOnce' },
      { exploration, arm, instrument: plan.instrument },
      { signal },
    );
    return truth === null ? null : score(exploration.goal, truth);
  };
  return await Promise.all(
    claimSeeds(claim).map(async (seed) => ({
      unit: String(seed),
      clever: await ending(clever.name, seed),
      control: await ending(control.name, seed),
    })),
  );
}

type Measured = { unit: string; design: Design; y: (number | null)[] };

/** Fresh designs, drawn and measured from the frozen seeds. */
async function freshRows(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignRow,
  claim: PredictionClaim,
  attempt: string,
  signal: AbortSignal,
): Promise<PredictionRow[]> {
  const units = claimSeeds(claim).map((seed) => ({
    unit: String(seed),
    design: drawDesign(plan.space, createRandom(deriveSeed('fresh-design', seed))),
    seeds: [deriveSeed('fresh-measurement', seed)],
  }));
  const measured = await measureFresh(parts, principal, plan, units, attempt, signal);
  const joined = units.map(({ unit, design }, i): Measured => ({ unit, design, y: measured[i]!.y }));
  return await predicted(parts, principal, claim, joined);
}

type Fresh = { unit: string; design: Design; seeds: string[] };

async function measureFresh(
  parts: CampaignParts,
  principal: PrincipalFacts,
  { instrument }: CampaignRow,
  units: readonly Fresh[],
  attempt: string,
  signal: AbortSignal,
): Promise<{ y: (number | null)[] }[]> {
  if (instrument?.kind !== 'command') {
    return await parts.functions.call(
      { module: learning, name: 'measureFresh' },
      { instrument, units },
      { signal },
    );
  }
  const measured: { y: (number | null)[] }[] = [];
  for (const { unit, design, seeds } of units) {
    const y: (number | null)[] = [];
    for (const [i, seed] of seeds.entries()) {
      const scope = parts.door.authorize(principal, 'evaluate');
      const wanted = { name: `${attempt}-${unit}-${i}`, capability: instrument.capability, design, seed };
      const { outcome } = await parts.measure(scope, wanted, signal);
      if (signal.aborted) throw signal.reason;
      y.push(outcome.status === 'measured' ? outcome.value : null);
    }
    measured.push({ y });
  }
  return measured;
}

/** The sealed designs with all their replicates, opened through the door. */
async function sealedRows(
  parts: CampaignParts,
  principal: PrincipalFacts,
  plan: CampaignRow,
  claim: PredictionClaim,
): Promise<PredictionRow[]> {
  const { source, objective } = plan.plan;
  if (source.kind !== 'table') throw new Error('a claim on a split belongs to a campaign on a table');
  const rows = await parts.catalog.tables.confirmRows(principal, source.split, [
    ...source.inputs,
    objective.name,
  ]);
  parts.crash.reach('hypothesis.unsealed');
  const pool: Pool = { inputs: source.inputs, objective: objective.name, rows };
  const units = designsOf(pool).map(
    (design): Measured => ({ unit: unitOf(source.inputs, design), design, y: [] }),
  );
  const byUnit = new Map(units.map((one) => [one.unit, one]));
  for (const row of rows) {
    const value = row[objective.name];
    const unit = byUnit.get(unitOf(source.inputs, row as Design));
    unit?.y.push(typeof value === 'number' ? value : null);
  }
  return await predicted(parts, principal, claim, units);
}

/** A design's name in the rows: a hash of its inputs, the same on every machine. */
const unitOf = (inputs: readonly string[], design: Design): string =>
  canonicalHash(inputs.map((name) => design[name] ?? null)).slice(0, 32);

async function predicted(
  parts: CampaignParts,
  principal: PrincipalFacts,
  claim: PredictionClaim,
  measured: readonly Measured[],
): Promise<PredictionRow[]> {
  const { models, door } = parts;
  const model = await models.find(door.authorize(principal, 'evaluate'), claim.model.id);
  if (model.row.artifactHash !== claim.model.hash) {
    throw new GenesisError({ code: 'conflict', message: 'The model is not the one that the claim froze.' });
  }
  const predictions = await parts.predict(
    await models.artifact(model.row),
    measured.map(({ design }) => design),
  );
  return measured.flatMap(({ unit, y, design }, i) =>
    y.map((value) => ({ unit, y: value, ...predictions[i]!, inputs: design })),
  );
}
