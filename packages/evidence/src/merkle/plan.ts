import type { NodeCoordinate } from './compact.ts';

/**
 * What must be read for a proof, as data: `nodes` are complete subtrees, and `groups` says how many consecutive
 * ones of them fold into each hash of the proof. At most about 2 log2(size) nodes in all.
 */
export interface ProofPlan {
  readonly nodes: readonly NodeCoordinate[];
  readonly groups: readonly number[];
}

export interface Draft {
  readonly nodes: NodeCoordinate[];
  readonly groups: number[];
}

/** RFC 6962's split: the largest power of two strictly below `count` (at least 2). */
export function splitAt(count: number): number {
  let width = 1;
  while (width * 2 < count) width *= 2;
  return width;
}

/** The complete subtrees that cover [start, start + count), where `start` is a multiple of the largest of them. */
export function cover(start: number, count: number): NodeCoordinate[] {
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

/** Adds the hash of [start, start + count) to a proof. */
export function addRange(draft: Draft, start: number, count: number): void {
  const nodes = cover(start, count);
  draft.nodes.push(...nodes);
  draft.groups.push(nodes.length);
}
