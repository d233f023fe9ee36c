import { type EvidenceDetails, evidenceActions, evidenceDetailsSchema } from '@genesis/contracts';
import { canonicalBytes } from '../canonical.ts';
import { commitDetails } from '../commitment.ts';
import { isCheckpointPath, paths } from '../crate/paths.ts';
import type { LedgerLine } from '../crate/schemas.ts';
import { decodeHex, decodeUtf8, sameBytes } from '../encoding.ts';
import { rootFromBatch } from '../merkle/batch.ts';
import { type Hash, leafHash } from '../merkle/hash.ts';
import { verifyConsistency } from '../merkle/verify.ts';
import { type Checkpoint, parseCheckpoint } from '../notes/checkpoint.ts';
import { verifyCosignature } from '../notes/cosignature.ts';
import { parseVerifierKey, sameKey, signatureTypes, type VerifierKey } from '../notes/key.ts';
import { openNote } from '../notes/note.ts';
import { attempt, type Contents } from './contents.ts';
import { counted, type Findings } from './report.ts';

/** An entry that is proven to be in the log. `details` are those of evidence, opened and allowed; else null. */
export interface ProvenEntry {
  readonly index: number;
  readonly body: LedgerLine['body'];
  readonly details: EvidenceDetails | null;
}

export interface ProvenCheckpoint extends Checkpoint {
  /** Witnesses among the given keys that cosigned it, with their POSIX times in seconds. */
  readonly cosignatures: readonly { readonly name: string; readonly seconds: number }[];
}

export interface LedgerView {
  readonly entries: ReadonlyMap<string, ProvenEntry>;
  /** Ascending by size. */
  readonly checkpoints: readonly ProvenCheckpoint[];
}

export interface TrustedKeys {
  /** The log's key as the verifier knows it; without one the crate's own is used, and the origin stays unproven. */
  readonly log: VerifierKey | undefined;
  readonly witnesses: readonly VerifierKey[];
}

const base64 = (text: string): Hash => Buffer.from(text, 'base64');

function readKey(contents: Contents, trusted: TrustedKeys, findings: Findings): VerifierKey | undefined {
  const text = decodeUtf8(contents.files.get(paths.key)!) ?? '';
  const key = attempt(paths.key, 'signature', findings, () => parseVerifierKey(text.replace(/\n$/, '')));
  if (key === undefined) return undefined;
  if (!text.endsWith('\n') || key.type !== signatureTypes.ed25519) {
    findings.fail(paths.key, 'signature', 'expected one line with the Ed25519 key of a log');
    return undefined;
  }
  if (trusted.log !== undefined && !sameKey(trusted.log, key)) {
    findings.fail(paths.key, 'signature', 'the crate was signed with another key than the given one');
  }
  return trusted.log ?? key;
}

function readCheckpoint(
  path: string,
  contents: Contents,
  key: VerifierKey,
  trusted: TrustedKeys,
  findings: Findings,
): ProvenCheckpoint | undefined {
  const note = attempt(path, 'signature', findings, () =>
    openNote(contents.files.get(path)!, [key, ...trusted.witnesses]),
  );
  if (note === undefined) return undefined;
  if (!note.verifiedBy.includes(key)) {
    findings.fail(path, 'signature', `the log ${key.name} has not signed this checkpoint`);
    return undefined;
  }
  const checkpoint = attempt(path, 'signature', findings, () => parseCheckpoint(note.text));
  if (checkpoint === undefined) return undefined;
  if (checkpoint.origin !== contents.manifest.origin || checkpoint.origin !== key.name) {
    findings.fail(path, 'signature', `the checkpoint is of the log ${checkpoint.origin}`);
  }
  if (checkpoint.extensions.length > 0)
    findings.fail(path, 'signature', 'the checkpoint has extension lines');
  const cosignatures: { name: string; seconds: number }[] = [];
  const signers = note.signatures.map(({ name, keyId }) => `${name} ${keyId}`);
  if (new Set(signers).size !== signers.length) findings.fail(path, 'signature', 'a key has signed twice');
  for (const line of note.signatures) {
    const witness = trusted.witnesses.find(({ name, keyId }) => name === line.name && keyId === line.keyId);
    const seconds = witness === undefined ? null : verifyCosignature(witness, note.text, line.signature);
    if (seconds !== null) cosignatures.push({ name: line.name, seconds });
    else if (line.name !== key.name) {
      findings.notRecomputed(path, `signature of ${line.name}`, 'the key of this witness was not given');
    }
  }
  return { ...checkpoint, cosignatures };
}

