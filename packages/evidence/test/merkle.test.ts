import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  appendLeaf,
  assembleProof,
  type CompactTree,
  compactRoot,
  emptyRoot,
  emptyTree,
  type Hash,
  leafHash,
  nodeHash,
  planBatch,
  planInclusion,
  proveConsistency,
  proveInclusion,
  readCompactTree,
  rootFromBatch,
  rootFromLeaves,
  verifyConsistency,
  verifyInclusion,
} from '../src/index.ts';
import argon from './vectors/argon2020.json' with { type: 'json' };
import vectors from './vectors/certificate-transparency.json' with { type: 'json' };

const hex = (text: string): Hash => Buffer.from(text, 'hex');
const base64 = (text: string): Hash => Buffer.from(text, 'base64');
const leafAt = (index: number): Hash => leafHash(Buffer.from(`leaf ${index}`));

/** RFC 6962 section 2.1, word for word: the definition that the fast code is held against. */
function naiveRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return emptyRoot;
  if (leaves.length === 1) return leaves[0]!;
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

function naivePath(m: number, leaves: readonly Hash[]): Hash[] {
  if (leaves.length === 1) return [];
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return m < k
    ? [...naivePath(m, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(m - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))];
}

function naiveSubproof(m: number, leaves: readonly Hash[], known: boolean): Hash[] {
  if (m === leaves.length) return known ? [] : [naiveRoot(leaves)];
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return m <= k
    ? [...naiveSubproof(m, leaves.slice(0, k), known), naiveRoot(leaves.slice(k))]
    : [...naiveSubproof(m - k, leaves.slice(k), false), naiveRoot(leaves.slice(0, k))];
}

/** A log in memory, with its nodes in a map and its compact state. */
function grow(leaves: readonly Hash[]): { tree: CompactTree; read: (level: number, index: number) => Hash } {
  const nodes = new Map<string, Hash>();
  let tree = emptyTree;
  for (const leaf of leaves) {
    const step = appendLeaf(tree, leaf);
    tree = step.tree;
    for (const node of step.completed) nodes.set(`${node.level}/${node.index}`, node.hash);
  }
  return {
    tree,
    read: (level, index) => {
      const hash = nodes.get(`${level}/${index}`);
      if (hash === undefined) throw new Error(`node ${level}/${index} was never completed`);
      return hash;
    },
  };
}

test('leaf and root hashes of the Certificate Transparency tree', () => {
  const leaves = vectors.leaves.map((leaf) => leafHash(hex(leaf)));
  expect(emptyRoot).toEqual(hex(vectors.emptyRoot));
  for (const [at, root] of vectors.roots.entries()) {
    expect(rootFromLeaves(leaves.slice(0, at + 1))).toEqual(hex(root));
    expect(compactRoot(grow(leaves.slice(0, at + 1)).tree)).toEqual(hex(root));
  }
});

