import { canonicalHash } from '../canonical.ts';
import { sha256Hex } from '../encoding.ts';
import { isLedgerPath, paths } from './paths.ts';
import type { CampaignFile, Experiment, Manifest } from './schemas.ts';

/** What the entry of a campaign's creation commits to. */
export function planHash(plan: CampaignFile['plan']): string {
  return canonicalHash(plan);
}

/** What the entry of an experiment commits to: all of its line but the id of the entry itself. */
export function outcomeHash(experiment: Omit<Experiment, 'entryId'>): string {
  const { arm, repeat, index, design, seed, outcome, runId } = experiment;
  return canonicalHash({ arm, design, index, outcome, repeat, runId, seed });
}

/** What the entry of a model commits to, and a claim names: both files of the artifact. */
export function modelArtifactHash(config: Uint8Array, tensors: Uint8Array): string {
  return canonicalHash({ 'config.json': sha256Hex(config), 'model.safetensors': sha256Hex(tensors) });
}

/** What the entry of a model commits to beside the artifact. */
export function labelHash(label: CampaignFile['label']): string {
  return canonicalHash(label);
}

/**
 * What the entry of the export commits to: the whole manifest but the ledger's own files, which can only be written
 * after that entry. So no file of a crate can be changed, added or removed without the log's key.
 */
export function contentHash(manifest: Manifest): string {
  const files = manifest.files.filter(({ path }) => !isLedgerPath(path) && path !== paths.manifest);
  return canonicalHash({ ...manifest, files });
}
