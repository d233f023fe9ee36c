import type { StoreKind } from './place.ts';

export const kinds = ['uploads', 'imports', 'harvests', 'grants', 'labels'] as const;
export type Kind = (typeof kinds)[number];

/** What dies: the platform process, that and its PostgreSQL, the object store, or platform and object store. */
export const victims = ['platform', 'database', 'store', 'both'] as const;
export type Victim = (typeof victims)[number];

/** Once this share of the bytes was acknowledged, so long after the work began, or at a named point of the platform. */
export type When = { share: number; afterMs: number } | { afterMs: number } | { point: string; nth: number };

/** One kill: while what is done, of what, and when. */
export type Trial = {
  number: number;
  kind: Kind;
  store: StoreKind;
  victim: Victim;
  when: When;
  awayMs: number;
};

/** What a trial did besides being killed, in words, and sentences that say what did not hold. */
export type Outcome = { did: string; killed: string; broken: string[] };
export type Result = Outcome & { trial: Trial; seconds: number };

/** A small seeded generator: the trials can be repeated. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The named points that work of a kind passes, and how often at least. */
export const pointsOf: Record<Kind, readonly { point: string; times: number }[]> = {
  uploads: [],
  imports: [
    { point: 'catalog.ingested', times: 1 },
    { point: 'catalog.stored', times: 1 },
    { point: 'catalog.published', times: 1 },
  ],
  harvests: [
    { point: 'harvest.read', times: 10 },
    { point: 'harvest.entered', times: 12 },
    { point: 'remote.fetched', times: 1 },
  ],
  grants: [{ point: 'access.reminded', times: 1 }],
  labels: [],
};

/** About how long the work of a kind takes: a random kill comes within it. */
const workMs: Record<Kind, number> = {
  uploads: 0,
  imports: 4_000,
  harvests: 3_000,
  grants: 2_500,
  labels: 2_500,
};

/** The kinds by turns. Blobs lie in a folder or in the object store by turns where they are what it is about. */
export function planTrials(
  count: number,
  seed: number,
  { only, stores }: { only: readonly Kind[]; stores: readonly StoreKind[] },
): Trial[] {
  const random = createRandom(seed);
  const among = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  return Array.from({ length: count }, (_, number) => {
    const kind = only[number % only.length]!;
    const turn = Math.floor(number / only.length);
    const isOfBlobs = kind === 'uploads' || kind === 'imports';
    const store = isOfBlobs ? stores[turn % stores.length]! : 'folder';
    const points = pointsOf[kind];
    // one of two turns for each store
    const isNamed = points.length > 0 && Math.floor(turn / (isOfBlobs ? stores.length : 1)) % 2 === 1;
    const awayMs = 200 + random() * 1_500;
    if (isNamed) {
      const { point, times } = points[Math.floor(turn / 2) % points.length]!;
      const nth = 1 + Math.floor(random() * times);
      return { number, kind, store, victim: 'platform', when: { point, nth }, awayMs };
    }
    const victim = among<Victim>(store === 's3' ? ['platform', 'store', 'both'] : ['platform', 'database']);
    const when: When =
      kind === 'uploads'
        ? { share: random() * 0.9, afterMs: random() * 60 }
        : { afterMs: random() * workMs[kind] };
    return { number, kind, store, victim, when, awayMs };
  });
}
