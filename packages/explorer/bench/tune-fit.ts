/**
 * Compares settings of the model alone on the tuning pools: fits to part of a pool, judged on the rest. Usage as for
 * tune.ts: node bench/tune-fit.ts '{"bendSpread": 0}' '{"draws": 0}' [--seeds 8] [--pools a,b]
 */
import { parseArgs } from 'node:util';
import { encodeDesigns } from '../src/features.ts';
import { createRandom, deriveSeed, type Observation, score } from '../src/index.ts';
import { bend, bendGradient, standardise } from '../src/outcome.ts';
import { defaultSettings, type Settings } from '../src/settings.ts';
import { fitObservations, memberPosteriors } from '../src/surrogate.ts';
import type { Pool } from './pool.ts';
import { loadPool, tuningPools } from './pools.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '8' },
    pools: { type: 'string', default: tuningPools.join(',') },
    sizes: { type: 'string', default: '12,40' },
  },
});
const seeds = Number(flags.seeds);
const sizes = flags.sizes.split(',').map(Number);

/** loss: mean negative log density of unseen standardised values; rank: rank correlation; top: share of the best 5 % among the predicted best 5 %. */
type Quality = { loss: number; rank: number; top: number };

/** Half of the rows at random, the other half leaning to the good ones, as an exploration would have them. */
function choose(pool: Pool, size: number, seed: number): number[] {
  const random = createRandom(deriveSeed('choose', pool.name, size, seed));
  const chosen = new Set<number>();
  const n = pool.designs.length;
  while (chosen.size < size) {
    const i = random.integer(n);
    const rank = pool.ranks[i]! / n;
    if (chosen.size % 2 === 0 || random.uniform() < Math.exp(-8 * rank)) chosen.add(i);
  }
  return [...chosen];
}

function judge(pool: Pool, size: number, seed: number, settings: Settings): Quality {
  const chosen = choose(pool, size, seed);
  const observations = chosen.map(
    (i): Observation => ({ design: pool.designs[i]!, status: 'measured', value: pool.values[i]! }),
  );
  const surrogate = fitObservations(pool.space, pool.goal, observations, `fit ${seed}`, settings);
  const known = new Set(chosen);
  const rest = pool.designs.flatMap((_, i) => (known.has(i) ? [] : [i]));
  const unseen = encodeDesigns(
    pool.space,
    rest.map((i) => pool.designs[i]!),
  );
  const posteriors = memberPosteriors(surrogate.members, unseen);
  const { power } = surrogate.outcome;
  let loss = 0;
  const means = rest.map((i, k) => {
    const z = standardise(surrogate.outcome, pool.values[i]!);
    const bent = bend(power, z);
    let density = 0;
    let average = 0;
    surrogate.members.forEach(({ weight, process }, m) => {
      const mean = posteriors[m]!.mean[k]!;
      const variance = posteriors[m]!.variance[k]! + process.parameters.noise;
      density +=
        (weight * Math.exp((-0.5 * (bent - mean) ** 2) / variance)) / Math.sqrt(2 * Math.PI * variance);
      average += weight * mean;
    });
    loss -= Math.max(-8, Math.log(density) + (power === 1 ? 0 : bendGradient(power, z).logSlope));
    return average;
  });
  const rankOf = (values: readonly number[]): number[] => {
    const ranks: number[] = new Array(values.length);
    values
      .map((_, i) => i)
      .sort((a, b) => values[b]! - values[a]!)
      .forEach((i, rank) => {
        ranks[i] = rank;
      });
    return ranks;
  };
  const predicted = rankOf(means);
  const actual = rankOf(rest.map((i) => score(pool.goal, pool.values[i]!)));
  const n = rest.length;
  const distance = predicted.reduce((sum, rank, i) => sum + (rank - actual[i]!) ** 2, 0);
  const few = Math.ceil(0.05 * n);
  const both = predicted.filter((rank, i) => rank < few && actual[i]! < few).length;
  return { loss: loss / n, rank: 1 - (6 * distance) / (n * (n * n - 1)), top: both / few };
}

function row(name: string, { loss, rank, top }: Quality, more = ''): string {
  return `${name.padEnd(14)} loss ${loss.toFixed(3).padStart(7)}  rank ${rank.toFixed(3)}  top ${(100 * top).toFixed(1).padStart(5)}${more}`;
}

function average(list: readonly Quality[]): Quality {
  const mean = (key: keyof Quality): number =>
    list.reduce((sum, quality) => sum + quality[key], 0) / list.length;
  return { loss: mean('loss'), rank: mean('rank'), top: mean('top') };
}

for (const text of positionals.length > 0 ? positionals : ['{}']) {
  const settings: Settings = { ...defaultSettings, ...(JSON.parse(text) as Partial<Settings>) };
  console.log(`\n${text}`);
  const all = new Map<number, Quality[]>(sizes.map((size) => [size, []]));
  const begun = process.cpuUsage();
  for (const name of flags.pools.split(',')) {
    const lines = sizes.map((size) => {
      const own = Array.from({ length: seeds }, (_, seed) =>
        judge(loadPool(name, seed), size, seed, settings),
      );
      all.get(size)!.push(average(own));
      return row(size === sizes[0] ? name : '', average(own));
    });
    console.log(lines.join('  |  '));
  }
  const used = process.cpuUsage(begun).user / 1e6;
  console.log(
    sizes.map((size) => row(size === sizes[0] ? 'mean' : '', average(all.get(size)!))).join('  |  '),
    `  ${used.toFixed(0)} cpu s`,
  );
}
