import { canonicalJson } from '../canonical.ts';
import { readJsonFile, writeJsonFile } from '../crate/json-lines.ts';
import { checkpointPathAt, isCheckpointPath, isCratePath, paths, requiredPaths } from '../crate/paths.ts';
import { inFolderOrder, roCrateMetadata } from '../crate/ro-crate.ts';
import { type Manifest, manifestSchema } from '../crate/schemas.ts';
import { sameBytes, sha256Hex } from '../encoding.ts';
import { attempt, type Contents } from './contents.ts';
import { counted, type Findings } from './report.ts';

const check = 'file-hash';

function ascending(records: readonly { readonly path: string }[]): boolean {
  return records.every(({ path }, at) => at === 0 || records[at - 1]!.path < path);
}

function readManifest(files: ReadonlyMap<string, Uint8Array>, findings: Findings): Manifest | null {
  const bytes = files.get(paths.manifest);
  if (bytes === undefined) {
    findings.fail(paths.manifest, 'format', 'the crate has no manifest');
    return null;
  }
  const value = attempt(paths.manifest, 'format', findings, () => readJsonFile(bytes));
  if (value === undefined) return null;
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    for (const issue of result.error.issues.slice(0, 3)) {
      findings.fail(`${paths.manifest}#/${issue.path.map(String).join('/')}`, 'format', issue.message);
    }
    return null;
  }
  return result.data;
}

function checkPaths(files: ReadonlyMap<string, Uint8Array>, manifest: Manifest, findings: Findings): void {
  for (const path of files.keys()) {
    if (!isCratePath(path)) findings.fail(path, check, 'this file has no place in a crate');
    else if (path !== paths.manifest && !manifest.files.some((record) => record.path === path)) {
      findings.fail(path, check, 'the manifest does not list this file');
    }
  }
  for (const path of requiredPaths) if (!files.has(path)) findings.fail(path, check, 'this file is missing');
  for (const { path } of manifest.withheld) {
    if (!isCratePath(path) || requiredPaths.includes(path) || files.has(path)) {
      findings.fail(
        `${paths.manifest}#/withheld`,
        check,
        `${path} cannot be withheld, or is there all the same`,
      );
    }
  }
  if (!ascending(manifest.files) || !ascending(manifest.withheld)) {
    findings.fail(paths.manifest, check, 'the lists of the manifest must ascend by path, without repetition');
  }
  const notes = [...files.keys()].filter(isCheckpointPath).sort();
  if (notes.length === 0) findings.fail('ledger/checkpoints/', check, 'there is no checkpoint');
  for (const [at, path] of notes.entries()) {
    if (path !== checkpointPathAt(at))
      findings.fail(path, check, 'checkpoints are numbered from 000 without a gap');
  }
}

/** Checks that the files are exactly those of the manifest, to the byte. Null when the crate is not to be read on. */
export function checkFiles(files: ReadonlyMap<string, Uint8Array>, findings: Findings): Manifest | null {
  const manifest = readManifest(files, findings);
  if (manifest === null) return null;
  checkPaths(files, manifest, findings);
  findings.group(
    paths.manifest,
    check,
    (n) => `SHA-256 of ${counted(n, 'file')}`,
    () => {
      for (const { path, sha256, bytes } of manifest.files) {
        const content = files.get(path);
        if (content === undefined)
          findings.fail(path, check, 'the manifest lists this file, but it is missing');
        else if (content.length !== bytes)
          findings.fail(path, check, `expected ${bytes} bytes, found ${content.length}`);
        else if (sha256Hex(content) !== sha256) findings.fail(path, check, 'the content has another SHA-256');
      }
      return manifest.files.length;
    },
  );
  return findings.failed() ? null : manifest;
}

/** Checks that the RO-Crate metadata is the one that follows from the other files. */
export function checkRoCrate(contents: Contents, findings: Findings): void {
  const { manifest, campaign, files } = contents;
  const metadata = roCrateMetadata({
    campaign,
    origin: manifest.origin,
    exportedAt: manifest.exportedAt,
    files: manifest.files.filter(({ path }) => path !== paths.roCrate && !path.startsWith('ledger/')),
    withheld: manifest.withheld,
    models: inFolderOrder('models', files.keys(), (name) => contents.models.get(name)?.record),
    hypotheses: inFolderOrder('hypotheses', files.keys(), (name) => contents.hypotheses.get(name)?.record),
  });
  const expected = writeJsonFile(metadata);
  if (sameBytes(files.get(paths.roCrate)!, expected)) {
    findings.pass(paths.roCrate, 'ro-crate', 'the metadata follows from the files that it describes');
    return;
  }
  const stated = attempt(paths.roCrate, 'ro-crate', findings, () => readJsonFile(files.get(paths.roCrate)!));
  if (stated !== undefined && canonicalJson(stated) !== canonicalJson(metadata)) {
    findings.fail(
      paths.roCrate,
      'ro-crate',
      'the metadata says something that does not follow from the files',
    );
  }
}
