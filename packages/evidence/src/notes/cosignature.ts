import { encodeUtf8 } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { type Signer, signatureTypes, type VerifierKey, verifyEd25519 } from './key.ts';
import type { NoteSignature } from './note.ts';

const timeBytes = 8;

function signedMessage(text: string, seconds: number): Uint8Array {
  return encodeUtf8(`cosignature/v1\ntime ${seconds}\n${text}`);
}

/**
 * A witness's statement (C2SP tlog-cosignature v1, Ed25519) that at `seconds` (POSIX time) this checkpoint was the
 * largest consistent one that it had seen of the log. The caller has verified the consistency.
 */
export function cosign(checkpointText: string, signer: Signer, seconds: number): NoteSignature {
  parseCheckpoint(checkpointText);
  if (signer.key.type !== signatureTypes.cosignature) {
    throw new MalformedError('cosignature', 'only a cosigner key (type 0x04) cosigns');
  }
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    throw new MalformedError('cosignature', 'the time is in whole seconds since 1970');
  }
  const time = Buffer.alloc(timeBytes);
  time.writeBigUInt64BE(BigInt(seconds));
  const signature = signer.sign(signedMessage(checkpointText, seconds));
  return { name: signer.key.name, keyId: signer.key.keyId, signature: Buffer.concat([time, signature]) };
}

/** The time of a cosignature in POSIX seconds, or null unless it holds for this key and checkpoint text. */
export function verifyCosignature(key: VerifierKey, text: string, signature: Uint8Array): number | null {
  if (key.type !== signatureTypes.cosignature || signature.length !== timeBytes + 64) return null;
  const time = Buffer.from(signature.subarray(0, timeBytes)).readBigUInt64BE(0);
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  const seconds = Number(time);
  return verifyEd25519(key, signedMessage(text, seconds), signature.subarray(timeBytes)) ? seconds : null;
}
