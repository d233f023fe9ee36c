import { type Claim, campaignPlanSchema, completeClaim, type Verdict } from '@genesis/contracts';
import {
  type CampaignFile,
  canonicalHash,
  canonicalRowKey,
  claimHash,
  claimSeeds,
  type EvaluationRow,
  type Experiment,
  evaluateClaim,
  formatVerifierKey,
  type HypothesisPart,
  labelHash,
  modelArtifactHash,
  outcomeHash,
  type Predict,
  planHash,
  planSplit,
  prepareContent,
  proveLedger,
  type Signer,
  sha256Hex,
  sideOf,
  type Table,
  writeCrate,
} from '../src/index.ts';
import { logSigner, MemoryLog } from './memory-log.ts';

const campaignId = 'cmp_1';
const label = { level: 'public' as const, categories: [] };
const slope = 2;
const truth = (x: number) => slope * x + Math.sin(x) / 10;

/** A model that needs no library: the mean is slope * x. */
export const samplePredict: Predict = ({ config, tensors }, designs) => {
  const { sd } = JSON.parse(Buffer.from(config).toString()) as { sd: number };
  const view = new DataView(tensors.buffer, tensors.byteOffset, tensors.byteLength);
  return designs.map((design) => ({ mean: view.getFloat64(0, true) * Number(design['x']), sd }));
};

function cutTable() {
  const rows = Array.from({ length: 24 }, (_, i) => ({ x: i / 2, y: truth(i / 2) }));
  const keys = rows.map(({ x }) => canonicalRowKey({ x }));
  const rule = planSplit(keys, { seed: 'split seed', confirmFraction: 0.5 });
  const side = (wanted: 'explore' | 'confirm') => rows.filter((_, i) => sideOf(rule, keys[i]!) === wanted);
  return { rule, explore: side('explore'), confirm: side('confirm') };
}

const asTable = (rows: readonly { x: number; y: number }[]): Table => ({
  columns: ['x', 'y'],
  rows: rows.map(({ x, y }) => [String(x), String(y)]),
});

const shared = {
  version: 1 as const,
  population: 'designs of the table',
  direction: 'greater' as const,
  threshold: 0.5,
  minimalEffect: 0.1,
  alpha: 0.02,
  confidence: 0.8,
  design: 'fixed' as const,
  exclusions: [],
  missingData: 'worst-case' as const,
};

function predictionClaim(artifactHash: string, sampleSize: number, family: string, confidence = 0.8): Claim {
  return completeClaim({
    ...shared,
    confidence,
    kind: 'prediction',
    sampleSize,
    family,
    estimand: 'probability-closer-than-baseline',
    metric: { name: 'closer-than-baseline', version: 1, baseline: 12 },
    test: { name: 'exact-binomial', version: 1 },
    source: { kind: 'split', splitId: 'spl_1', part: 'confirm' },
    model: { id: 'mdl_1', hash: artifactHash },
  });
}

const armsClaim = (): Claim =>
  completeClaim({
    ...shared,
    population: 'starts of the instrument',
    threshold: 0,
    minimalEffect: 0,
    kind: 'arms',
    sampleSize: 20,
    family: 'fam_arms',
    estimand: 'median-paired-difference',
    metric: { name: 'final-score-difference', version: 1, goal: 'maximise' },
    test: { name: 'exact-sign', version: 1 },
    source: {
      kind: 'fresh-repetitions',
      capability: { name: 'bench', version: '1' },
      spaceHash: sha256Hex('space'),
      clever: { name: 'clever', configurationHash: sha256Hex('clever') },
      control: { name: 'random', configurationHash: sha256Hex('random') },
      budget: 4,
      scoredOn: 'noiseless-truth',
      seedRoot: sha256Hex('root'),
    },
  });

function explore(log: MemoryLog, rows: readonly { x: number; y: number }[], stopped: boolean): Experiment[] {
  const experiments: Experiment[] = [];
  for (const arm of ['clever', 'random']) {
    for (let index = 0; index < 4; index++) {
      const { x, y } = rows[index === 0 ? 0 : arm === 'clever' ? rows.length - index : index * 3]!;
      const failed = arm === 'random' && index === 2;
      const experiment = {
        arm,
        repeat: 0,
        index,
        design: { x },
        seed: experiments.length,
        outcome: failed
          ? { status: 'failed' as const, reason: 'the pump stopped' }
          : { status: 'measured' as const, value: y },
        runId: `run_${arm}_${index}`,
      };
      if (failed && stopped) {
        experiments.unshift({ ...experiment, outcome: null, entryId: null });
        continue;
      }
      const { repeat } = experiment;
      const entryId = log.evidence({
        kind: 'experiment',
        campaignId,
        arm,
        repeat,
        index,
        outcomeHash: outcomeHash(experiment),
      });
      experiments.push({ ...experiment, entryId });
    }
  }
  return experiments;
}

