import { createRandom, type Design, type Observation, type Space, suggest } from '@genesis/explorer';
import { type Random, smoothFunction } from './mathematics.ts';

const budget = 12;
const starts = 4;
const poolSize = 60;
/** The first designs of a pool, of which the noise is three times as large. */
const noisyDesigns = 25;
const noiseOf = (design: number): number => (design < noisyDesigns ? 1.2 : 0.4);
const space: Space = {
  parameters: [
    { kind: 'continuous', name: 'x', min: 0, max: 1 },
    { kind: 'continuous', name: 'y', min: 0, max: 1 },
  ],
};

/** One start: a problem of its own, a pool of candidates, and the shared first designs. */
type Start = { truth: number[]; pool: Design[]; first: number[] };
/** Picks the next design of the pool from what was measured. */
type Arm = (tried: readonly { design: number; value: number }[], start: Start, random: Random) => number;
type Finish = {
  /** Noiseless truth of the design that the arm ends with (the one that measured best). */
  truth: number;
  /** The largest measured value: what noise flatters. */
  observed: number;
};

function prepare(seed: string): Start {
  const random = createRandom(`${seed}/problem`);
  const f = smoothFunction(random);
  const points = Array.from({ length: poolSize }, () => [random.uniform(), random.uniform()] as const);
  const order = random.shuffle(points.map((_, index) => index));
  return { truth: points.map(f), pool: points.map(([x, y]) => ({ x, y })), first: order.slice(0, starts) };
}

/** Runs one arm to its budget, its noise and choices drawn from its own seed. */
function runArm(start: Start, arm: Arm, seed: string): Finish {
  const random = createRandom(seed);
  const tried: { design: number; value: number }[] = [];
  for (let i = 0; i < budget; i++) {
    const design = start.first[i] ?? arm(tried, start, random);
    tried.push({ design, value: start.truth[design]! + noiseOf(design) * random.normal() });
  }
  const best = tried.reduce((a, b) => (b.value > a.value ? b : a));
  return { truth: start.truth[best.design]!, observed: best.value };
}

const randomArm: Arm = (tried, _start, random) => {
  const used = new Set(tried.map(({ design }) => design));
  let design = random.integer(poolSize);
  while (used.has(design)) design = random.integer(poolSize);
  return design;
};

/** Likes designs whose measurements are noisy: its observed maximum is flattered, what it ends with is not. */
const noisyArm: Arm = (tried, _start, random) => {
  const used = new Set(tried.map(({ design }) => design));
  let design = random.integer(noisyDesigns);
  while (used.has(design)) design = random.integer(noisyDesigns);
  return design;
};

const explorerArm: Arm = (tried, { pool }, random) => {
  const observations = tried.map(
    ({ design, value }): Observation => ({ design: pool[design]!, status: 'measured', value }),
  );
  const { designs } = suggest({
    space,
    goal: { kind: 'maximize' },
    observations,
    candidates: pool,
    seed: random.integer(2 ** 31),
    starts,
  });
  const next = designs[0]!;
  return pool.findIndex((design) => design['x'] === next['x'] && design['y'] === next['y']);
};

/** Final scores of two arms after one shared start. */
export type Pair = { clever: Finish; control: Finish };

const pairOf =
  (arm: Arm) =>
  (seed: string): Pair => {
    const start = prepare(seed);
    return {
      clever: runArm(start, arm, `${seed}/clever`),
      control: runArm(start, randomArm, `${seed}/control`),
    };
  };

/** The Gaussian-process explorer against random. */
export const explorerPair = pairOf(explorerArm);
/** Random against random. */
export const idlePair = pairOf(randomArm);
/** An arm that likes noise against random. */
export const noisyPair = pairOf(noisyArm);
