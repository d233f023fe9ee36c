import { createHash, createHmac, createSecretKey } from 'node:crypto';

/** Fills an array with independent uniform integers in 0 … bound - 1; each call goes on where the last one ended. */
export type FillUniform = (target: Int32Array, bound: number) => void;

/**
 * A stream of uniform integers that depends on the seed text alone: xoshiro128** (Blackman and Vigna, ACM TOMS 47,
 * 2021) whose state is the head of the seed's SHA-256. Bounds are at most 2^31; scaling 32 bits makes some integers
 * more likely than others by at most bound / 2^32, relatively.
 */
export function seededUniform(seed: string): FillUniform {
  const digest = createHash('sha256').update(seed, 'utf8').digest();
  const state = Int32Array.from([0, 4, 8, 12], (offset) => digest.readInt32LE(offset));
  // The one state that xoshiro cannot leave.
  if (state.every((word) => word === 0)) state[0] = 1;
  return (target, bound) => {
    let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!];
    for (let i = 0; i < target.length; i++) {
      const product = Math.imul(b, 5);
      const word = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
      target[i] = Math.floor((word / 4294967296) * bound);
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
  };
}

/**
 * The first `count` distinct seeds of a root: 48-bit integers, each the head of HMAC-SHA256(root, purpose and index).
 * `root` is 64 hexadecimal digits. Different purposes give unrelated seeds.
 */
export function deriveSeeds(root: string, purpose: string, count: number): number[] {
  const key = createSecretKey(root, 'hex');
  const seeds = new Set<number>();
  for (let index = 0; seeds.size < count; index++) {
    const digest = createHmac('sha256', key).update(`genesis/seed/1/${purpose}/${index}`).digest();
    seeds.add(digest.readUIntBE(0, 6));
  }
  return [...seeds];
}
