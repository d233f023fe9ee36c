import { createHash, createHmac } from 'node:crypto';

/** Uniform integers in 0 … bound - 1. */
export type Draw = (bound: number) => number;

/**
 * A stream of uniform integers that depends on the seed text alone: xoshiro128** (Blackman and Vigna, ACM TOMS 47,
 * 2021) whose state is the SHA-256 of the seed. The bound is far below 2^53, so the bias of scaling is below 1e-9.
 */
export function seededDraw(seed: string): Draw {
  const digest = createHash('sha256').update(seed, 'utf8').digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let d = digest.readUInt32LE(12) | 1;
  const next = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return (bound) => Math.floor((((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992) * bound);
}

/**
 * The first `count` distinct seeds of a root: 48-bit integers, each the head of HMAC-SHA256(root, purpose and index).
 * `root` is 64 hexadecimal digits. Different purposes give unrelated seeds.
 */
export function deriveSeeds(root: string, purpose: string, count: number): number[] {
  const key = Buffer.from(root, 'hex');
  const seeds = new Set<number>();
  for (let index = 0; seeds.size < count; index++) {
    const digest = createHmac('sha256', key).update(`genesis/seed/1/${purpose}/${index}`).digest();
    seeds.add(digest.readUIntBE(0, 6));
  }
  return [...seeds];
}
