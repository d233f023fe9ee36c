import type { FieldProblem } from '@genesis/contracts';

/** One experiment as a campaign recorded it, whatever came of it. */
export type RecordedExperiment = { arm: string; index: number };

/**
 * Whether the record of a campaign is whole: every arm has the experiments 0 … started - 1, each once, and none
 * started more than its budget. A bad experiment that was left out shows as a gap. Empty when all is well.
 */
export function experimentProblems(
  arms: readonly { name: string; budget: number; started: number }[],
  recorded: readonly RecordedExperiment[],
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const known = new Map(arms.map((arm) => [arm.name, new Set<number>()]));
  for (const { arm, index } of recorded) {
    const field = `experiments.${arm}.${index}`;
    const seen = known.get(arm);
    if (seen === undefined) problems.push({ field, message: 'the campaign has no such arm' });
    else if (seen.has(index)) problems.push({ field, message: 'is recorded twice' });
    else seen.add(index);
  }
  for (const { name, budget, started } of arms) {
    const seen = known.get(name)!;
    if (started > budget) {
      problems.push({
        field: `arms.${name}`,
        message: `started ${started} experiments on a budget of ${budget}`,
      });
    }
    for (let index = 0; index < started; index++) {
      if (!seen.has(index)) {
        problems.push({
          field: `experiments.${name}.${index}`,
          message: 'was started but is not in the record',
        });
      }
    }
    for (const index of seen) {
      if (!(Number.isInteger(index) && index >= 0 && index < started)) {
        problems.push({
          field: `experiments.${name}.${index}`,
          message: 'is recorded but was never started',
        });
      }
    }
  }
  return problems;
}