test('inclusion proofs of the Certificate Transparency tree, and none of its corruptions', async () => {
  const leaves = vectors.leaves.map((leaf) => leafHash(hex(leaf)));
  const { read } = grow(leaves);
  for (const { index, size, proof: published } of vectors.inclusion) {
    const proof = published.map(hex);
    const leaf = leaves[index]!;
    const root = hex(vectors.roots[size - 1]!);
    expect(await proveInclusion(index, size, read)).toEqual(proof);
    expect(verifyInclusion(index, size, leaf, proof, root)).toBe(true);
    const wrong = hex(vectors.wrongHash);
    const corrupt: [string, boolean][] = [
      ['index - 1', verifyInclusion(index - 1, size, leaf, proof, root)],
      ['index + 1', verifyInclusion(index + 1, size, leaf, proof, root)],
      ['index ^ 2', verifyInclusion(index ^ 2, size, leaf, proof, root)],
      ['size * 2', verifyInclusion(index, size * 2, leaf, proof, root)],
      ['size / 2', verifyInclusion(index, Math.floor(size / 2), leaf, proof, root)],
      ['fraction', verifyInclusion(index + 0.5, size, leaf, proof, root)],
      ['wrong leaf', verifyInclusion(index, size, Buffer.from('WrongLeaf'), proof, root)],
      ['empty root', verifyInclusion(index, size, leaf, proof, emptyRoot)],
      ['random root', verifyInclusion(index, size, leaf, proof, wrong)],
      ['trailing garbage', verifyInclusion(index, size, leaf, [...proof, new Uint8Array()], root)],
      ['trailing root', verifyInclusion(index, size, leaf, [...proof, root], root)],
      ['preceding garbage', verifyInclusion(index, size, leaf, [new Uint8Array(), ...proof], root)],
      ['preceding root', verifyInclusion(index, size, leaf, [root, ...proof], root)],
    ];
    for (const at of proof.keys()) {
      const flipped = proof.map((hash, i) => (i === at ? Buffer.from(hash).fill(hash[0]! ^ 8, 0, 1) : hash));
      corrupt.push([`bit of ${at}`, verifyInclusion(index, size, leaf, flipped, root)]);
    }
    if (proof.length > 0) {
      corrupt.push(['removed', verifyInclusion(index, size, leaf, proof.slice(0, -1), root)]);
      corrupt.push([
        'inserted',
        verifyInclusion(index, size, leaf, [proof[0]!, wrong, ...proof.slice(1)], root),
      ]);
    }
    expect(corrupt.filter(([, accepted]) => accepted)).toEqual([]);
  }
});

test('consistency proofs of the Certificate Transparency tree, and none of their corruptions', async () => {
  const { read } = grow(vectors.leaves.map((leaf) => leafHash(hex(leaf))));
  for (const { oldSize, newSize, proof: published } of vectors.consistency) {
    const proof = published.map(hex);
    const [oldRoot, newRoot] = [hex(vectors.roots[oldSize - 1]!), hex(vectors.roots[newSize - 1]!)];
    expect(await proveConsistency(oldSize, newSize, read)).toEqual(proof);
    expect(verifyConsistency(oldSize, newSize, oldRoot, newRoot, proof)).toBe(true);
    if (proof.length === 0) continue;
    const check = (a: number, b: number, c: Hash, d: Hash, p: readonly Hash[]) =>
      verifyConsistency(a, b, c, d, p);
    const corrupt: [string, boolean][] = [
      ['old size - 1', check(oldSize - 1, newSize, oldRoot, newRoot, proof)],
      ['old size + 1', check(oldSize + 1, newSize, oldRoot, newRoot, proof)],
      ['old size ^ 2', check(oldSize ^ 2, newSize, oldRoot, newRoot, proof)],
      ['new size * 2', check(oldSize, newSize * 2, oldRoot, newRoot, proof)],
      ['new size / 2', check(oldSize, Math.floor(newSize / 2), oldRoot, newRoot, proof)],
      ['wrong old root', check(oldSize, newSize, Buffer.from('WrongRoot'), newRoot, proof)],
      ['wrong new root', check(oldSize, newSize, oldRoot, Buffer.from('WrongRoot'), proof)],
      ['swapped roots', check(oldSize, newSize, newRoot, oldRoot, proof)],
      ['empty', check(oldSize, newSize, oldRoot, newRoot, [])],
      ['trailing garbage', check(oldSize, newSize, oldRoot, newRoot, [...proof, new Uint8Array()])],
      ['trailing old root', check(oldSize, newSize, oldRoot, newRoot, [...proof, oldRoot])],
      ['trailing new root', check(oldSize, newSize, oldRoot, newRoot, [...proof, newRoot])],
      ['preceding garbage', check(oldSize, newSize, oldRoot, newRoot, [new Uint8Array(), ...proof])],
      ['preceding old root', check(oldSize, newSize, oldRoot, newRoot, [oldRoot, ...proof])],
      ['preceding new root', check(oldSize, newSize, oldRoot, newRoot, [newRoot, ...proof])],
      ['doubled first', check(oldSize, newSize, oldRoot, newRoot, [proof[0]!, ...proof])],
      ['truncated', check(oldSize, newSize, oldRoot, newRoot, proof.slice(0, -1))],
    ];
    for (const at of proof.keys()) {
      const flipped = proof.map((hash, i) => (i === at ? Buffer.from(hash).fill(hash[0]! ^ 16, 0, 1) : hash));
      corrupt.push([`bit of ${at}`, check(oldSize, newSize, oldRoot, newRoot, flipped)]);
    }
    expect(corrupt.filter(([, accepted]) => accepted)).toEqual([]);
  }
});

