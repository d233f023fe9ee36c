import { type Design, designKey, type Goal, type Space, score } from '../src/index.ts';

/** A table of measured designs that stands in for a laboratory: a design is answered with its mean value. */
export type Pool = {
  name: string;
  space: Space;
  goal: Goal;
  designs: Design[];
  values: number[];
  /** The place of each design in the order from best (0) to worst. */
  ranks: number[];
  index: Map<string, number>;
};

/** Averages the replicates of a design. */
export function poolOf(
  name: string,
  space: Space,
  goal: Goal,
  table: readonly { design: Design; value: number }[],
): Pool {
  const groups = new Map<string, { design: Design; values: number[] }>();
  for (const { design, value } of table) {
    const key = designKey(space, design);
    const group = groups.get(key) ?? { design, values: [] };
    group.values.push(value);
    groups.set(key, group);
  }
  const designs = [...groups.values()].map(({ design }) => design);
  const values = [...groups.values()].map(
    (group) => group.values.reduce((a, b) => a + b, 0) / group.values.length,
  );
  const order = values
    .map((_, i) => i)
    .sort((a, b) => score(goal, values[b]!) - score(goal, values[a]!) || a - b);
  const ranks: number[] = new Array(values.length);
  order.forEach((i, rank) => {
    ranks[i] = rank;
  });
  return {
    name,
    space,
    goal,
    designs,
    values,
    ranks,
    index: new Map([...groups.keys()].map((key, i) => [key, i])),
  };
}