function checkConsistency(
  contents: Contents,
  checkpoints: readonly ProvenCheckpoint[],
  findings: Findings,
): void {
  const { consistency } = contents.proofs;
  const check = 'consistency-proof';
  findings.group(
    paths.proofs,
    check,
    (n) => `${counted(n, 'step')} from checkpoint to checkpoint`,
    () => {
      if (consistency.length !== checkpoints.length - 1) {
        findings.fail(`${paths.proofs}#/consistency`, check, `expected ${checkpoints.length - 1} proofs`);
      }
      for (const [at, proof] of consistency.entries()) {
        const place = `${paths.proofs}#/consistency/${at}`;
        const [before, after] = [checkpoints[at], checkpoints[at + 1]];
        if (before === undefined || after === undefined) break;
        if (before.size >= after.size || proof.from !== before.size || proof.to !== after.size) {
          findings.fail(place, check, `expected the step from size ${before.size} to a larger ${after.size}`);
        } else if (
          !verifyConsistency(before.size, after.size, before.root, after.root, proof.hashes.map(base64))
        ) {
          findings.fail(
            place,
            check,
            `the log of ${after.size} entries does not extend that of ${before.size}`,
          );
        }
      }
      return consistency.length;
    },
  );
}

function checkInclusion(contents: Contents, last: ProvenCheckpoint, findings: Findings): void {
  const { entries, proofs } = contents;
  const check = 'inclusion-proof';
  findings.group(
    paths.entries,
    check,
    (n) => `${counted(n, 'entry', 'entries')} in the log of ${last.size}`,
    () => {
      if (proofs.size !== last.size)
        findings.fail(`${paths.proofs}#/size`, check, `the last checkpoint has ${last.size}`);
      const indices = entries.map(({ index }) => index);
      const unordered = indices.findIndex((index, at) => at > 0 && indices[at - 1]! >= index);
      if (unordered >= 0) {
        findings.fail(`${paths.entries}#${unordered + 1}`, check, 'entries must ascend by index');
        return 0;
      }
      const leaves = entries.map(({ body }) => leafHash(canonicalBytes(body)));
      const root = rootFromBatch(indices, leaves, last.size, proofs.inclusion.map(base64));
      if (root === null)
        findings.fail(`${paths.proofs}#/inclusion`, check, 'the proof does not fit the entries and size');
      else if (!sameBytes(root, last.root)) {
        findings.fail(
          paths.entries,
          check,
          'the entries and their proof do not lead to the root of the last checkpoint',
        );
      }
      return entries.length;
    },
  );
}

const kindOf = new Map<string, EvidenceDetails['kind']>(
  Object.entries(evidenceActions).map(([kind, action]) => [action, kind as EvidenceDetails['kind']]),
);

/** Opens the commitment of an entry; undefined when it does not hold. */
function openDetails(
  { body, opening }: LedgerLine,
  place: string,
  findings: Findings,
): EvidenceDetails | null | undefined {
  const check = 'commitment';
  if (opening === null) return null;
  const salt = decodeHex(opening.salt);
  if (body.commitment === null || salt === null || commitDetails(salt, opening.details) !== body.commitment) {
    findings.fail(place, check, `the details are not those that entry ${body.id} commits to`);
    return undefined;
  }
  const kind = kindOf.get(body.action);
  if (kind === undefined || body.decision.effect === 'deny') return null;
  const details = evidenceDetailsSchema.safeParse(opening.details);
  if (!details.success || details.data.kind !== kind) {
    findings.fail(`${place}/opening/details`, check, `entry ${body.id} needs details of kind "${kind}"`);
    return undefined;
  }
  return details.data;
}

function openEntries(contents: Contents, findings: Findings): Map<string, ProvenEntry> {
  const opened = new Map<string, ProvenEntry>();
  let closed = 0;
  findings.group(
    paths.entries,
    'commitment',
    (n) => `details of ${counted(n, 'entry', 'entries')}`,
    () => {
      for (const [at, line] of contents.entries.entries()) {
        const place = `${paths.entries}#${at + 1}`;
        const { index, body } = line;
        if (opened.has(body.id)) findings.fail(place, 'commitment', `a second entry ${body.id}`);
        if (line.opening === null && body.commitment !== null) closed += 1;
        const details = openDetails(line, place, findings);
        if (details !== undefined) opened.set(body.id, { index, body, details });
      }
      return contents.entries.length - closed;
    },
  );
  if (closed > 0) {
    findings.notRecomputed(
      paths.entries,
      `details of ${counted(closed, 'entry', 'entries')}`,
      'the crate does not open these commitments',
    );
  }
  return opened;
}

/** Checks signatures, consistency, inclusion and commitments. Null when a signature or proof does not hold. */
export function checkLedger(contents: Contents, trusted: TrustedKeys, findings: Findings): LedgerView | null {
  const key = readKey(contents, trusted, findings);
  if (key === undefined) return null;
  const notes = [...contents.files.keys()].filter(isCheckpointPath).sort();
  const checkpoints: ProvenCheckpoint[] = [];
  findings.group(
    'ledger/checkpoints/',
    'signature',
    (n) => `${counted(n, 'checkpoint')} signed by ${key.name}`,
    () => {
      for (const path of notes) {
        const checkpoint = readCheckpoint(path, contents, key, trusted, findings);
        if (checkpoint !== undefined) checkpoints.push(checkpoint);
      }
      return notes.length;
    },
  );
  const last = checkpoints.at(-1);
  if (last === undefined || checkpoints.length !== notes.length) return null;
  checkConsistency(contents, checkpoints, findings);
  checkInclusion(contents, last, findings);
  const entries = openEntries(contents, findings);
  return findings.failed() ? null : { entries, checkpoints };
}