test('proofs of a real Certificate Transparency log of 961,984,013 entries', () => {
  const { size, index } = argon;
  const root = base64(argon.root);
  const leaf = leafHash(base64(argon.leaf));
  expect(verifyInclusion(index, size, leaf, argon.inclusion.map(base64), root)).toBe(true);
  expect(verifyInclusion(index + 1, size, leaf, argon.inclusion.map(base64), root)).toBe(false);
  const oldRoot = base64(argon.oldRoot);
  const proof = argon.consistency.map(base64);
  expect(verifyConsistency(argon.oldSize, size, oldRoot, root, proof)).toBe(true);
  expect(verifyConsistency(argon.oldSize + 1, size, oldRoot, root, proof)).toBe(false);
});

test('trivial and impossible consistency', () => {
  const [a, b] = [leafAt(1), leafAt(2)];
  expect(verifyConsistency(0, 0, emptyRoot, emptyRoot, [])).toBe(true);
  expect(verifyConsistency(0, 1, emptyRoot, a, [])).toBe(true);
  expect(verifyConsistency(0, 1, b, a, [])).toBe(false);
  expect(verifyConsistency(0, 1, emptyRoot, a, [b])).toBe(false);
  expect(verifyConsistency(1, 1, a, a, [])).toBe(true);
  expect(verifyConsistency(1, 1, a, b, [])).toBe(false);
  expect(verifyConsistency(1, 1, a, a, [b])).toBe(false);
  expect(verifyConsistency(2, 1, a, b, [])).toBe(false);
  expect(verifyConsistency(1, 2, a, b, [])).toBe(false);
  expect(verifyConsistency(-1, 2, a, b, [])).toBe(false);
});

test('every root and proof up to 130 leaves equals the definition of RFC 6962', async () => {
  const leaves = Array.from({ length: 130 }, (_, i) => leafAt(i));
  const { read } = grow(leaves);
  const roots = Array.from({ length: 131 }, (_, size) => naiveRoot(leaves.slice(0, size)));
  for (let size = 0; size <= 130; size++) {
    expect(compactRoot(await readCompactTree(size, read))).toEqual(roots[size]);
    expect(rootFromLeaves(leaves.slice(0, size))).toEqual(roots[size]);
    const tree = leaves.slice(0, size);
    for (let index = 0; index < size; index++) {
      const proof = await proveInclusion(index, size, read);
      if (size < 40 || index % 7 === 0) expect(proof).toEqual(naivePath(index, tree));
      if (!verifyInclusion(index, size, leaves[index]!, proof, roots[size]!))
        throw new Error(`${index} of ${size}`);
    }
    for (let old = 0; old <= size; old++) {
      const proof = await proveConsistency(old, size, read);
      if (old > 0 && (size < 40 || old % 7 === 0)) expect(proof).toEqual(naiveSubproof(old, tree, true));
      if (!verifyConsistency(old, size, roots[old]!, roots[size]!, proof))
        throw new Error(`${old} to ${size}`);
    }
  }
});

test('a proof holds for its own index, size and leaf only', async () => {
  const leaves = Array.from({ length: 130 }, (_, i) => leafAt(i));
  const { read } = grow(leaves);
  const sizes = fc.integer({ min: 1, max: 130 });
  await fc.assert(
    fc.asyncProperty(sizes, sizes, fc.nat(129), fc.nat(129), async (size, other, index, claimed) => {
      fc.pre(index < size);
      const proof = await proveInclusion(index, size, read);
      const root = naiveRoot(leaves.slice(0, size));
      if (claimed !== index) expect(verifyInclusion(claimed, size, leaves[index]!, proof, root)).toBe(false);
      if (claimed !== index) expect(verifyInclusion(index, size, leaves[claimed]!, proof, root)).toBe(false);
      if (other < size) {
        const consistency = await proveConsistency(other, size, read);
        const forged = nodeHash(root, root);
        expect(verifyConsistency(other, size, naiveRoot(leaves.slice(0, other)), forged, consistency)).toBe(
          false,
        );
        expect(verifyConsistency(other, size, forged, root, consistency)).toBe(false);
      }
    }),
  );
});

