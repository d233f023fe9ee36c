/** What is killed in which trial, and when: decided before anything runs, the same for the same seed. */

/** Numbers from 0 up to 1, the same sequence for the same seed (Numerical Recipes' linear congruential generator). */
export function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * What dies: `both` is Genesis and, at the same time, the controller of Slurm; `node` is slurmd with the jobs on its
 * node. In the last three the runs are at another Genesis before that Slurm: `client` is the first Genesis, `facility`
 * the other one, `facility-slurm` the controller.
 */
export const kinds = [
  'genesis',
  'slurmctld',
  'slurmd',
  'both',
  'client',
  'facility',
  'facility-slurm',
  'node',
] as const;
export type Kind = (typeof kinds)[number];

/** Whether the runs go to the facility. */
export const isFar = (kind: Kind): boolean => ['client', 'facility', 'facility-slurm'].includes(kind);
/** A job at a facility is several file operations there and takes its time, so there are fewer of them. */
export const runsOf = (kind: Kind, runs: number): number => (isFar(kind) ? Math.ceil(runs / 3) : runs);
/** Which Genesis dies. */
export const serverThatDies = (kind: Kind): 'server' | 'facility' | null =>
  kind === 'facility' ? 'facility' : ['genesis', 'both', 'client'].includes(kind) ? 'server' : null;

/** Genesis dies at its crash points by itself. */
const crashPoints = [
  'run.begun',
  'run.placed',
  'slurm.staged',
  'slurm.submitted',
  'run.launched',
  'run.ended',
  'run.recorded',
] as const;
const farPoints = ['run.begun', 'run.placed', 'run.launched', 'run.ended', 'run.recorded'] as const;
const facilityPoints = ['job.launched', 'file.begun', 'job.ended', 'file.done', 'job.recorded'] as const;
/** What others can see of the same gaps; at these the daemons of Slurm are killed. */
const moments = ['batch.listed', 'job.started', 'job.ended'] as const;
export type Moment = (typeof moments)[number];

export type When = { point: string; nth: number } | { point: null; afterMs: number };
export type Trial = {
  number: number;
  kind: Kind;
  when: When;
  /** How long what was killed stays away. */
  awayMs: number;
};

/** Points that a few batches reach a few times only. */
const seldom: ReadonlySet<string> = new Set(['slurm.staged', 'slurm.submitted', 'batch.listed']);
function pointsOf(kind: Kind): readonly string[] {
  if (kind === 'genesis' || kind === 'both') return crashPoints;
  if (kind === 'client') return farPoints;
  if (kind === 'facility') return facilityPoints;
  // a facility launches the jobs one by one
  return kind === 'facility-slurm' ? moments.slice(1) : moments;
}
/** Every point at which something can be killed. */
export const allPoints: readonly string[] = [...new Set(kinds.flatMap(pointsOf))];

/** Slurm takes a while to give up a node (SlurmdTimeout), so a node dies in one round of three only. */
const inRound = (round: number, only: readonly Kind[]): readonly Kind[] =>
  round % 3 === 0 || only.length === 1 ? only : only.filter((kind) => kind !== 'node');
const nodeAwayMs = 60_000;

/** Kinds in turn; half of each at named points, which also take their turns, half at random moments. */
export function planTrials(
  wanted: { trials: number; runs: number; seed: number; only: readonly Kind[] },
  random = generator(wanted.seed),
): Trial[] {
  const { trials, only } = wanted;
  const between = (least: number, most: number): number => least + random() * (most - least);
  const rounds = new Map<Kind, number>();
  const turns = Array.from({ length: trials }, (_, round) => inRound(round, only)).flat();
  return turns.slice(0, trials).map((kind, number) => {
    const round = rounds.get(kind) ?? 0;
    rounds.set(kind, round + 1);
    const points = pointsOf(kind);
    const runs = runsOf(kind, wanted.runs);
    // the first point of a kind depends on the seed, so that short series differ
    const point = points[(Math.floor(round / 2) + wanted.seed) % points.length]!;
    const when: When =
      round % 2 === 0
        ? { point, nth: Math.ceil(between(0, seldom.has(point) ? 2 : runs)) || 1 }
        : { point: null, afterMs: Math.round(between(100, 1_500 + runs * (isFar(kind) ? 1_500 : 120))) };
    const awayMs = Math.round(between(0, 4_000)) + (kind === 'node' ? nodeAwayMs : 0);
    return { number, kind, when, awayMs };
  });
}

export const wordsOf = (when: When): string =>
  when.point === null ? `after ${(when.afterMs / 1_000).toFixed(1)} s` : `${when.point}@${when.nth}`;
