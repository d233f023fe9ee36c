import { createHash } from 'node:crypto';
import { canonicalBytes } from './canonical.ts';
import { MalformedError } from './malformed.ts';

/** Bytes of a salt: enough that the details cannot be found by guessing. */
export const saltBytes = 32;

/** SHA-256 over the salt followed by the bytes: commits to content that is withheld. Lower-case hexadecimal. */
export function commitBytes(salt: Uint8Array, content: Uint8Array): string {
  if (salt.length !== saltBytes) throw new MalformedError('crate', `a salt has ${saltBytes} bytes`);
  return createHash('sha256').update(salt).update(content).digest('hex');
}

/** The commitment of a ledger entry to its details: SHA-256 over the salt and their canonical JSON. */
export function commitDetails(salt: Uint8Array, details: unknown): string {
  return commitBytes(salt, canonicalBytes(details));
}
