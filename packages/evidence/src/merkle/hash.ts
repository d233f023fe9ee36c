import { hash } from 'node:crypto';
import { MalformedError } from '../malformed.ts';

/** A SHA-256 value: 32 bytes. */
export type Hash = Uint8Array;

export const hashBytes = 32;

/** The root of the tree without leaves: SHA-256 of nothing (RFC 6962 section 2.1). */
export const emptyRoot: Hash = hash('sha256', '', 'buffer');

/** RFC 6962 section 2.1: SHA-256(0x00 || entry). */
export function leafHash(entry: Uint8Array): Hash {
  const input = Buffer.allocUnsafe(1 + entry.length);
  input[0] = 0;
  input.set(entry, 1);
  return hash('sha256', input, 'buffer');
}

/** RFC 6962 section 2.1: SHA-256(0x01 || left || right). Both are 32 bytes, else MalformedError. */
export function nodeHash(left: Hash, right: Hash): Hash {
  if (left.length !== hashBytes || right.length !== hashBytes) {
    throw new MalformedError('merkle', `a node hashes two values of ${hashBytes} bytes`);
  }
  const input = Buffer.allocUnsafe(1 + 2 * hashBytes);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + hashBytes);
  return hash('sha256', input, 'buffer');
}

/** The root of a tree from all of its leaf hashes, in time linear in their number. */
export function rootFromLeaves(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return emptyRoot;
  let level: readonly Hash[] = leaves;
  // Pairing upwards and carrying an odd last node is the same tree as RFC 6962's split at the largest power of two.
  while (level.length > 1) {
    const above: Hash[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) above.push(nodeHash(level[i]!, level[i + 1]!));
    if (level.length % 2 === 1) above.push(level.at(-1)!);
    level = above;
  }
  return level[0]!;
}
