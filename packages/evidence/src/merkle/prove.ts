import { MalformedError } from '../malformed.ts';
import { type CompactTree, foldPeaks } from './compact.ts';
import { type Hash, hashBytes } from './hash.ts';
import { addRange, cover, type Draft, type ProofPlan, splitAt } from './plan.ts';

/** Answers the hash of one complete subtree of the log. It may read a database, an array or tiles. */
export type NodeReader = (level: number, index: number) => Hash | Promise<Hash>;

function checkSize(name: string, value: number, from: number, to: number): void {
  if (!Number.isSafeInteger(value) || value < from || value > to) {
    throw new MalformedError('merkle', `${name} is ${value}; allowed are integers from ${from} to ${to}`);
  }
}

/** PATH(index, D[start:start+count]) of RFC 6962 section 2.1.1. */
function inclusion(draft: Draft, index: number, start: number, count: number): void {
  if (count === 1) return;
  const width = splitAt(count);
  if (index < width) {
    inclusion(draft, index, start, width);
    addRange(draft, start + width, count - width);
  } else {
    inclusion(draft, index - width, start + width, count - width);
    addRange(draft, start, width);
  }
}

/** SUBPROOF(size, D[start:start+count], known) of RFC 6962 section 2.1.2. */
function consistency(draft: Draft, size: number, start: number, count: number, known: boolean): void {
  if (size === count) {
    if (!known) addRange(draft, start, count);
    return;
  }
  const width = splitAt(count);
  if (size <= width) {
    consistency(draft, size, start, width, known);
    addRange(draft, start + width, count - width);
  } else {
    consistency(draft, size - width, start + width, count - width, false);
    addRange(draft, start, width);
  }
}

/** What an inclusion proof of leaf `index` in the tree of `size` leaves needs. */
export function planInclusion(index: number, size: number): ProofPlan {
  checkSize('the tree size', size, 1, Number.MAX_SAFE_INTEGER);
  checkSize('the leaf index', index, 0, size - 1);
  const draft: Draft = { nodes: [], groups: [] };
  inclusion(draft, index, 0, size);
  return draft;
}

/** What a proof that the tree of `newSize` leaves extends that of `oldSize` needs; empty from size 0. */
export function planConsistency(oldSize: number, newSize: number): ProofPlan {
  checkSize('the new size', newSize, 0, Number.MAX_SAFE_INTEGER);
  checkSize('the old size', oldSize, 0, newSize);
  const draft: Draft = { nodes: [], groups: [] };
  if (oldSize > 0) consistency(draft, oldSize, 0, newSize, true);
  return draft;
}

/** The proof of a plan from the hashes of its nodes, in the plan's order. */
export function assembleProof(plan: ProofPlan, hashes: readonly Hash[]): Hash[] {
  if (hashes.length !== plan.nodes.length || hashes.some((hash) => hash.length !== hashBytes)) {
    throw new MalformedError('merkle', `the plan needs ${plan.nodes.length} hashes of 32 bytes`);
  }
  const proof: Hash[] = [];
  let from = 0;
  for (const count of plan.groups) {
    proof.push(foldPeaks(hashes.slice(from, from + count)));
    from += count;
  }
  return proof;
}

async function fulfil(plan: ProofPlan, read: NodeReader): Promise<Hash[]> {
  return assembleProof(
    plan,
    await Promise.all(plan.nodes.map(async ({ level, index }) => await read(level, index))),
  );
}

/** RFC 6962 audit path of a leaf, from the leaf's sibling up. Reads O(log size) nodes. */
export async function proveInclusion(index: number, size: number, read: NodeReader): Promise<Hash[]> {
  return await fulfil(planInclusion(index, size), read);
}

/** RFC 6962 consistency proof between two sizes of one log. Reads O(log newSize) nodes. */
export async function proveConsistency(oldSize: number, newSize: number, read: NodeReader): Promise<Hash[]> {
  return await fulfil(planConsistency(oldSize, newSize), read);
}

/** The state from which a log of `size` leaves is appended to, read from its complete subtrees. */
export async function readCompactTree(size: number, read: NodeReader): Promise<CompactTree> {
  checkSize('the tree size', size, 0, Number.MAX_SAFE_INTEGER);
  const peaks = await Promise.all(cover(0, size).map(async ({ level, index }) => await read(level, index)));
  return { size, peaks };
}
