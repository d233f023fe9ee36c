import type { Claim, Verdict } from '@genesis/contracts';
import { commitBytes } from '../commitment.ts';
import { encodeUtf8, sha256Hex } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';
import type { EvaluationRow } from '../statistics/units.ts';
import { checkNames } from '../zip/names.ts';
import { type Table, writeTable } from './csv.ts';
import { contentHash } from './hashes.ts';
import { writeJsonFile, writeJsonLines } from './json-lines.ts';
import { isCratePath, isLedgerPath, paths, requiredPaths } from './paths.ts';
import { roCrateMetadata } from './ro-crate.ts';
import {
  type CampaignFile,
  crateFormat,
  crateVersion,
  type Experiment,
  type FileRecord,
  type HypothesisRecord,
  type Manifest,
  type ModelRecord,
  type SplitFile,
  type Withheld,
} from './schemas.ts';
import { summarise } from './summary.ts';

export interface ModelPart {
  readonly record: ModelRecord;
  /** Bytes of `config.json` and `model.safetensors`, exactly as the artifact hash covers them. */
  readonly config: Uint8Array;
  readonly tensors: Uint8Array;
  /** The card, Markdown with front matter. */
  readonly card: string;
}

export interface HypothesisPart {
  readonly record: HypothesisRecord;
  readonly claim: Claim;
  readonly verdict?: Verdict;
  readonly rows?: readonly EvaluationRow[];
}

/** What a crate says, before the ledger's part. Parts that do not exist are left out. */
export interface ContentParts {
  /** Origin of the log that will prove it. */
  readonly origin: string;
  readonly exportedAt: string;
  readonly campaign: CampaignFile;
  /** In any order; unfinished ones too, without outcome and entry. */
  readonly experiments: readonly Experiment[];
  readonly split?: SplitFile;
  readonly exploreRows?: Table;
  readonly confirmRows?: Table;
  /** By folder name, usually the id. */
  readonly models?: ReadonlyMap<string, ModelPart>;
  readonly hypotheses?: ReadonlyMap<string, HypothesisPart>;
  /** Files, by path, that go out as commitments only. The salts (32 random bytes each) stay with the platform. */
  readonly withhold?: ReadonlyMap<string, { readonly salt: Uint8Array; readonly reason: string }>;
}

export interface CrateContent {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly manifest: Manifest;
  /** To be committed to by the ledger entry of the export, before the ledger's part is collected. */
  readonly contentHash: string;
}

export function fileRecord(path: string, content: Uint8Array): FileRecord {
  return { path, sha256: sha256Hex(content), bytes: content.length };
}

const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);

function inFileOrder(a: Experiment, b: Experiment): number {
  if (a.arm !== b.arm) return a.arm < b.arm ? -1 : 1;
  return a.repeat === b.repeat ? a.index - b.index : a.repeat - b.repeat;
}

function allFiles(parts: ContentParts): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  files.set(paths.campaign, writeJsonFile(parts.campaign));
  const experiments = [...parts.experiments].sort(inFileOrder);
  files.set(paths.experiments, writeJsonLines(experiments));
  files.set(paths.summary, writeJsonFile(summarise(parts.campaign.plan.objective.goal, experiments)));
  if (parts.split !== undefined) files.set(paths.split, writeJsonFile(parts.split));
  if (parts.exploreRows !== undefined) files.set(paths.exploreRows, writeTable(parts.exploreRows));
  if (parts.confirmRows !== undefined) files.set(paths.confirmRows, writeTable(parts.confirmRows));
  for (const [name, { record, config, tensors, card }] of parts.models ?? []) {
    files.set(`models/${name}/model.json`, writeJsonFile(record));
    files.set(`models/${name}/config.json`, config);
    files.set(`models/${name}/model.safetensors`, tensors);
    files.set(`models/${name}/README.md`, encodeUtf8(card));
  }
  for (const [name, { record, claim, verdict, rows }] of parts.hypotheses ?? []) {
    files.set(`hypotheses/${name}/record.json`, writeJsonFile(record));
    files.set(`hypotheses/${name}/claim.json`, writeJsonFile(claim));
    if (verdict !== undefined) files.set(`hypotheses/${name}/verdict.json`, writeJsonFile(verdict));
    if (rows !== undefined) files.set(`hypotheses/${name}/rows.jsonl`, writeJsonLines(rows));
  }
  return files;
}

function sortedRecords<T>(
  parts: ReadonlyMap<string, { readonly record: T }> | undefined,
  kept: (name: string) => boolean,
) {
  const names = [...(parts?.keys() ?? [])].filter(kept).sort();
  return new Map(names.map((name) => [name, parts!.get(name)!.record]));
}

/**
 * The files of a crate but the ledger's, and the hash that the ledger entry of the export must commit to. Throws
 * MalformedError when a path is not one of a crate, or when a file that a checker cannot do without is withheld.
 */
export function prepareContent(parts: ContentParts): CrateContent {
  const files = allFiles(parts);
  const withheld: Withheld[] = [];
  for (const [path, { salt, reason }] of parts.withhold ?? []) {
    const content = files.get(path);
    if (content === undefined)
      throw new MalformedError('crate', 'there is no such file to withhold', { place: path });
    if (requiredPaths.includes(path))
      throw new MalformedError('crate', 'this file cannot be withheld', { place: path });
    withheld.push({ path, commitment: commitBytes(salt, content), reason });
    files.delete(path);
  }
  for (const path of files.keys()) {
    if (!isCratePath(path) || isLedgerPath(path))
      throw new MalformedError('crate', 'not a file of a crate', { place: path });
  }
  checkNames([...files.keys()].sort());
  const records = [...files].map(([path, content]) => fileRecord(path, content)).sort(byPath);
  withheld.sort(byPath);
  const metadata = writeJsonFile(
    roCrateMetadata({
      campaign: parts.campaign,
      origin: parts.origin,
      exportedAt: parts.exportedAt,
      files: records,
      withheld,
      models: sortedRecords(parts.models, (name) => files.has(`models/${name}/model.json`)),
      hypotheses: sortedRecords(parts.hypotheses, (name) => files.has(`hypotheses/${name}/record.json`)),
    }),
  );
  files.set(paths.roCrate, metadata);
  const manifest: Manifest = {
    format: crateFormat,
    version: crateVersion,
    campaignId: parts.campaign.campaignId,
    origin: parts.origin,
    exportedAt: parts.exportedAt,
    files: [...records, fileRecord(paths.roCrate, metadata)].sort(byPath),
    withheld,
  };
  return { files, manifest, contentHash: contentHash(manifest) };
}
