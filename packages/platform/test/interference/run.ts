import type { Server } from '../noninterference/running-server.ts';
import { acts, type Hidden, nothingHidden, wholeWorld } from './hidden-acts.ts';
import { compareWithNothing, type Difference, differences, observe } from './observe.ts';
import { readPaths } from './read-paths.ts';
import { type WatchedWorld, watchedWorld } from './watched-world.ts';

export type Outcome = {
  responses: number;
  reads: number;
  observers: number;
  acts: Record<string, number>;
  /** Answers that show something: agreement on refusals alone would prove nothing. */
  shown: number;
  differences: Difference[];
};

const sample = <T>(items: readonly T[], count: number, draw: number): T[] =>
  items.length <= count
    ? [...items]
    : Array.from(
        { length: count },
        (_, i) => items[(draw * 31 + i * Math.floor(items.length / count)) % items.length]!,
      );

/**
 * Lets people do what others may not see, and asks these others everything before and after: no answer may have changed. Each
 * id that came of it is asked for beside one that nothing has.
 */
export async function runInterference(
  server: Server,
  options: { responses: number; seed: number; quick: boolean; progress: (line: string) => void },
): Promise<Outcome> {
  const { responses, seed, quick, progress } = options;
  const world = await watchedWorld(server, `${seed}`);
  const reads = await readPaths(world);
  const outcome: Outcome = {
    ...{ responses: 0, reads: reads.length, observers: world.observers.length },
    ...{ acts: {}, shown: 0, differences: [] },
  };
  const hidden = nothingHidden();
  const perform = async (name: string, act: (world: WatchedWorld, hidden: Hidden) => Promise<void>) => {
    await act(world, hidden);
    outcome.acts[name] = (outcome.acts[name] ?? 0) + 1;
    return name;
  };
  // The first things that the acts need, before anybody has looked.
  await perform('a dataset is imported', acts['a dataset is imported']!);
  const groups = quick ? [Object.entries(acts)] : Object.entries(acts).map((one) => [one]);
  for (let round = 0; outcome.responses < responses; round++) {
    for (const [number, group] of groups.entries()) {
      if (outcome.responses >= responses && !quick) break;
      const known = sample(hidden.ids, quick ? 10 : 20, seed + round + number);
      const before = new Map<string, Awaited<ReturnType<typeof observe>>>();
      for (const by of world.observers) before.set(by.name, await observe(world, reads, by, known));
      const names: string[] = [];
      const already = hidden.ids.length;
      for (const [name, act] of group) names.push(await perform(name, act));
      if (!quick && number === 0) names.push(await perform('a whole world', wholeWorld));
      for (const by of world.observers) {
        const was = before.get(by.name)!;
        const is = await observe(world, reads, by, known);
        outcome.responses += was.size + is.size;
        outcome.shown += [...is.values()].filter((text) => text.startsWith('200')).length;
        outcome.differences.push(...differences(by, names.join('; '), was, is));
        const made = sample(hidden.ids.slice(already), quick ? 8 : 12, seed + round);
        const pairs = await compareWithNothing(world, reads, by, made, seed + round + number);
        outcome.responses += pairs.answers;
        outcome.differences.push(...pairs.differences);
      }
      progress(
        `${outcome.responses} responses, ${outcome.differences.length} differences: ${names.join('; ').slice(0, 80)}`,
      );
    }
  }
  return outcome;
}
