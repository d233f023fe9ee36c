import { encodeBase64, encodeHex, encodeUtf8 } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';
import { type NodeReader, proveConsistency, proveInclusion } from '../merkle/prove.ts';
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
  readonly read: NodeReader;
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

/** Sorts the entries and reads their proofs: O(log size) nodes for each. */
export async function proveLedger(source: LedgerSource): Promise<LedgerPart> {
  const checkpoints = bySize(source.checkpoints);
  const size = checkpoints.at(-1)?.size ?? 0;
  const sorted = [...source.entries].sort((a, b) => a.index - b.index);
  if (sorted.some(({ index }, at) => index === sorted[at - 1]?.index || index >= size)) {
    throw new MalformedError('crate', 'entries are distinct and lie below the size of the last checkpoint');
  }
  const complete = sorted.length === size;
  const inclusion: string[][] = [];
  for (const { index } of complete ? [] : sorted) {
    inclusion.push((await proveInclusion(index, size, source.read)).map(encodeBase64));
  }
  const consistency: Proofs['consistency'] = [];
  for (const [at, { size: to }] of checkpoints.entries()) {
    const from = checkpoints[at - 1]?.size;
    if (from === undefined) continue;
    consistency.push({ from, to, hashes: (await proveConsistency(from, to, source.read)).map(encodeBase64) });
  }
  const entries = sorted.map(({ index, body, opening }) => ({
    index,
    body,
    opening: opening === null ? null : { salt: encodeHex(opening.salt), details: opening.details },
  }));
  return {
    entries,
    proofs: { size, inclusion: complete ? 'complete' : inclusion, consistency },
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