interface Hypothesis {
  readonly id: string;
  readonly claim: Claim;
  readonly familyId: string;
}

function freeze(log: MemoryLog, { id, claim, familyId }: Hypothesis): string {
  return log.evidence({
    kind: 'freeze',
    campaignId,
    hypothesisId: id,
    claimHash: claimHash(claim),
    splitId: claim.source.kind === 'split' ? claim.source.splitId : null,
    family: familyId,
    familyAlpha: 0.05,
  });
}

function confirm(
  log: MemoryLog,
  hypothesis: Hypothesis,
  freezeEntry: string,
  attempt: number,
  rows: readonly EvaluationRow[],
  lie: Partial<Verdict> = {},
): HypothesisPart {
  const { id, claim, familyId } = hypothesis;
  const openEntry = log.evidence({
    kind: 'open',
    hypothesisId: id,
    splitId: claim.source.kind === 'split' ? claim.source.splitId : null,
    family: familyId,
    alpha: claim.alpha,
    attempt,
  });
  const independence = claim.source.kind === 'split' ? 'self-imported' : 'prospective';
  const honest = evaluateClaim(claim, rows as Parameters<typeof evaluateClaim>[1], independence);
  const verdict: Verdict = { ...honest, ...lie };
  const verdictEntry = log.evidence({
    kind: 'verdict',
    hypothesisId: id,
    verdictHash: canonicalHash(verdict),
  });
  return {
    record: { hypothesisId: id, freezeEntry, openEntry, verdictEntry, abandonEntry: null },
    claim,
    verdict,
    rows,
  };
}

export interface SampleOptions {
  readonly signer?: Signer;
  readonly witness?: Signer;
  /** What a dishonest platform leaves out or does in another order. */
  readonly cheat?:
    | 'no-checkpoint'
    | 'checkpoint-too-late'
    | 'alpha'
    | 'second-look'
    | 'hide-freeze'
    | 'drop-experiment'
    | 'skip-attempt'
    | 'explored-row'
    | 'false-verdict'
    | 'false-independence';
  readonly withhold?: ReadonlyMap<string, { salt: Uint8Array; reason: string }>;
  /** Leave out these many unrelated entries of the log, so that the proofs are real ones. */
  readonly foreign?: number;
  readonly confirmRows?: boolean;
  /** Numbers of openings of the split that the crate says it may not name. */
  readonly unnamed?: readonly number[];
  /** The campaign was stopped before its last experiment was measured. */
  readonly stopped?: boolean;
}

