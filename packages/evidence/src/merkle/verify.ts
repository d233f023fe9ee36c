import { sameBytes } from '../encoding.ts';
import { emptyRoot, type Hash, hashBytes, nodeHash } from './hash.ts';

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(hashes: readonly Hash[]): boolean {
  return hashes.every((hash) => hash.length === hashBytes);
}

const half = (value: number): number => Math.floor(value / 2);

/**
 * The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2), or null when the proof is too short, too
 * long, of wrong hash lengths, or the index is outside of the tree.
 */
export function rootFromInclusion(
  index: number,
  size: number,
  leaf: Hash,
  proof: readonly Hash[],
): Hash | null {
  if (!isSize(index) || !isSize(size) || index >= size) return null;
  if (leaf.length !== hashBytes || !areHashes(proof)) return null;
  let node = index;
  let last = size - 1;
  let root = leaf;
  for (const sibling of proof) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      root = nodeHash(root, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 ? root : null;
}

/** True only if `leaf` is the leaf hash at `index` of the tree with this size and root. Never throws. */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Hash,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  const found = rootFromInclusion(index, size, leaf, proof);
  return found !== null && sameBytes(found, root);
}

/**
 * True only if the tree (newSize, newRoot) begins with the leaves of (oldSize, oldRoot); RFC 9162 section 2.1.4.2.
 * Equal sizes need equal roots and an empty proof; from size 0 the proof is empty and the old root that of no
 * leaves. Never throws.
 */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  oldRoot: Hash,
  newRoot: Hash,
  proof: readonly Hash[],
): boolean {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false;
  if (oldRoot.length !== hashBytes || newRoot.length !== hashBytes || !areHashes(proof)) return false;
  if (oldSize === 0 && !sameBytes(oldRoot, emptyRoot)) return false;
  if (newSize === 0 && !sameBytes(newRoot, emptyRoot)) return false;
  if (oldSize === newSize) return proof.length === 0 && sameBytes(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0;
  return climb(oldSize, newSize, oldRoot, newRoot, proof);
}

function climb(
  oldSize: number,
  newSize: number,
  oldRoot: Hash,
  newRoot: Hash,
  proof: readonly Hash[],
): boolean {
  let node = oldSize - 1;
  let last = newSize - 1;
  while (node % 2 === 1) {
    node = half(node);
    last = half(last);
  }
  // An old tree that is one complete subtree of the new one is its own first node and is left out of the proof.
  const path = node === 0 ? [oldRoot, ...proof] : proof;
  const first = path[0];
  if (first === undefined) return false;
  let oldHash = first;
  let newHash = first;
  for (const sibling of path.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && sameBytes(oldHash, oldRoot) && sameBytes(newHash, newRoot);
}
