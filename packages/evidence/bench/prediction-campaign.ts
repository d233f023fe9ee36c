import { createRandom, type Design, fitSurrogate, predict, type Space } from '@genesis/explorer';
import type { PredictionRow } from '../src/index.ts';
import { median } from '../src/index.ts';
import { fitCosineRidge, type Noise, type Random, smoothFunction } from './mathematics.ts';

const space: Space = {
  parameters: [
    { kind: 'continuous', name: 'x', min: 0, max: 1 },
    { kind: 'continuous', name: 'y', min: 0, max: 1 },
  ],
};
const fitted = 20;
const pilot = 20;
const population = 200;
const noiseSize = 0.35;

/** What the target of the world is: a function of the design, nothing but noise, or a function that was shuffled. */
export type Target = 'informative' | 'no-effect' | 'shuffled';

type Model = { mean: Float64Array; sd: Float64Array };
export type Metric =
  | { name: 'closer-than-baseline'; baseline: number }
  | { name: 'within-tolerance'; tolerance: number };

/**
 * A campaign that has explored 40 designs: a model fitted to 20 of them, a pilot of the other 20, and a population of
 * 200 unseen designs of which the truth and the noise are known, so that a claim's truth can be computed.
 */
export type PredictionCampaign = {
  noise: Noise;
  truth: Float64Array;
  model: Model;
  baseline: number;
  /** Pilot measurements with the model's means. */
  pilot: { y: number; mean: number }[];
};

const designs = (count: number, random: Random): [number, number][] =>
  Array.from({ length: count }, () => [random.uniform(), random.uniform()]);
const asDesign = ([x, y]: readonly [number, number]): Design => ({ x, y });

type World = {
  random: Random;
  explored: [number, number][];
  unseen: [number, number][];
  values: number[];
  truth: Float64Array;
};

function world(target: Target, noise: Noise, seed: string): World {
  const random = createRandom(seed);
  const f = target === 'no-effect' ? () => 0 : smoothFunction(random);
  const explored = designs(fitted + pilot, random);
  const unseen = designs(population, random);
  const measured = explored.map((x) => f(x) + noiseSize * noise.draw(random));
  const values = target === 'shuffled' ? random.shuffle(measured) : measured;
  return { random, explored, unseen, values, truth: Float64Array.from(unseen, f) };
}

/** The explorer's Gaussian process as the model. */
export function surrogateCampaign(target: Target, noise: Noise, seed: string): PredictionCampaign {
  const { explored, unseen, values, truth } = world(target, noise, seed);
  const surrogate = fitSurrogate({
    space,
    seed,
    observations: explored
      .slice(0, fitted)
      .map((x, index) => ({ design: asDesign(x), status: 'measured', value: values[index]! })),
  });
  const all = predict(surrogate, [...explored.slice(fitted), ...unseen].map(asDesign));
  const spread = all.sd.map((sd) => Math.hypot(sd, all.noiseSd));
  return {
    noise,
    truth,
    model: { mean: all.mean.slice(pilot), sd: spread.slice(pilot) },
    baseline: median(values)!,
    pilot: values.slice(fitted).map((y, index) => ({ y, mean: all.mean[index]! })),
  };
}

/** A hundred cheap models, of which the campaign keeps the one that did best on the pilot: the winner's curse. */
export function bestOfManyCampaign(target: Target, noise: Noise, seed: string): PredictionCampaign {
  const { random, explored, unseen, values, truth } = world(target, noise, seed);
  const baseline = median(values)!;
  let best: { hits: number; predictOne: ReturnType<typeof fitCosineRidge> } | undefined;
  for (let i = 0; i < 100; i++) {
    const predictOne = fitCosineRidge(explored.slice(0, fitted), values.slice(0, fitted), random);
    const hits = explored
      .slice(fitted)
      .filter((x, k) =>
        isHit({ name: 'closer-than-baseline', baseline }, values[fitted + k]!, predictOne(x)),
      ).length;
    if (best === undefined || hits > best.hits) best = { hits, predictOne };
  }
  const { predictOne } = best!;
  return {
    noise,
    truth,
    model: { mean: Float64Array.from(unseen, predictOne), sd: new Float64Array(population).fill(noiseSize) },
    baseline,
    pilot: explored.slice(fitted).map((x, k) => ({ y: values[fitted + k]!, mean: predictOne(x) })),
  };
}

/** The indicator that the claim is about, written a second time, apart from the code under test. */
export function isHit(metric: Metric, y: number, mean: number): boolean {
  const distance = Math.abs(y - mean);
  return metric.name === 'closer-than-baseline'
    ? distance < Math.abs(y - metric.baseline)
    : distance <= metric.tolerance;
}

/** P(hit) for a design drawn uniformly from the population, by the noise's distribution function: exact. */
export function exactProbability({ truth, model, noise }: PredictionCampaign, metric: Metric): number {
  let sum = 0;
  truth.forEach((value, index) => {
    const below = (y: number): number => noise.cdf((y - value) / noiseSize);
    const mean = model.mean[index]!;
    if (metric.name === 'within-tolerance')
      sum += below(mean + metric.tolerance) - below(mean - metric.tolerance);
    else if (mean !== metric.baseline) {
      const share = below((mean + metric.baseline) / 2);
      sum += mean < metric.baseline ? share : 1 - share;
    }
  });
  return sum / truth.length;
}

/** Rows of `count` independent designs of the population, measured once each. */
export function measureUnseen(campaign: PredictionCampaign, count: number, random: Random): PredictionRow[] {
  return Array.from({ length: count }, (_, index) => {
    const design = random.integer(campaign.truth.length);
    return {
      unit: `unit ${index}`,
      y: campaign.truth[design]! + noiseSize * campaign.noise.draw(random),
      mean: campaign.model.mean[design]!,
      sd: campaign.model.sd[design]!,
    };
  });
}
