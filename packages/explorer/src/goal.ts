import { ExplorerError, isRecord, requireThat, shown } from './errors.ts';
import { assertDesign, type Design, type Space } from './space.ts';

export type Goal = { kind: 'minimize' } | { kind: 'maximize' } | { kind: 'target'; value: number };

/** What became of one experiment. `censored`: the true value lies above or below the bound. */
export type Observation = { design: Design } & (
  | { status: 'measured'; value: number }
  | { status: 'failed' }
  | { status: 'censored'; bound: number; side: 'above' | 'below' }
);

export function assertGoal(goal: unknown, field = 'goal'): asserts goal is Goal {
  requireThat(isRecord(goal), field, 'must be an object with kind');
  const { kind, value } = goal;
  if (kind === 'target') {
    requireThat(
      typeof value === 'number' && Number.isFinite(value),
      `${field}.value`,
      `must be a finite number, got ${shown(value)}`,
    );
  } else if (kind !== 'minimize' && kind !== 'maximize') {
    throw new ExplorerError(`${field}.kind`, `must be minimize, maximize or target, got ${shown(kind)}`);
  }
}

export function assertObservations(
  space: Space,
  observations: unknown,
  field = 'observations',
): asserts observations is Observation[] {
  requireThat(Array.isArray(observations), field, 'must be an array');
  observations.forEach((observation: unknown, i) => {
    const place = `${field}[${i}]`;
    requireThat(isRecord(observation), place, 'must be an object with design and status');
    assertDesign(space, observation['design'], `${place}.design`);
    const { status, value, bound, side } = observation;
    if (status === 'measured') {
      requireThat(
        typeof value === 'number' && Number.isFinite(value),
        `${place}.value`,
        `must be a finite number, got ${shown(value)}`,
      );
    } else if (status === 'censored') {
      requireThat(
        typeof bound === 'number' && Number.isFinite(bound),
        `${place}.bound`,
        `must be a finite number, got ${shown(bound)}`,
      );
      requireThat(
        side === 'above' || side === 'below',
        `${place}.side`,
        `must be 'above' or 'below', got ${shown(side)}`,
      );
    } else if (status !== 'failed') {
      throw new ExplorerError(
        `${place}.status`,
        `must be measured, failed or censored, got ${shown(status)}`,
      );
    }
  });
}

/** How good a value is for the goal: greater is better. In units of the objective. */
export function score(goal: Goal, value: number): number {
  if (goal.kind === 'maximize') return value;
  return goal.kind === 'minimize' ? -value : -Math.abs(value - goal.value);
}

export function isBetter(goal: Goal, value: number, than: number): boolean {
  return score(goal, value) > score(goal, than);
}

/** The best measured observation (the first among equals), or undefined when nothing was measured. */
export function bestOf(
  goal: Goal,
  observations: readonly Observation[],
): (Observation & { status: 'measured' }) | undefined {
  let best: (Observation & { status: 'measured' }) | undefined;
  for (const observation of observations) {
    if (observation.status !== 'measured') continue;
    if (best === undefined || isBetter(goal, observation.value, best.value)) best = observation;
  }
  return best;
}
