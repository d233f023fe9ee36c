import {
  logExpectedApproach,
  logExpectedImprovement,
  logFeasibility,
  modelledTarget,
} from './acquisition.ts';
import { condition, type GaussianProcess, posterior, prepare, priorVariance } from './gaussian-process.ts';
import { crossCovariance } from './kernel.ts';
import { choleskyInPlace } from './linear-algebra.ts';
import { createRandom, deriveSeed } from './random.ts';
import type { Settings } from './settings.ts';
import type { Member, Surrogate } from './surrogate.ts';

export type ModelStrategy = 'log-expected-improvement' | 'upper-confidence-bound' | 'thompson-sampling';

/** A surrogate with the experiments that are under way taken as done, at the values expected of them. */
export type Believer = {
  surrogate: Surrogate;
  members: Member[];
  target: number | undefined;
  best: number[];
};

function utility(target: number | undefined, value: number): number {
  return target === undefined ? value : -Math.abs(value - target);
}

/** Starts without anything under way. The incumbent is the best posterior mean at a tried design, not a noisy value. */
export function believe(surrogate: Surrogate): Believer {
  const target = modelledTarget(surrogate);
  const best = surrogate.members.map(({ process }) =>
    posterior(process, surrogate.rows).mean.reduce(
      (most, mean) => Math.max(most, utility(target, mean)),
      -Infinity,
    ),
  );
  return { surrogate, members: surrogate.members, target, best };
}

/** Adds one experiment under way (Ginsbourger, Le Riche and Carraro, 2010: "kriging believer"). */
export function believeMore(believer: Believer, row: Float64Array): Believer {
  const members = believer.members.map(({ weight, process }) => {
    const { mean } = posterior(process, row);
    const extended = extend(process, row, mean[0]!);
    return { weight, process: extended ?? process };
  });
  return { ...believer, members };
}

function extend(process: GaussianProcess, row: Float64Array, value: number): GaussianProcess | undefined {
  const rows = new Float64Array(process.rows.length + row.length);
  rows.set(process.rows);
  rows.set(row, process.rows.length);
  const values = new Float64Array(process.values.length + 1);
  values.set(process.values);
  values[process.values.length] = value;
  const extraNoise = new Float64Array(values.length);
  extraNoise.set(process.extraNoise);
  return condition(
    prepare({ rows, categorical: process.categorical, values, extraNoise }),
    process.parameters,
  );
}

/** How much each row is worth measuring next, greater is more; comparable within one call only. */
export function acquisition(
  believer: Believer,
  strategy: ModelStrategy,
  rows: Float64Array,
  members: readonly Member[],
  settings: Settings,
): Float64Array {
  const count = rows.length / believer.surrogate.space.parameters.length;
  const posteriors = members.map(({ process }) => posterior(process, rows));
  const values = new Float64Array(count);
  const { target } = believer;
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  if (strategy === 'log-expected-improvement') {
    const logs = members.map(({ weight }) => Math.log(weight / total));
    const terms = new Float64Array(members.length);
    for (let i = 0; i < count; i++) {
      let most = -Infinity;
      for (let m = 0; m < members.length; m++) {
        const mean = posteriors[m]!.mean[i]!;
        const variance = posteriors[m]!.variance[i]!;
        const best = believer.best[believer.members.indexOf(members[m]!)]!;
        const term =
          logs[m]! +
          (target === undefined
            ? logExpectedImprovement(mean, variance, best)
            : logExpectedApproach(mean, variance, target, -best));
        terms[m] = term;
        if (term > most) most = term;
      }
      let sum = 0;
      for (let m = 0; m < members.length; m++) sum += Math.exp(terms[m]! - most);
      values[i] = most === -Infinity ? -Infinity : most + Math.log(sum);
    }
  } else {
    for (let i = 0; i < count; i++) {
      let first = 0;
      let second = 0;
      for (let m = 0; m < members.length; m++) {
        const mean = posteriors[m]!.mean[i]!;
        first += (members[m]!.weight / total) * mean;
        second += (members[m]!.weight / total) * (mean * mean + posteriors[m]!.variance[i]!);
      }
      values[i] =
        utility(target, first) + settings.bandwidth * Math.sqrt(Math.max(0, second - first * first));
    }
  }
  return weighByFeasibility(believer, values, rows, strategy);
}

/** Expected improvement is multiplied by the probability of success; other utilities fall towards the least one. */
function weighByFeasibility(
  believer: Believer,
  values: Float64Array,
  rows: Float64Array,
  strategy: ModelStrategy,
): Float64Array {
  if (believer.surrogate.feasibility === null) return values;
  const logs = logFeasibility(believer.surrogate, rows);
  if (strategy === 'log-expected-improvement') return values.map((value, i) => value + logs[i]!);
  const least = values.reduce((low, value) => Math.min(low, value), Infinity);
  return values.map((value, i) => (value - least) * Math.exp(logs[i]!));
}

/** One joint draw of the objective over the rows from the posterior of one member, drawn by its weight. */
export function thompsonUtility(believer: Believer, rows: Float64Array, seed: string): Float64Array {
  const random = createRandom(deriveSeed(seed, 'thompson'));
  let remaining = random.uniform();
  const member =
    believer.members.find(({ weight }) => {
      remaining -= weight;
      return remaining < 0;
    }) ?? believer.members[0]!;
  const { process } = member;
  const { categorical, parameters } = process;
  const count = rows.length / categorical.length;
  const n = process.weights.length;
  const cross = crossCovariance(rows, 0, count, process.rows, n, categorical, parameters);
  const whitened = new Float64Array(count * n);
  const mean = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let r = 0; r < n; r++) {
      let sum = 0;
      for (let k = 0; k <= r; k++) sum += process.inverseFactor[r * n + k]! * cross[i * n + k]!;
      whitened[i * n + r] = sum;
      mean[i] = mean[i]! + cross[i * n + r]! * process.weights[r]!;
    }
  }
  const covariance = crossCovariance(rows, 0, count, rows, count, categorical, parameters);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let r = 0; r < n; r++) sum += whitened[i * n + r]! * whitened[j * n + r]!;
      covariance[i * count + j] = covariance[i * count + j]! - sum;
    }
  }
  const prior = priorVariance(parameters);
  const factor = jitteredFactor(covariance, count, prior);
  const normals = Float64Array.from({ length: count }, () => random.normal());
  const values = mean.map((value, i) => {
    let draw = value;
    for (let k = 0; k <= i; k++) draw += factor[i * count + k]! * normals[k]!;
    return utility(believer.target, draw);
  });
  return weighByFeasibility(believer, values, rows, 'thompson-sampling');
}

function jitteredFactor(covariance: Float64Array, n: number, prior: number): Float64Array {
  for (let jitter = 1e-9; ; jitter *= 10) {
    const factor = covariance.slice();
    for (let i = 0; i < n; i++) factor[i * n + i] = factor[i * n + i]! + jitter * prior;
    if (choleskyInPlace(factor, n)) return factor;
  }
}
