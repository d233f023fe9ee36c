/** The names of files in a crate; nothing else may be in it. `NAME` is a folder for each model or hypothesis. */
const name = '[A-Za-z0-9][A-Za-z0-9_.-]{0,99}';

export const paths = {
  manifest: 'manifest.json',
  roCrate: 'ro-crate-metadata.json',
  campaign: 'campaign.json',
  experiments: 'experiments.jsonl',
  summary: 'summary.json',
  split: 'split.json',
  exploreRows: 'data/explore.csv',
  confirmRows: 'data/confirm.csv',
  entries: 'ledger/entries.jsonl',
  proofs: 'ledger/proofs.json',
  key: 'ledger/key.txt',
} as const;

const modelPath = new RegExp(
  `^models/(${name})/(README\\.md|config\\.json|model\\.json|model\\.safetensors)$`,
);
const hypothesisPath = new RegExp(
  `^hypotheses/(${name})/(claim\\.json|record\\.json|rows\\.jsonl|verdict\\.json)$`,
);
const checkpointPath = /^ledger\/checkpoints\/([0-9]{3,6})\.note$/;
const fixed: ReadonlySet<string> = new Set(Object.values(paths));

/** Files without which there is nothing to check; they cannot be withheld either. */
export const requiredPaths: readonly string[] = [
  paths.campaign,
  paths.entries,
  paths.key,
  paths.manifest,
  paths.proofs,
  paths.roCrate,
];

export function isCratePath(path: string): boolean {
  return fixed.has(path) || modelPath.test(path) || hypothesisPath.test(path) || checkpointPath.test(path);
}

/** Whether a file belongs to the ledger's own part, which the export entry cannot commit to. */
export function isLedgerPath(path: string): boolean {
  return path.startsWith('ledger/');
}

/** `ledger/checkpoints/NNN.note`, from 0 upwards by size. */
export function checkpointPathAt(at: number): string {
  return `ledger/checkpoints/${String(at).padStart(3, '0')}.note`;
}

export function isCheckpointPath(path: string): boolean {
  return checkpointPath.test(path);
}

/** Folder names below `models/` or `hypotheses/`, ascending. */
export function foldersBelow(top: 'models' | 'hypotheses', all: Iterable<string>): string[] {
  const pattern = top === 'models' ? modelPath : hypothesisPath;
  const found = new Set<string>();
  for (const path of all) {
    const folder = pattern.exec(path)?.[1];
    if (folder !== undefined) found.add(folder);
  }
  return [...found].sort();
}
