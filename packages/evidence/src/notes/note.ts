import {
  decodeBase64,
  decodeUtf8,
  encodeBase64,
  encodeUtf8,
  hasControlCharacter,
  sameBytes,
} from '../encoding.ts';
import { MalformedError } from '../malformed.ts';
import { verifyCosignature } from './cosignature.ts';
import { isKeyName, type Signer, signatureTypes, type VerifierKey, verifyEd25519 } from './key.ts';

/** One signature line: `— name base64(key id || signature)`. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  readonly signature: Uint8Array;
}

/** A text that ends in a newline, and its signature lines. Nothing in it is trusted before `openNote`. */
export interface SignedNote {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface OpenedNote extends SignedNote {
  /** Each known key whose signature held; at least one. */
  readonly verifiedBy: readonly VerifierKey[];
}

const mostBytes = 1_000_000;
const mostSignatures = 100;

function refuse(message: string): never {
  throw new MalformedError('note', message);
}

function checkText(text: string): void {
  if (!text.isWellFormed()) refuse('the text has a lone surrogate');
  if (!text.endsWith('\n')) refuse('the text must end in a newline');
  if (hasControlCharacter(text.replaceAll('\n', ''))) {
    refuse('control characters other than newline are not allowed');
  }
}

function parseSignatureLine(line: string): NoteSignature {
  const parts = line.split(' ');
  const [dash, name, encoded] = parts;
  if (parts.length !== 3 || dash !== '—' || name === undefined || encoded === undefined || !isKeyName(name)) {
    refuse('a signature line is an em dash, a key name and base64, separated by single spaces');
  }
  const bytes = decodeBase64(encoded);
  if (bytes === null || bytes.length < 5) refuse('a signature is base64 of a key id and at least one byte');
  return { name, keyId: Buffer.from(bytes).readUInt32BE(0), signature: bytes.subarray(4) };
}

/** Reads a C2SP signed note to the letter. At most 1 MB and 100 signatures; says nothing about their truth. */
export function parseNote(input: Uint8Array | string): SignedNote {
  const bytes = typeof input === 'string' ? encodeUtf8(input) : input;
  if (bytes.length > mostBytes) refuse(`longer than ${mostBytes} bytes`);
  const whole = decodeUtf8(bytes);
  if (whole === null) refuse('the bytes are not UTF-8');
  checkText(whole);
  const cut = whole.lastIndexOf('\n\n');
  const lines = whole.slice(cut + 2, -1).split('\n');
  if (cut < 0 || whole.length === cut + 2) refuse('expected a text, an empty line and signature lines');
  if (lines.length > mostSignatures) refuse(`more than ${mostSignatures} signatures`);
  return { text: whole.slice(0, cut + 1), signatures: lines.map(parseSignatureLine) };
}

export function formatNote(note: SignedNote): string {
  checkText(note.text);
  if (note.signatures.length === 0) refuse('a signed note has at least one signature');
  const lines = note.signatures.map(({ name, keyId, signature }) => {
    if (!isKeyName(name)) refuse('a key name is not empty and has no white space and no "+"');
    const id = Buffer.alloc(4);
    id.writeUInt32BE(keyId);
    return `— ${name} ${encodeBase64(Buffer.concat([id, signature]))}\n`;
  });
  return `${note.text}\n${lines.join('')}`;
}

/** Adds a signature; one by the same name and key id that stands there already is replaced. */
export function addSignature(note: SignedNote, signature: NoteSignature): SignedNote {
  const others = note.signatures.filter((s) => s.name !== signature.name || s.keyId !== signature.keyId);
  return { text: note.text, signatures: [...others, signature] };
}

/** A note of this text with one Ed25519 signature by each signer (signature type 0x01). */
export function signNote(text: string, ...signers: readonly Signer[]): SignedNote {
  checkText(text);
  let note: SignedNote = { text, signatures: [] };
  for (const { key, sign } of signers) {
    if (key.type !== signatureTypes.ed25519) refuse('a cosigner key signs checkpoints only, with a time');
    note = addSignature(note, { name: key.name, keyId: key.keyId, signature: sign(encodeUtf8(text)) });
  }
  return note;
}

function holds(key: VerifierKey, text: string, signature: Uint8Array): boolean {
  return key.type === signatureTypes.cosignature
    ? verifyCosignature(key, text, signature) !== null
    : verifyEd25519(key, encodeUtf8(text), signature);
}

/**
 * Reads a note and verifies the signatures of the given keys. Signatures by unknown keys are ignored, as the
 * specification demands. Throws MalformedError when a known key's signature does not hold, when no known key has
 * signed, or when two given keys share a name and key id and so could be taken for each other.
 */
export function openNote(input: Uint8Array | string, keys: readonly VerifierKey[]): OpenedNote {
  const note = parseNote(input);
  const verifiedBy: VerifierKey[] = [];
  for (const { name, keyId, signature } of note.signatures) {
    const known = keys.filter((key) => key.name === name && key.keyId === keyId);
    const key = known[0];
    if (key === undefined) continue;
    if (known.some((other) => other.type !== key.type || !sameBytes(other.publicKey, key.publicKey))) {
      refuse(`two of the given keys are named ${name} with the same key id`);
    }
    if (!holds(key, note.text, signature)) refuse(`the signature of ${name} does not hold`);
    if (!verifiedBy.includes(key)) verifiedBy.push(key);
  }
  if (verifiedBy.length === 0) refuse('no signature by a known key');
  return { ...note, verifiedBy };
}
