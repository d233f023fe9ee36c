import { MalformedError } from '../malformed.ts';
import { type Hash, hashBytes, nodeHash } from './hash.ts';
import { addRange, type Draft, type ProofPlan, splitAt } from './plan.ts';

function checkIndices(indices: readonly number[], size: number): boolean {
  return (
    Number.isSafeInteger(size) &&
    indices.every(
      (index, at) =>
        Number.isSafeInteger(index) && index >= 0 && index < size && index > (indices[at - 1] ?? -1),
    )
  );
}

function gather(
  draft: Draft,
  indices: readonly number[],
  from: number,
  to: number,
  start: number,
  count: number,
): void {
  if (from === to) {
    addRange(draft, start, count);
  } else if (count > 1) {
    const width = splitAt(count);
    const middle = firstFrom(indices, from, to, start + width);
    gather(draft, indices, from, middle, start, width);
    gather(draft, indices, middle, to, start + width, count - width);
  }
}

/** The first position in [from, to) whose index is at least `bound`. */
function firstFrom(indices: readonly number[], from: number, to: number, bound: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (indices[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What a proof of many leaves at once needs: the hashes of the largest subtrees of RFC 6962's tree that hold none of
 * them, from left to right. For one leaf these are the hashes of its audit path, in another order; for all leaves there
 * are none. The indices ascend strictly.
 */
export function planBatch(indices: readonly number[], size: number): ProofPlan {
  if (indices.length === 0 || !checkIndices(indices, size)) {
    throw new MalformedError(
      'merkle',
      'a batch has at least one leaf, and its indices ascend below the size',
    );
  }
  const draft: Draft = { nodes: [], groups: [] };
  gather(draft, indices, 0, indices.length, 0, size);
  return draft;
}

/**
 * The root that leaf hashes at ascending indices and the proof of a batch lead to, or null when the proof is too
 * short or too long, or anything is out of range. Each hash of the tree above them is computed once.
 */
export function rootFromBatch(
  indices: readonly number[],
  leaves: readonly Hash[],
  size: number,
  proof: readonly Hash[],
): Hash | null {
  if (indices.length === 0 || leaves.length !== indices.length || !checkIndices(indices, size)) return null;
  if (![...leaves, ...proof].every((hash) => hash.length === hashBytes)) return null;
  let used = 0;
  const climb = (from: number, to: number, start: number, count: number): Hash | null => {
    if (from === to) {
      used += 1;
      return proof[used - 1] ?? null;
    }
    if (count === 1) return leaves[from]!;
    const width = splitAt(count);
    const middle = firstFrom(indices, from, to, start + width);
    const left = climb(from, middle, start, width);
    const right = left === null ? null : climb(middle, to, start + width, count - width);
    return left === null || right === null ? null : nodeHash(left, right);
  };
  const root = climb(0, indices.length, 0, size);
  return used === proof.length ? root : null;
}
