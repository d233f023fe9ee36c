import type { Goal } from '@genesis/contracts';
import type { Experiment, Summary } from './schemas.ts';

function isBetter(goal: Goal, value: number, than: number): boolean {
  switch (goal.kind) {
    case 'minimize':
      return value < than;
    case 'maximize':
      return value > than;
    case 'target':
      return Math.abs(value - goal.value) < Math.abs(than - goal.value);
  }
}

/**
 * For each arm and repeat: how many experiments, how many of them gave no measurement, and the best value so far
 * after each. Experiments are in the order of the file. Pure: exactly what a checker computes again.
 */
export function summarise(goal: Goal, experiments: readonly Experiment[]): Summary {
  const groups = new Map<string, Experiment[]>();
  for (const experiment of experiments) {
    const key = JSON.stringify([experiment.arm, experiment.repeat]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [experiment]);
    else group.push(experiment);
  }
  const arms = [...groups.values()].map((group) => {
    let best: number | null = null;
    const curve = group.map(({ outcome }) => {
      if (outcome?.status === 'measured' && (best === null || isBetter(goal, outcome.value, best))) {
        best = outcome.value;
      }
      return best;
    });
    return {
      arm: group[0]!.arm,
      repeat: group[0]!.repeat,
      experiments: group.length,
      notMeasured: group.filter(({ outcome }) => outcome?.status !== 'measured').length,
      best: curve.at(-1) ?? null,
      curve,
    };
  });
  return { arms };
}
