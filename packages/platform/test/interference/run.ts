import type { Server } from '../noninterference/running-server.ts';
import { acts, type Hidden, nothingHidden, wholeWorld } from './hidden-acts.ts';
import { compareWithNothing, type Difference, differences, type Observations, observe } from './observe.ts';
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
  // In the short form: the guest, a colleague of low clearance, and nobody.
  const observers = world.observers.filter((_, i) => !quick || i % 7 < 2);
  const outcome: Outcome = {
    ...{ responses: 0, reads: reads.length, observers: observers.length },
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
  const all = Object.entries(acts);
  const together = quick ? all.length : 3;
  const groups = Array.from({ length: Math.ceil(all.length / together) }, (_, i) =>
    all.slice(i * together, (i + 1) * together),
  );
  const last = new Map<string, Observations>();
  /** What everybody receives now; where they were asked before, it is what they received then. */
  async function look(known: readonly string[], done: string): Promise<void> {
    for (const by of observers) {
      const is = await observe(world, reads, by, known);
      outcome.responses += is.size;
      outcome.shown += [...is.values()].filter((text) => text.startsWith('200')).length;
      const found = differences(by, done, last.get(by.name) ?? new Map(), is);
      for (const one of found)
        progress(`DIFFERENCE for ${one.by}: ${one.ask}\n- ${one.before}\n+ ${one.after}`);
      outcome.differences.push(...found);
      last.set(by.name, is);
    }
  }
  await look(hidden.ids, 'nothing');
  for (let round = 0; round === 0 || outcome.responses < responses; round++) {
    for (const [number, group] of groups.entries()) {
      if (round > 0 && outcome.responses >= responses) break;
      const known = sample(hidden.ids, 6, seed + round + number);
      const already = hidden.ids.length;
      const names: string[] = [];
      for (const [name, act] of group) names.push(await perform(name, act));
      if (!quick && number === 0) names.push(await perform('a whole world beside it', wholeWorld));
      await look(known, names.join('; '));
      const made = sample(hidden.ids.slice(already), quick ? 8 : 24, seed + round);
      for (const by of observers) {
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
