import type { Label } from '@genesis/contracts';
import type { CampaignFile, ContentParts, HypothesisPart, ModelPart, Table } from '@genesis/evidence';
import { modelCard, type SurrogateRow } from '../../models/index.ts';
import type { PrincipalFacts, ResourceFacts } from '../../policy/index.ts';
import { openRows } from '../hypotheses/evaluation-rows.ts';
import type { CampaignParts } from '../parts.ts';
import type { CampaignRow, ExperimentRow, HypothesisRow } from '../store.ts';

export type Exported = {
  row: CampaignRow;
  facts: ResourceFacts;
  experiments: readonly ExperimentRow[];
  hypotheses: readonly HypothesisRow[];
  models: readonly SurrogateRow[];
  /** Numbers of openings that may not be named. */
  unnamed: NonNullable<CampaignFile['unnamedOpenings']>;
  destination: Label;
};

/** Everything that a crate of this campaign says, before anything is withheld. */
export async function contentParts(
  parts: CampaignParts,
  principal: PrincipalFacts,
  { row, facts, experiments, hypotheses, models, unnamed, destination }: Exported,
): Promise<Omit<ContentParts, 'exportedAt' | 'withhold'>> {
  const iso = (at: number): string => new Date(at).toISOString();
  return {
    origin: parts.ledger.key.name,
    campaign: {
      campaignId: row.id,
      plan: row.plan,
      organisation: facts.organisation ?? 'platform',
      people: [row.owner],
      licence: facts.conditions.licences[0] ?? 'LicenseRef-not-stated',
      label: facts.label,
      startedAt: iso(row.createdAt),
      finishedAt: row.endedAt === null ? null : iso(row.endedAt),
      ...(unnamed.length === 0 ? {} : { unnamedOpenings: unnamed }),
    },
    // Those without a result go out too: a gap would look like an experiment that was dropped.
    experiments: experiments.map(({ arm, repeat, index, design, noiseSeed, outcome, run, entry }) => ({
      arm,
      repeat,
      index,
      design,
      seed: noiseSeed,
      outcome,
      runId: run,
      entryId: entry,
    })),
    ...(await tableParts(parts, principal, row, destination)),
    models: new Map(
      await Promise.all(
        models.map(async (model) => [model.id, await modelPart(parts, model, facts)] as const),
      ),
    ),
    hypotheses: new Map(
      await Promise.all(
        hypotheses.map(
          async (hypothesis) => [hypothesis.id, await hypothesisPart(parts, hypothesis)] as const,
        ),
      ),
    ),
  };
}

async function modelPart(
  parts: CampaignParts,
  model: SurrogateRow,
  facts: ResourceFacts,
): Promise<ModelPart> {
  const files = await parts.models.files(model);
  return {
    record: {
      modelId: model.id,
      artifactHash: model.artifactHash,
      label: facts.label,
      entryId: model.entry,
      createdAt: new Date(model.createdAt).toISOString(),
    },
    ...files,
    card: modelCard(model, facts),
  };
}

async function hypothesisPart(parts: CampaignParts, hypothesis: HypothesisRow): Promise<HypothesisPart> {
  const { id, claim, freezeEntry, openEntry, concludeEntry, abandonEntry, verdict, rows } = hypothesis;
  return {
    record: { hypothesisId: id, freezeEntry, openEntry, verdictEntry: concludeEntry, abandonEntry },
    claim,
    ...(verdict === null ? {} : { verdict }),
    ...(rows === null ? {} : { rows: await openRows(parts.blobs, rows) }),
  };
}

/**
 * The explore part of a table and the rule that cut it. The sealed part is never among the files. All columns go out,
 * those that the campaign does not use too, so that whoever holds the sealed rows can compute the table's hash again.
 * So it is an export of the table as well: decided as one, and its owner finds it among its uses.
 */
async function tableParts(
  parts: CampaignParts,
  principal: PrincipalFacts,
  row: CampaignRow,
  destination: Label,
): Promise<Pick<ContentParts, 'split' | 'exploreRows'>> {
  const { source } = row.plan;
  if (source.kind !== 'table') return {};
  const { catalog, door } = parts;
  const { version, facts } = await catalog.showVersion(principal, source.version, 'explore');
  const about: ResourceFacts = { ...facts, destinationClearance: destination };
  await door.perform(
    { principal, action: 'dataset.export', resource: { about }, purpose: 'publish' },
    async () => ({ result: undefined, details: { form: 'crate', part: 'explore', campaign: row.id } }),
  );
  const { split } = await catalog.showSplit(principal, source.split, 'explore');
  const columns = version.columns.map(({ name }) => name);
  const rows = await catalog.tables.exploreRows(door.authorize(principal, 'explore'), source.split, columns);
  const exploreRows: Table = {
    columns,
    rows: rows.map((record) => columns.map((name) => cellText(record[name]))),
  };
  return {
    split: {
      splitId: split.id,
      versionId: split.version,
      tableHash: split.tableHash,
      rule: split.rule,
      fewest: 5,
      keyColumns: split.keyColumns,
      rows: { explore: split.exploreRows, confirm: split.confirmRows },
    },
    exploreRows,
  };
}

const cellText = (value: unknown): string =>
  typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);
