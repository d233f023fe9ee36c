import { decodeBase64, encodeBase64, encodeUtf8, parseDecimal } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';
import { type Hash, hashBytes } from '../merkle/hash.ts';
import { verifyInclusion } from '../merkle/verify.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import type { VerifierKey } from './key.ts';
import { openNote, parseNote } from './note.ts';

/** A C2SP tlog-proof: that an entry is in a log, in one file that needs nothing else but the log's key. */
export interface TlogProof {
  readonly index: number;
  readonly proof: readonly Hash[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string;
  /** Opaque and not authenticated. */
  readonly extra?: Uint8Array;
}

const firstLine = 'c2sp.org/tlog-proof@v1';

function refuse(message: string): never {
  throw new MalformedError('tlog-proof', message);
}

export function formatTlogProof(proof: TlogProof): string {
  const extra = proof.extra === undefined ? [] : [`extra ${encodeBase64(proof.extra)}`];
  const head = [firstLine, ...extra, `index ${proof.index}`, ...proof.proof.map(encodeBase64), ''];
  const text = `${head.join('\n')}\n${proof.checkpoint}`;
  parseTlogProof(text);
  return text;
}

/** Reads a proof to the letter. Nothing in it is trusted before `verifyTlogProof`. */
export function parseTlogProof(text: string): TlogProof {
  const cut = text.indexOf('\n\n');
  if (cut < 0) refuse('expected the proof, an empty line and the checkpoint');
  const lines = text.slice(0, cut).split('\n');
  if (lines.shift() !== firstLine) refuse(`the first line must be ${firstLine}`);
  let extra: Uint8Array | undefined;
  if (lines[0]?.startsWith('extra ')) {
    extra = decodeBase64(lines[0].slice('extra '.length)) ?? refuse('the extra line must be base64');
    lines.shift();
  }
  const indexLine = lines.shift();
  const index = indexLine?.startsWith('index ') ? parseDecimal(indexLine.slice('index '.length)) : null;
  if (index === null) refuse('expected a line "index" with a decimal number');
  if (lines.length > 63) refuse('an inclusion proof has at most 63 hashes');
  const proof = lines.map((line) => {
    const hash = decodeBase64(line);
    return hash?.length === hashBytes ? hash : refuse('a line of the proof must be base64 of 32 bytes');
  });
  const checkpoint = text.slice(cut + 2);
  parseCheckpoint(parseNote(encodeUtf8(checkpoint)).text);
  return { index, proof, checkpoint, ...(extra === undefined ? {} : { extra }) };
}

/**
 * The checkpoint under which the entry with this leaf hash is proven, or null when the proof does not lead to the
 * checkpoint's root. Throws MalformedError when the text or a known key's signature is wrong.
 */
export function verifyTlogProof(text: string, leaf: Hash, keys: readonly VerifierKey[]): Checkpoint | null {
  const { index, proof, checkpoint } = parseTlogProof(text);
  const head = parseCheckpoint(openNote(checkpoint, keys).text);
  return verifyInclusion(index, head.size, leaf, proof, head.root) ? head : null;
}
