/** A seeded stream of random numbers. The same seed gives the same stream on every machine. */
export type Random = {
  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number;
  /** Uniform integer in 0 … bound - 1. */
  integer(bound: number): number;
  /** Standard normal (Box and Muller's method). */
  normal(): number;
  /** A new array with the items in random order (Fisher and Yates). */
  shuffle<Item>(items: readonly Item[]): Item[];
};

/** Joins parts into one seed; different lists of parts give different seeds. */
export function deriveSeed(...parts: readonly (string | number)[]): string {
  return parts
    .map((part) => `${typeof part === 'number' ? '#' : '$'}${String(part).length}:${part}`)
    .join('');
}

/** FNV-1a over UTF-16 units with a finalising mix, started at four offsets: 128 bits of state from any string. */
function hashState(seed: string): Uint32Array {
  const state = new Uint32Array(4);
  for (let word = 0; word < 4; word++) {
    let hash = (0x811c9dc5 ^ Math.imul(word + 1, 0x9e3779b1)) >>> 0;
    for (let i = 0; i < seed.length; i++) {
      hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    state[word] = hash ^ (hash >>> 16);
  }
  if (state.every((word) => word === 0)) state[0] = 1;
  return state;
}

/**
 * xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021),
 * seeded by a hash of the string form of `seed`.
 */
export function createRandom(seed: number | string): Random {
  const state = hashState(typeof seed === 'number' ? deriveSeed(seed) : seed);
  let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!];
  let spareNormal: number | undefined;

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
  const uniform = (): number => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
  const integer = (bound: number): number => Math.floor(uniform() * bound);
  const normal = (): number => {
    if (spareNormal !== undefined) {
      const spare = spareNormal;
      spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const shuffle = <Item>(items: readonly Item[]): Item[] => {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      [copy[i], copy[j]] = [copy[j]!, copy[i]!];
    }
    return copy;
  };
  return { uniform, integer, normal, shuffle };
}
