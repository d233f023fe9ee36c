import { censoredSites } from './censored.ts';
import { ExplorerError, requireThat } from './errors.ts';
import { encodeDesigns } from './features.ts';
import { type Fit, fit } from './fit.ts';
import { condition, type GaussianProcess, posterior, prepare } from './gaussian-process.ts';
import { assertGoal, assertObservations, type Goal, type Observation } from './goal.ts';
import { bend, type OutcomeScale, outcomeScale, standardise } from './outcome.ts';
import { deriveSeed } from './random.ts';
import { defaultSettings, type Settings } from './settings.ts';
import { assertSpace, type Space } from './space.ts';

/** A weighted Gaussian process of a mixture. */
export type Member = { weight: number; process: GaussianProcess };

/** What a censored observation says, in the surrogate's (standardised) values. */
export type Limit = { row: number; bound: number; side: 'above' | 'below' };

/**
 * A model of the objective: a mixture of Gaussian processes over settings of their parameters, in standardised and
 * bent values (`outcome`). `feasibility` models whether an experiment succeeds (1) or fails (0), present when both
 * were seen. Plain data; write it with `encodeSurrogate`.
 */
export type Surrogate = {
  space: Space;
  goal: Goal;
  outcome: OutcomeScale;
  /** Features of the designs that inform the objective; every member has the same rows and values. */
  rows: Float64Array;
  members: Member[];
  feasibility: GaussianProcess | null;
};

export type FitRequest = {
  space: Space;
  goal?: Goal;
  observations: readonly Observation[];
  seed: number | string;
};

/**
 * Fits a surrogate to observations. Needs one measured or censored observation; throws an ExplorerError that names
 * the field when the request is not usable. A pure function of its argument.
 */
export function fitSurrogate(request: FitRequest): Surrogate {
  assertSpace(request.space);
  const goal = request.goal ?? { kind: 'maximize' };
  assertGoal(goal);
  assertObservations(request.space, request.observations);
  requireThat(
    request.observations.some(({ status }) => status !== 'failed'),
    'observations',
    'must hold at least one measured or censored observation',
  );
  return fitObservations(
    request.space,
    goal,
    request.observations,
    deriveSeed(request.seed),
    defaultSettings,
  );
}

/** As `fitSurrogate`, for checked arguments. */
export function fitObservations(
  space: Space,
  goal: Goal,
  observations: readonly Observation[],
  seed: string,
  settings: Settings,
): Surrogate {
  const known = observations.filter((observation) => observation.status !== 'failed');
  const measured = known.flatMap((o) => (o.status === 'measured' ? [o.value] : []));
  const limits: Limit[] = [];
  const numbers = known.map((observation) =>
    observation.status === 'measured' ? observation.value : observation.bound,
  );
  const scale = outcomeScale(measured.length > 1 ? measured : numbers, goal);
  // Values far outside what was measured (bounds, say) would swamp the fit.
  const standard = Float64Array.from(numbers, (value) => clamp(standardise(scale, value), 1e3));
  known.forEach((observation, row) => {
    if (observation.status !== 'censored') return;
    const side = (observation.side === 'above') === (scale.sign === 1) ? 'above' : 'below';
    limits.push({ row, bound: standard[row]!, side });
  });
  const rows = encodeDesigns(
    space,
    known.map(({ design }) => design),
  );
  const categorical = space.parameters.map(({ kind }) => kind === 'categorical');
  const bendable = goal.kind !== 'target' && limits.length === 0;
  let values: Float64Array = standard;
  let extraNoise: Float64Array = new Float64Array(standard.length);
  let fitted = fit({ rows, categorical, standard, extraNoise, bendable, seed }, settings);
  for (let pass = 0; limits.length > 0 && pass < 2; pass++) {
    const sites = censoredSites(rows, categorical, standard, limits, fitted.members[0]!.parameters);
    values = sites.values;
    extraNoise = sites.extraNoise;
    fitted = fit({ rows, categorical, standard: values, extraNoise, bendable, seed }, settings);
  }
  const bent = values.map((z) => bend(fitted.power, z));
  return {
    space,
    goal,
    outcome: { ...scale, power: fitted.power },
    rows,
    members: conditionAll(fitted, rows, categorical, bent, extraNoise),
    feasibility: fitFeasibility(space, observations, categorical, seed, settings),
  };
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}

function conditionAll(
  fitted: Fit,
  rows: Float64Array,
  categorical: readonly boolean[],
  values: Float64Array,
  extraNoise: Float64Array,
): Member[] {
  const prepared = prepare({ rows, categorical, values, extraNoise });
  const members = fitted.members.flatMap(({ weight, parameters }) => {
    const process = condition(prepared, parameters);
    return process === undefined ? [] : [{ weight, process }];
  });
  if (members.length === 0)
    throw new ExplorerError('observations', 'must allow a positive definite covariance (internal failure)');
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  return members.map(({ weight, process }) => ({ weight: weight / total, process }));
}

/** A Gaussian process on success (1) and failure (0): Rasmussen and Williams, 6.5 (least-squares classification). */
function fitFeasibility(
  space: Space,
  observations: readonly Observation[],
  categorical: readonly boolean[],
  seed: string,
  settings: Settings,
): Surrogate['feasibility'] {
  const outcomes = Float64Array.from(observations, ({ status }) => (status === 'failed' ? 0 : 1));
  if (!outcomes.includes(0) || !outcomes.includes(1)) return null;
  const rows = encodeDesigns(
    space,
    observations.map(({ design }) => design),
  );
  // Failure is taken for less likely than success where nothing is known: zero is the prior mean.
  const values = outcomes.map((outcome) => (outcome === 1 ? 0.5 : -1));
  const fitted = fit(
    { rows, categorical, standard: values, bendable: false, seed },
    {
      ...settings,
      draws: 0,
      // A border is a jump, which short length scales would explain best and learn nothing from.
      lengthScaleLocation: -0.5,
      lengthScaleSpread: 0.3,
      signalSpread: 0.3,
      noiseLocation: -3,
      noiseSpread: 0.5,
    },
  );
  const process = condition(prepare({ rows, categorical, values }), fitted.members[0]!.parameters);
  return process ?? null;
}

/** Posterior means and variances of every member at rows of features, in modelled values. */
export function memberPosteriors(
  members: readonly Member[],
  rows: Float64Array,
): { mean: Float64Array; variance: Float64Array }[] {
  return members.map(({ process }) => posterior(process, rows));
}
