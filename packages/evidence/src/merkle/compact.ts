import { MalformedError } from '../malformed.ts';
import { emptyRoot, type Hash, hashBytes, nodeHash } from './hash.ts';

/**
 * All that is needed to append to a tree: its size and the roots of its complete subtrees, largest first. There are
 * as many as the size has bits set, so the state stays below 54 hashes.
 */
export interface CompactTree {
  readonly size: number;
  readonly peaks: readonly Hash[];
}

/** A complete subtree: `level` 0 is a leaf; it spans the leaves [index * 2^level, (index + 1) * 2^level). */
export interface NodeCoordinate {
  readonly level: number;
  readonly index: number;
}

export interface StoredNode extends NodeCoordinate {
  readonly hash: Hash;
}

export const emptyTree: CompactTree = { size: 0, peaks: [] };

function bitsSet(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}

/** Throws MalformedError unless the number of peaks and their lengths fit the size. */
export function checkCompactTree(tree: CompactTree): void {
  if (!Number.isSafeInteger(tree.size) || tree.size < 0) {
    throw new MalformedError('merkle', 'a tree size is an integer from 0 to 2^53 - 1');
  }
  if (tree.peaks.length !== bitsSet(tree.size) || tree.peaks.some((peak) => peak.length !== hashBytes)) {
    throw new MalformedError(
      'merkle',
      `a tree of ${tree.size} leaves has ${bitsSet(tree.size)} peaks of 32 bytes`,
    );
  }
}

/**
 * Appends one leaf hash. Returns the new state and every subtree that this leaf completed, the leaf included and
 * lowest first: storing them all lets proofs of any size be read later. Amortised two nodes for each leaf.
 */
export function appendLeaf(
  tree: CompactTree,
  leaf: Hash,
): { readonly tree: CompactTree; readonly completed: readonly StoredNode[] } {
  if (leaf.length !== hashBytes) throw new MalformedError('merkle', 'a leaf hash has 32 bytes');
  const peaks = [...tree.peaks];
  const completed: StoredNode[] = [{ level: 0, index: tree.size, hash: leaf }];
  let hash = leaf;
  let index = tree.size;
  for (let level = 1; index % 2 === 1; level++) {
    const left = peaks.pop();
    if (left === undefined) throw new MalformedError('merkle', 'the peaks do not fit the size of the tree');
    hash = nodeHash(left, hash);
    index = (index - 1) / 2;
    completed.push({ level, index, hash });
  }
  peaks.push(hash);
  return { tree: { size: tree.size + 1, peaks }, completed };
}

/** Folds the roots of adjacent complete subtrees, largest first, into the one RFC 6962 root above them. */
export function foldPeaks(peaks: readonly Hash[]): Hash {
  let root = peaks.at(-1);
  if (root === undefined) return emptyRoot;
  for (let i = peaks.length - 2; i >= 0; i--) root = nodeHash(peaks[i]!, root);
  return root;
}

export function compactRoot(tree: CompactTree): Hash {
  checkCompactTree(tree);
  return foldPeaks(tree.peaks);
}