/** A small campaign on a table with everything that a crate can hold, run by an honest platform unless told not to. */
export async function sampleCrate(options: SampleOptions = {}): Promise<Uint8Array> {
  const { cheat } = options;
  const log = new MemoryLog(options.signer ?? logSigner(), options.witness);
  for (let i = 0; i < (options.foreign ?? 5); i++) log.append('dataset.read', { nobody: i });
  const { rule, explore: explored, confirm: sealed } = cutTable();
  const plan = campaignPlanSchema.parse({
    title: 'A line with a wave <on it>',
    source: {
      kind: 'table',
      version: `ver_${'0'.repeat(26)}`,
      split: `spl_${'0'.repeat(26)}`,
      inputs: ['x'],
    },
    objective: { name: 'y', goal: { kind: 'maximize' } },
    budget: 4,
    starts: 1,
    seed: 'campaign seed',
  });
  const splitId = `spl_${'0'.repeat(26)}`;
  const campaign: CampaignFile = {
    campaignId,
    plan,
    organisation: 'org_1',
    people: ['prn_1'],
    licence: 'CC-BY-4.0',
    label,
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-02T00:00:00.000Z',
    ...(options.unnamed === undefined
      ? {}
      : { unnamedOpenings: [{ family: splitId, attempts: [...options.unnamed] }] }),
  };
  log.evidence({ kind: 'campaign', campaignId, planHash: planHash(plan) });
  let experiments = explore(log, explored, options.stopped === true);
  if (cheat === 'drop-experiment') experiments = experiments.slice(0, -1);
  const config = Buffer.from('{"sd":0.5}\n');
  const tensors = Buffer.alloc(8);
  tensors.writeDoubleLE(slope);
  const artifactHash = modelArtifactHash(config, tensors);
  const modelEntry = log.evidence({
    kind: 'model',
    modelId: 'mdl_1',
    artifactHash,
    labelHash: labelHash(label),
  });

  const withSplit = (claim: Claim): Claim =>
    completeClaim({ ...omitStatement(claim), source: { kind: 'split', splitId, part: 'confirm' } });
  const alpha = cheat === 'alpha' ? 0.04 : 0.02;
  const withAlpha = (claim: Claim): Claim => completeClaim({ ...omitStatement(claim), alpha });
  const first: Hypothesis = {
    id: 'hyp_1',
    claim: withAlpha(withSplit(predictionClaim(artifactHash, sealed.length, splitId))),
    familyId: splitId,
  };
  const second: Hypothesis = {
    id: 'hyp_2',
    claim: withAlpha(withSplit(predictionClaim(artifactHash, sealed.length, splitId, 0.6))),
    familyId: splitId,
  };
  const arms: Hypothesis = { id: 'hyp_3', claim: armsClaim(), familyId: 'fam_arms' };
  const dropped: Hypothesis = {
    id: 'hyp_4',
    claim: withSplit(predictionClaim(artifactHash, 8, splitId, 0.3)),
    familyId: splitId,
  };
  const all = [first, second, arms, dropped];
  const freezes = all.map((hypothesis) => freeze(log, hypothesis));
  if (cheat !== 'no-checkpoint' && cheat !== 'checkpoint-too-late') log.checkpoint();
  const rowSource = cheat === 'explored-row' ? [explored[0]!, ...sealed.slice(1)] : sealed;
  const rows = rowSource.map(({ x, y }) => ({
    unit: canonicalRowKey({ x }),
    y,
    mean: slope * x,
    sd: 0.5,
    inputs: { x },
  }));
  const hypotheses = new Map<string, HypothesisPart>();
  const lies: Partial<Record<NonNullable<SampleOptions['cheat']>, Partial<Verdict>>> = {
    'false-verdict': { pValue: 0.03 },
    'false-independence': { independence: 'prospective' },
  };
  hypotheses.set('hyp_1', confirm(log, first, freezes[0]!, 1, rows, cheat === undefined ? {} : lies[cheat]));
  if (cheat === 'checkpoint-too-late') log.checkpoint();
  hypotheses.set('hyp_2', confirm(log, second, freezes[1]!, cheat === 'skip-attempt' ? 3 : 2, rows));
  const starts = claimSeeds(arms.claim).map((seed, i) => ({
    unit: String(seed),
    clever: i === 3 ? 1 : 2,
    control: 1.5,
  }));
  hypotheses.set('hyp_3', confirm(log, arms, freezes[2]!, 1, starts));
  if (cheat === 'second-look') confirm(log, arms, freezes[2]!, 2, starts);
  const abandonEntry = log.evidence({ kind: 'abandon', hypothesisId: dropped.id });
  if (cheat !== 'hide-freeze') {
    hypotheses.set('hyp_4', {
      record: {
        hypothesisId: dropped.id,
        freezeEntry: freezes[3]!,
        openEntry: null,
        verdictEntry: null,
        abandonEntry,
      },
      claim: dropped.claim,
    });
  }
  const content = prepareContent({
    origin: log.signer.key.name,
    exportedAt: '2026-01-03T00:00:00.000Z',
    campaign,
    experiments,
    split: {
      splitId,
      versionId: `ver_${'0'.repeat(26)}`,
      tableHash: sha256Hex('table'),
      rule,
      fewest: 5,
      keyColumns: ['x'],
      rows: { explore: explored.length, confirm: sealed.length },
    },
    exploreRows: asTable(explored),
    ...(options.confirmRows === true ? { confirmRows: asTable(sealed) } : {}),
    models: new Map([
      [
        'mdl_1',
        {
          record: {
            modelId: 'mdl_1',
            artifactHash,
            label,
            entryId: modelEntry,
            createdAt: '2026-01-02T00:00:00.000Z',
          },
          config,
          tensors,
          card: '---\nlicense: cc-by-4.0\n---\n# A line\n',
        },
      ],
    ]),
    hypotheses,
    ...(options.withhold === undefined ? {} : { withhold: options.withhold }),
  });
  log.evidence({ kind: 'export', campaignId, contentHash: content.contentHash });
  log.checkpoint();
  const own = log.entries.filter(({ body }) => body.action !== 'dataset.read');
  const ledger = await proveLedger({
    entries: own,
    checkpoints: log.checkpoints,
    verifierKey: formatVerifierKey(log.signer.key),
    readNodes: log.readNodes,
  });
  return writeCrate(content, ledger);
}

function omitStatement(claim: Claim): object {
  const { statement: _generated, ...draft } = claim;
  return draft;
}