test('a proof in a log of a billion entries reads few nodes', () => {
  for (const index of [0, 12_345, 999_999_999]) {
    expect(planInclusion(index, 1_000_000_000).nodes.length).toBeLessThanOrEqual(60);
  }
  expect(planInclusion(2 ** 52, 2 ** 53 - 1).nodes.length).toBeLessThanOrEqual(106);
});

test('bad sizes and states are refused with what is allowed', async () => {
  await expect(proveInclusion(3, 3, () => emptyRoot)).rejects.toThrow(
    'the leaf index is 3; allowed are integers from 0 to 2',
  );
  await expect(proveConsistency(4, 3, () => emptyRoot)).rejects.toThrow('the old size is 4');
  expect(() => compactRoot({ size: 3, peaks: [emptyRoot] })).toThrow('a tree of 3 leaves has 2 peaks');
  expect(() => appendLeaf(emptyTree, new Uint8Array(31))).toThrow('32 bytes');
});

test('a batch proof holds for exactly its leaves, at every size up to 130', () => {
  const leaves = Array.from({ length: 130 }, (_, i) => leafAt(i));
  const { read } = grow(leaves);
  const size = fc.integer({ min: 1, max: 130 });
  fc.assert(
    fc.property(size, fc.array(fc.nat(129), { minLength: 1 }), fc.nat(), (n, picks, at) => {
      const indices = [...new Set(picks.map((pick) => pick % n))].sort((a, b) => a - b);
      const plan = planBatch(indices, n);
      const proof = assembleProof(
        plan,
        plan.nodes.map(({ level, index }) => read(level, index)),
      );
      const own = indices.map((index) => leaves[index]!);
      const root = naiveRoot(leaves.slice(0, n));
      expect(rootFromBatch(indices, own, n, proof)).toEqual(root);
      const changed = own.map((leaf, i) => (i === at % own.length ? leafAt(1000) : leaf));
      expect(rootFromBatch(indices, changed, n, proof)).not.toEqual(root);
      expect(rootFromBatch(indices, own, n, [...proof, root])).toBeNull();
      if (proof.length > 0) {
        expect(rootFromBatch(indices, own, n, proof.slice(1))).toBeNull();
        expect(rootFromBatch(indices, own, n, proof.with(at % proof.length, leafAt(1000)))).not.toEqual(root);
      }
      const moved = indices.with(-1, indices.at(-1)! + 1);
      const elsewhere = rootFromBatch(moved, own, n, proof);
      if (elsewhere !== null) expect(elsewhere).not.toEqual(root);
    }),
    { numRuns: 1000 },
  );
});

test('a batch of one is the audit path, a batch of all is empty, and bad batches are refused', async () => {
  const leaves = Array.from({ length: 77 }, (_, i) => leafAt(i));
  const { read } = grow(leaves);
  const order = (hashes: readonly Hash[]) => hashes.map((hash) => Buffer.from(hash).toString('hex')).sort();
  for (let index = 0; index < 77; index++) {
    const plan = planBatch([index], 77);
    const proof = assembleProof(
      plan,
      plan.nodes.map((node) => read(node.level, node.index)),
    );
    expect(order(proof)).toEqual(order(await proveInclusion(index, 77, read)));
  }
  expect(planBatch([...leaves.keys()], 77).nodes).toEqual([]);
  expect(rootFromBatch([...leaves.keys()], leaves, 77, [])).toEqual(naiveRoot(leaves));
  for (const indices of [[], [77], [1, 1], [2, 1], [-1], [0.5]]) {
    expect(() => planBatch(indices, 77)).toThrow('its indices ascend below the size');
    expect(
      rootFromBatch(
        indices,
        indices.map(() => leaves[0]!),
        77,
        [],
      ),
    ).toBeNull();
  }
});
