import { encodeBase64, encodeHex, encodeUtf8 } from '../encoding.ts';
import { planBatch } from '../merkle/batch.ts';
import type { NodeCoordinate } from '../merkle/compact.ts';
import type { Hash } from '../merkle/hash.ts';
import type { ProofPlan } from '../merkle/plan.ts';
import { assembleProof, planConsistency } from '../merkle/prove.ts';
import { parseCheckpoint } from '../notes/checkpoint.ts';
import { parseNote } from '../notes/note.ts';
import { writeZip } from '../zip/zip.ts';
import { type CrateContent, fileRecord } from './content.ts';
import { writeJsonFile, writeJsonLines } from './json-lines.ts';
import { checkpointPathAt, paths } from './paths.ts';
import type { LedgerLine, Proofs } from './schemas.ts';

/** An entry as the platform stores it. */
export interface StoredEntry {
  readonly index: number;
  readonly body: LedgerLine['body'];
  /** Null where the details are kept back or deleted. */
  readonly opening: { readonly salt: Uint8Array; readonly details: unknown } | null;
}

export interface LedgerSource {
  /** Any order; among them the export's own entry. */
  readonly entries: readonly StoredEntry[];
  /**
   * Signed notes: for each hypothesis one whose size is above the index of its freeze and at most that of its opening,
   * and one that covers every entry. Witnesses' cosignatures are further lines of a note.
   */
  readonly checkpoints: readonly string[];
  /** `name+hash+base64` of the log's key. */
  readonly verifierKey: string;
  /** Hashes of complete subtrees of the log, in the order asked. Called once for all proofs together. */
  readonly readNodes: (nodes: readonly NodeCoordinate[]) => Promise<readonly Hash[]>;
}

export interface LedgerPart {
  readonly entries: readonly LedgerLine[];
  readonly proofs: Proofs;
  readonly checkpoints: readonly string[];
  readonly verifierKey: string;
}

function bySize(notes: readonly string[]): { note: string; size: number }[] {
  const sized = notes.map((note) => ({ note, size: parseCheckpoint(parseNote(note).text).size }));
  const sorted = sized.sort((a, b) => a.size - b.size);
  return sorted.filter(({ size }, at) => sorted[at - 1]?.size !== size);
}

async function fulfil(
  plans: readonly ProofPlan[],
  readNodes: LedgerSource['readNodes'],
): Promise<string[][]> {
  const hashes = await readNodes(plans.flatMap(({ nodes }) => nodes));
  let from = 0;
  return plans.map((plan) => {
    const own = hashes.slice(from, from + plan.nodes.length);
    from += plan.nodes.length;
    return assembleProof(plan, own).map(encodeBase64);
  });
}

/** Sorts the entries and reads their proofs: O(log size) nodes for each entry at most. */
export async function proveLedger(source: LedgerSource): Promise<LedgerPart> {
  const checkpoints = bySize(source.checkpoints);
  const size = checkpoints.at(-1)?.size ?? 0;
  const sorted = [...source.entries].sort((a, b) => a.index - b.index);
  const steps = checkpoints.slice(1).map(({ size: to }, at) => ({ from: checkpoints[at]!.size, to }));
  const batch = planBatch(
    sorted.map(({ index }) => index),
    size,
  );
  const plans = [batch, ...steps.map(({ from, to }) => planConsistency(from, to))];
  const [inclusion = [], ...consistency] = await fulfil(plans, source.readNodes);
  const entries = sorted.map(({ index, body, opening }) => ({
    index,
    body,
    opening: opening === null ? null : { salt: encodeHex(opening.salt), details: opening.details },
  }));
  return {
    entries,
    proofs: {
      size,
      inclusion,
      consistency: steps.map((step, at) => ({ ...step, hashes: consistency[at]! })),
    },
    checkpoints: checkpoints.map(({ note }) => note),
    verifierKey: source.verifierKey,
  };
}

/** The crate as the bytes of a canonical zip: equal content and ledger give equal bytes. */
export function writeCrate(content: CrateContent, ledger: LedgerPart): Uint8Array {
  const files = new Map(content.files);
  files.set(paths.entries, writeJsonLines(ledger.entries));
  files.set(paths.proofs, writeJsonFile(ledger.proofs));
  files.set(paths.key, encodeUtf8(`${ledger.verifierKey}\n`));
  for (const [at, note] of ledger.checkpoints.entries()) files.set(checkpointPathAt(at), encodeUtf8(note));
  const records = [...files].map(([path, bytes]) => fileRecord(path, bytes));
  records.sort((a, b) => (a.path < b.path ? -1 : 1));
  files.set(paths.manifest, writeJsonFile({ ...content.manifest, files: records }));
  return writeZip([...files].map(([name, bytes]) => ({ name, content: bytes })));
}
