import { poisson } from './poisson.ts';

/** A stream of random numbers that is fixed, to the bit, by the seed that made it. */
export interface Random {
  /** Uniform on the open interval (0, 1), with 53 random bits. */
  uniform(): number;
  /** Normal with mean 0 and variance 1. */
  normal(): number;
  /** Poisson with the given mean (finite, at least 0). */
  poisson(mean: number): number;
  /** Uniform integer in 0 .. count-1; count is a positive safe integer. */
  integer(count: number): number;
}

/**
 * Makes a generator from any string. Equal seeds give equal streams; different seeds give streams that
 * are independent for every practical purpose (not for cryptography).
 *
 * The string is hashed into 128 bits by four multiply-xor lanes with a final avalanche (MurmurHash3's
 * finaliser), which start xoshiro128** (Blackman and Vigna, ACM TOMS 47, 2021, "Scrambled linear
 * pseudorandom number generators").
 */
export function createRandom(seed: string): Random {
  const state = hash128(seed);
  let spare: number | undefined;

  function next32(): number {
    const s1 = state[1]!;
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = s1 << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= s1;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    const s3 = state[3]!;
    state[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  function uniform(): number {
    const high = next32() >>> 5;
    const low = next32() >>> 6;
    // Half a unit in the last place keeps 0 and 1 out, so that logarithms are finite.
    return (high * 67_108_864 + low + 0.5) / 9_007_199_254_740_992;
  }

  function normal(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  return {
    uniform,
    normal,
    poisson: (mean) => poisson(mean, uniform),
    // 53 bits against at most a few thousand choices: the bias is below 1e-12.
    integer: (count) => Math.min(count - 1, Math.floor(uniform() * count)),
  };
}

function hash128(text: string): Uint32Array {
  const lanes = new Uint32Array([0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667]);
  const multipliers = [0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    for (let lane = 0; lane < 4; lane++) {
      const mixed = Math.imul(lanes[lane]! ^ unit, multipliers[lane]!);
      lanes[lane] = (mixed << 13) | (mixed >>> 19);
    }
  }
  let carry = text.length;
  for (let round = 0; round < 2; round++) {
    for (let lane = 0; lane < 4; lane++) {
      carry = avalanche((lanes[lane]! + carry) >>> 0);
      lanes[lane] = carry;
    }
  }
  // xoshiro must not start from all zeros.
  if (lanes.every((lane) => lane === 0)) lanes[0] = 1;
  return lanes;
}

function avalanche(value: number): number {
  let x = value ^ (value >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
