import type { Design, ExperimentOutcome, Goal, Space, Strategy } from '@genesis/contracts';
import { deriveSeed, fitSurrogate, isBetter, type Observation, predict, suggest } from '@genesis/explorer';

/** One arm of one repeat: everything that its designs follow from. Plain data; it crosses to worker threads. */
export type Exploration = {
  space: Space;
  goal: Goal;
  strategy: Strategy;
  /** Shared by all arms of a repeat, so that they share their starts. */
  seed: string;
  starts: number;
  batch: number;
  budget: number;
};

/** An experiment as far as choosing the next one needs it. */
export type Tried = { design: Design; outcome: ExperimentOutcome };

/** Seed of a repeat of a campaign. */
export const repeatSeed = (campaignSeed: string, repeat: number): string =>
  deriveSeed(campaignSeed, 'repeat', repeat);

/**
 * Seed of an experiment's noise: it follows from campaign, arm, repeat and index. The starts of a repeat are the same
 * experiments for every arm, so their noise is too.
 */
export function noiseSeed(exploration: Exploration, arm: string, index: number): string {
  return index < exploration.starts
    ? deriveSeed(exploration.seed, 'start', index)
    : deriveSeed(exploration.seed, 'arm', arm, index);
}

/** The first and the last index (exclusive) of the block that `index` belongs to: it is proposed as one. */
export function blockOf(
  exploration: Pick<Exploration, 'starts' | 'batch' | 'budget'>,
  index: number,
): [number, number] {
  const { starts, batch, budget } = exploration;
  if (index < starts) return [0, Math.min(starts, budget)];
  const from = starts + Math.floor((index - starts) / batch) * batch;
  return [from, Math.min(from + batch, budget)];
}

/** What the explorer is told of an experiment. */
export function observationOf({ design, outcome }: Tried): Observation {
  switch (outcome.status) {
    case 'measured':
      return { design, status: 'measured', value: outcome.value };
    case 'failed':
      return { design, status: 'failed' };
    case 'censored':
      return { design, status: 'censored', bound: outcome.bound, side: outcome.side };
  }
}

/**
 * The designs of the next block: a pure function of what was tried before it, so that a campaign that was
 * interrupted goes on with the same sequence. Empty when the pool has no design left.
 */
export function nextBlock(
  exploration: Exploration,
  tried: readonly Tried[],
  pool: readonly Design[] | undefined,
): Design[] {
  const [from, to] = blockOf(exploration, tried.length);
  const { designs } = suggest({
    space: exploration.space,
    goal: exploration.goal,
    observations: tried.map(observationOf),
    ...(pool === undefined ? {} : { candidates: pool }),
    count: to - from,
    seed: exploration.seed,
    strategy: exploration.strategy,
    starts: exploration.starts,
    startDesign: 'random',
  });
  return designs;
}

/**
 * The design that an arm would recommend: of those measured, the one whose expected value is best under a model of the
 * arm's own experiments, so that a single lucky measurement does not win. The same rule for every arm.
 */
export function recommended(exploration: Exploration, tried: readonly Tried[]): Design | undefined {
  const { space, goal, seed } = exploration;
  const measured = tried.flatMap(({ design, outcome }) => (outcome.status === 'measured' ? [design] : []));
  if (measured.length === 0) return undefined;
  const surrogate = fitSurrogate({
    space,
    goal,
    observations: tried.map(observationOf),
    seed: deriveSeed(seed, 'recommend'),
  });
  const { mean } = predict(surrogate, measured);
  let best = 0;
  measured.forEach((_, i) => {
    if (isBetter(goal, mean[i]!, mean[best]!)) best = i;
  });
  return measured[best];
}
