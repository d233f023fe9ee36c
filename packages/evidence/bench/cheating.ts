import type { Claim, Opening } from '@genesis/contracts';
import { createRandom } from '@genesis/explorer';
import {
  type Cell,
  canonicalRowKey,
  canonicalTableHash,
  claimHash,
  claimSeeds,
  experimentProblems,
  fingerprintOverlap,
  openFamily,
  planSplit,
  reusedSeeds,
  rowFingerprints,
  rowsHash,
  sideOf,
  spend,
} from '../src/index.ts';
import { armsClaim, predictionClaim } from '../test/claims.ts';

/** How often a way of cheating was tried, and how often the pure checks caught it. */
export type Caught = { trick: string; tried: number; caught: number };

type Random = ReturnType<typeof createRandom>;
const key = Buffer.alloc(32, 3);
const rows = rowsHash([{ unit: 'a', y: 1, mean: 1 }]);

function spendTricks(random: Random): Record<string, () => boolean> {
  const family = openFamily('spl_demo');
  const claim = () => predictionClaim({ alpha: 0.001 + 0.049 * random.uniform(), confidence: 0.5 });
  const open = (openings: readonly Opening[], request: Claim, frozen = request, opened = rows) =>
    spend(family, openings, { claim: request, frozenHash: claimHash(frozen), rowsHash: opened });
  const first = (request: Claim): Opening[] => {
    const result = open([], request);
    return result.kind === 'spent' ? [{ ...result.opening, concluded: true }] : [];
  };
  return {
    'changes a frozen claim': () => {
      const frozen = claim();
      const changed = predictionClaim({
        alpha: frozen.alpha,
        confidence: 0.5,
        threshold: 0.5 * random.uniform(),
      });
      return open([], changed, frozen).kind === 'refused';
    },
    'confirms twice': () => {
      const once = claim();
      return open(first(once), once).kind === 'refused';
    },
    'resumes over other rows': () => {
      const once = claim();
      const crashed = first(once).map((opening) => ({ ...opening, concluded: false }));
      const others = rowsHash([{ unit: 'a', y: random.normal(), mean: 1 }]);
      return open(crashed, once, once, others).kind === 'refused';
    },
    'spends more than is left': () => {
      const once = claim();
      const greedy = predictionClaim({ alpha: Math.min(0.05, 0.0501 - once.alpha), confidence: 0.4 });
      return open(first(once), greedy).kind === 'refused';
    },
    'spends from a family without budget of its own': () =>
      open([], predictionClaim({ family: `another ${random.integer(1e9)}` })).kind === 'refused',
  };
}

function dataTricks(random: Random): Record<string, () => boolean> {
  type Row = { inputs: Cell[]; outcomes: Cell[] };
  const table = (): Row[] =>
    Array.from({ length: 60 }, () => ({
      inputs: [random.uniform(), random.integer(9), `kind ${random.integer(4)}`],
      outcomes: [random.normal() * 10],
    }));
  const cells = ({ inputs, outcomes }: Row): Cell[] => [...inputs, ...outcomes];
  const known = (a: readonly Row[], b: readonly Row[]): boolean =>
    fingerprintOverlap(
      a.map((row) => rowFingerprints(row, key)),
      b.map((row) => rowFingerprints(row, key)),
    ).recognised === 'same-rows';
  return {
    're-imports the same rows in another order and spelling': () => {
      const original = table();
      const again = random
        .shuffle(original)
        .map((row) => random.shuffle(cells(row)).map((cell) => ` ${String(cell)} `));
      return canonicalTableHash(original.map(cells)) === canonicalTableHash(again);
    },
    're-imports with one column dropped': () => {
      const original = table();
      return known(
        original,
        original.map(({ inputs, outcomes }) => ({ inputs: inputs.slice(1), outcomes })),
      );
    },
    're-imports a fifth of the rows among new ones': () => {
      const original = table();
      return known(original, [...original.slice(0, 12), ...table()]);
    },
    're-imports rounded and with one row changed': () => {
      const original = table();
      const again = original.map(
        ({ inputs, outcomes: [y] }): Row => ({
          inputs,
          outcomes: [Number(y).toFixed(5)],
        }),
      );
      return known(original, again.with(0, table()[0]!));
    },
    'respells a sealed design to get it on the explore side': () => {
      const inputs = { temperature: random.integer(500) / 10, solvent: `kind ${random.integer(9)}` };
      const keys = Array.from({ length: 40 }, (_, index) =>
        canonicalRowKey({ ...inputs, temperature: index }),
      );
      const rule = planSplit(keys, { seed: String(random.integer(1e9)), confirmFraction: 0.5 });
      const again = { solvent: ` ${inputs.solvent} `, temperature: inputs.temperature.toExponential(6) };
      return sideOf(rule, canonicalRowKey(inputs)) === sideOf(rule, canonicalRowKey(again));
    },
  };
}

function campaignTricks(random: Random): Record<string, () => boolean> {
  const whole = Array.from({ length: 20 }, (_, index) => ({ arm: 'clever', index }));
  const arms = [{ name: 'clever', budget: 20, started: 20 }];
  return {
    'drops a bad experiment': () =>
      experimentProblems(arms, whole.toSpliced(random.integer(20), 1)).length > 0,
    'runs beyond its budget': () =>
      experimentProblems(
        [{ name: 'clever', budget: 20, started: 21 }],
        [...whole, { arm: 'clever', index: 20 }],
      ).length > 0,
    'tests on a seed that it explored': () => {
      const claim = armsClaim();
      return reusedSeeds(claim, [5, claimSeeds(claim)[random.integer(23)]!]).length > 0;
    },
  };
}

/** Tries every trick that a pure check can catch. The platform's own tests try them through its doors. */
export function cheatingChecks(tried: number): Caught[] {
  const random = createRandom('honesty/cheating');
  const tricks = { ...spendTricks(random), ...dataTricks(random), ...campaignTricks(random) };
  return Object.entries(tricks).map(([trick, isCaught]) => {
    let caught = 0;
    for (let i = 0; i < tried; i++) if (isCaught()) caught++;
    return { trick, tried, caught };
  });
}
