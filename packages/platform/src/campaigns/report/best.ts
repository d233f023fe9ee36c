import type { Goal } from '@genesis/contracts';
import { isBetter } from '@genesis/explorer';
import type { ExperimentFacts } from './facts.ts';

/** The best measured experiment of a campaign, the first among equals: the one whose curve the report shows. */
export function bestExperiment<E extends Pick<ExperimentFacts, 'outcome'>>(
  goal: Goal,
  experiments: readonly E[],
): E | undefined {
  let best: { experiment: E; value: number } | undefined;
  for (const experiment of experiments) {
    const { outcome } = experiment;
    if (outcome?.status !== 'measured') continue;
    if (best === undefined || isBetter(goal, outcome.value, best.value))
      best = { experiment, value: outcome.value };
  }
  return best?.experiment;
}

/** What the pictures show of a value: itself, or for a target its distance to it. */
export const shownValue = (goal: Goal, value: number): number =>
  goal.kind === 'target' ? Math.min(Math.abs(value - goal.value), Number.MAX_VALUE) : value;
