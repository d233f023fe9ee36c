import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { campaignPlanSchema } from '@genesis/contracts';
import {
  type CampaignFile,
  type Experiment,
  formatVerifierKey,
  outcomeHash,
  planHash,
  prepareContent,
  proveInclusion,
  proveLedger,
  verifyCrate,
  writeCrate,
} from '../src/index.ts';
import { logSigner, MemoryLog } from '../test/memory-log.ts';

/** What the issue of evidence must keep: seconds for a crate of 100,000 entries, milliseconds for a proof. */
const limits = { verifySeconds: 10, proofMilliseconds: 5 };

export interface VerifyFigures {
  readonly entries: number;
  readonly logSize: number;
  readonly crateBytes: number;
  readonly verifySeconds: number;
  /** Processor time of the same, which other programs on the machine do not lengthen. */
  readonly processorSeconds: number;
}

const campaignId = 'cmp_bench';
const label = { level: 'public' as const, categories: [] };

function plannedCampaign(budget: number, repeats: number): CampaignFile {
  const plan = campaignPlanSchema.parse({
    title: 'Many experiments',
    source: { kind: 'people' },
    objective: { name: 'y', goal: { kind: 'maximize' } },
    space: { parameters: [{ kind: 'continuous', name: 'x', min: 0, max: 1 }] },
    budget,
    repeats,
    starts: 1,
    seed: 'bench',
  });
  return {
    campaignId,
    plan,
    organisation: 'org_1',
    people: [],
    licence: 'CC0-1.0',
    label,
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: null,
  };
}

/**
 * A crate of `entries` ledger entries, nearly all of them experiments, in a log that holds `foreign` other entries
 * between them, so that every entry needs an inclusion proof of its own; without foreign ones the log proves itself.
 */
export async function largeCrate(
  entries: number,
  foreign: number,
): Promise<{ crate: Uint8Array; log: MemoryLog }> {
  const wanted = entries - 2;
  const budget = Math.min(10_000, Math.ceil(wanted / 2));
  const campaign = plannedCampaign(budget, Math.ceil(wanted / (2 * budget)));
  const log = new MemoryLog(logSigner());
  log.evidence({ kind: 'campaign', campaignId, planHash: planHash(campaign.plan) });
  const experiments: Experiment[] = [];
  let others = 0;
  for (const arm of ['clever', 'random']) {
    for (let at = 0; at < wanted / 2; at++) {
      const [repeat, index] = [Math.floor(at / budget), at % budget];
      const value = Math.sin(at);
      const experiment = {
        arm,
        repeat,
        index,
        design: { x: index === 0 ? 0.5 : (at % 1000) / 1000 },
        seed: at,
        outcome: { status: 'measured' as const, value },
        runId: `run_${arm}_${at}`,
      };
      const outcome = outcomeHash(experiment);
      const entryId = log.evidence({
        kind: 'experiment',
        campaignId,
        arm,
        repeat,
        index,
        outcomeHash: outcome,
      });
      experiments.push({ ...experiment, entryId });
      for (; others < (foreign * experiments.length) / wanted; others++)
        log.append('dataset.read', { others });
    }
  }
  const content = prepareContent({
    origin: log.signer.key.name,
    exportedAt: '2026-01-02T00:00:00.000Z',
    campaign,
    experiments,
  });
  log.evidence({ kind: 'export', campaignId, contentHash: content.contentHash });
  log.checkpoint();
  const ledger = await proveLedger({
    entries: log.entries.filter(({ body }) => body.action !== 'dataset.read'),
    checkpoints: log.checkpoints,
    verifierKey: formatVerifierKey(log.signer.key),
    readNodes: log.readNodes,
  });
  return { crate: writeCrate(content, ledger), log };
}

/** Seconds to verify a crate of this many entries under the key; throws when it is not verified. */
export async function measureVerify(entries: number, foreign = 0): Promise<VerifyFigures> {
  const { crate, log } = await largeCrate(entries, foreign);
  const start = performance.now();
  const before = process.cpuUsage();
  const report = verifyCrate(crate, { key: log.signer.key });
  const { user, system } = process.cpuUsage(before);
  const verifySeconds = (performance.now() - start) / 1000;
  const processorSeconds = (user + system) / 1e6;
  if (report.status !== 'verified') throw new Error(JSON.stringify(report.findings.filter(({ ok }) => !ok)));
  return { entries, logSize: log.entries.length, crateBytes: crate.length, verifySeconds, processorSeconds };
}

/** Median milliseconds of an inclusion proof read from memory in a log of `size` entries; reads are O(log size). */
export async function measureProof(size: number): Promise<{ size: number; proofMilliseconds: number }> {
  const node = new Uint8Array(32).fill(1);
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    await proveInclusion(Math.floor((size * i) / 200), size, () => node);
    times.push(performance.now() - start);
  }
  return { size, proofMilliseconds: times.sort((a, b) => a - b)[100]! };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, quick: { type: 'boolean' } } });
  const scale = values.quick === true ? 0.1 : 1;
  const figures: VerifyFigures[] = [];
  for (const [entries, foreign] of [
    [10_000, 0],
    [100_000, 0],
    [100_000, 50_000],
  ] as const) {
    const figure = await measureVerify(entries * scale, foreign * scale);
    figures.push(figure);
    const megabytes = (figure.crateBytes / 1e6).toFixed(1).padStart(6);
    console.log(
      `verify ${String(figure.entries).padStart(7)} entries of a log of ${String(figure.logSize).padStart(7)}: ` +
        `${figure.verifySeconds.toFixed(2).padStart(6)} s  (processor ${figure.processorSeconds.toFixed(2)} s, ${megabytes} MB)`,
    );
  }
  const proof = await measureProof(1_000_000);
  console.log(
    `inclusion proof at ${proof.size} entries, nodes in memory: ${proof.proofMilliseconds.toFixed(3)} ms`,
  );
  const ok =
    figures.every(({ verifySeconds }) => verifySeconds < limits.verifySeconds) &&
    proof.proofMilliseconds < limits.proofMilliseconds;
  if (!ok) console.log(`a limit does not hold: ${JSON.stringify(limits)}`);
  if (values.json === true) console.log(JSON.stringify({ ok, limits, figures, proof }));
  process.exitCode = ok ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
