import { MalformedError } from '../malformed.ts';
import { type CompactTree, foldPeaks, type NodeCoordinate } from './compact.ts';
import { type Hash, hashBytes } from './hash.ts';

/**
 * What must be read for a proof, as data: `nodes` are complete subtrees, and `groups` says how many consecutive
 * ones of them fold into each hash of the proof. At most about 2 log2(size) nodes in all.
 */
export interface ProofPlan {
  readonly nodes: readonly NodeCoordinate[];
  readonly groups: readonly number[];
}

/** Answers the hash of one complete subtree of the log. It may read a database, an array or tiles. */
export type NodeReader = (level: number, index: number) => Hash | Promise<Hash>;

interface Draft {
  readonly nodes: NodeCoordinate[];
  readonly groups: number[];
}

/** Largest power of two strictly below `size` (size at least 2), with its exponent. */
function split(size: number): { readonly width: number; readonly level: number } {
  let width = 1;
  let level = 0;
  while (width * 2 < size) {
    width *= 2;
    level += 1;
  }
  return { width, level };
}

/** The complete subtrees that cover [start, start + count), where `start` is a multiple of the largest of them. */
function cover(start: number, count: number): NodeCoordinate[] {
  const nodes: NodeCoordinate[] = [];
  let from = start;
  let rest = count;
  while (rest > 0) {
    let width = 1;
    let level = 0;
    while (width * 2 <= rest) {
      width *= 2;
      level += 1;
    }
    nodes.push({ level, index: from / width });
    from += width;
    rest -= width;
  }
  return nodes;
}

function add(draft: Draft, start: number, count: number): void {
  const nodes = cover(start, count);
  draft.nodes.push(...nodes);
  draft.groups.push(nodes.length);
}

function checkSize(name: string, value: number, from: number, to: number): void {
  if (!Number.isSafeInteger(value) || value < from || value > to) {
    throw new MalformedError('merkle', `${name} is ${value}; allowed are integers from ${from} to ${to}`);
  }
}

/** PATH(index, D[start:start+count]) of RFC 6962 section 2.1.1. */
function inclusion(draft: Draft, index: number, start: number, count: number): void {
  if (count === 1) return;
  const { width } = split(count);
  if (index < width) {
    inclusion(draft, index, start, width);
    add(draft, start + width, count - width);
  } else {
    inclusion(draft, index - width, start + width, count - width);
    add(draft, start, width);
  }
}

/** SUBPROOF(size, D[start:start+count], known) of RFC 6962 section 2.1.2. */
function consistency(draft: Draft, size: number, start: number, count: number, known: boolean): void {
  if (size === count) {
    if (!known) add(draft, start, count);
    return;
  }
  const { width } = split(count);
  if (size <= width) {
    consistency(draft, size, start, width, known);
    add(draft, start + width, count - width);
  } else {
    consistency(draft, size - width, start + width, count - width, false);
    add(draft, start, width);
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
