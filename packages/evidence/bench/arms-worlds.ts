import type { ArmsClaim, Outcome } from '@genesis/contracts';
import { createRandom } from '@genesis/explorer';
import {
  type ArmsRow,
  claimSeeds,
  evaluateClaim,
  median,
  planTest,
  suggestSampleSize,
} from '../src/index.ts';
import { armsClaim } from '../test/claims.ts';
import { explorerPair, idlePair, noisyPair, type Pair } from './arms-loop.ts';
import { noises, normalQuantile, type Random } from './mathematics.ts';
import { gaussianPower, oraclePower, signedRankRejects, studentRejects } from './oracle.ts';
import { alpha, type PowerRow, powerRow, type Tally, tallyOf } from './tally.ts';

/** The least that a claim may have, and one whose attained level is close to alpha. */
const sampleSizes = [20, 23, 30] as const;

type Bound = { threshold?: number; minimalEffect?: number; sampleSize?: number };

/** Each hypothesis has a root of its own, so seeds of its own. */
function claimFor(world: string, index: number, bound: Bound = {}): ArmsClaim {
  const random = createRandom(`honesty/root/${world}/${index}`);
  const seedRoot = Array.from({ length: 64 }, () => random.integer(16).toString(16)).join('');
  const { source } = armsClaim();
  return armsClaim({ sampleSize: sampleSizes[index % 3]!, ...bound, source: { ...source, seedRoot } });
}

const rowsFor = (claim: ArmsClaim, difference: (seed: number, index: number) => number): ArmsRow[] =>
  claimSeeds(claim).map((seed, index) => ({
    unit: String(seed),
    clever: difference(seed, index),
    control: 0,
  }));
const outcomeFor = (claim: ArmsClaim, difference: (seed: number, index: number) => number): Outcome =>
  evaluateClaim(claim, rowsFor(claim, difference), 'prospective').outcome;

const ahead = ({ clever, control }: Pair): number => clever.truth - control.truth;
const looksAhead = ({ clever, control }: Pair): number => clever.observed - control.observed;
const signTestSupports = (differences: readonly number[]): boolean =>
  differences.filter((value) => value > 0).length >=
  planTest({ boundary: 0.5, truth: 0.5, alpha }, differences.length).criticalValue;

/** Fresh runs of two arms for every hypothesis; the claim is that the first is ahead at all. */
function liveWorld(world: string, hypotheses: number, pair: (seed: string) => Pair): Tally {
  const outcomes: Outcome[] = [];
  let naive = 0;
  let truly = 0;
  let all = 0;
  for (let index = 0; index < hypotheses; index++) {
    const claim = claimFor(world, index);
    const pairs = claimSeeds(claim).map((seed) => pair(String(seed)));
    outcomes.push(outcomeFor(claim, (_seed, start) => ahead(pairs[start]!)));
    if (signTestSupports(pairs.map(looksAhead))) naive++;
    truly += pairs.filter((one) => ahead(one) > 0).length;
    all += pairs.length;
  }
  if (truly > 0.5 * all + 3 * Math.sqrt(0.25 * all))
    throw new Error(`in the world "${world}" the claim is not false`);
  return tallyOf('arms', world, hypotheses, outcomes, {
    naive: { what: 'scored on the maximum observed', supported: naive },
  });
}

/** Twenty arms that are all random; the luckiest of the exploration is claimed, and tested on fresh starts. */
function curseWorld(hypotheses: number): Tally {
  const outcomes: Outcome[] = [];
  let naive = 0;
  for (let index = 0; index < hypotheses; index++) {
    let best: number[] = [];
    const wins = (differences: readonly number[]): number => differences.filter((value) => value > 0).length;
    for (let arm = 0; arm < 20; arm++) {
      const explored = Array.from({ length: 20 }, (_, start) =>
        ahead(idlePair(`curse/${index}/${arm}/${start}`)),
      );
      if (wins(explored) > wins(best)) best = explored;
    }
    const claim = claimFor('curse', index);
    outcomes.push(outcomeFor(claim, (seed) => ahead(idlePair(`fresh/${seed}`))));
    if (signTestSupports(best)) naive++;
  }
  return tallyOf('arms', "winner's curse: best of 20 equal arms", hypotheses, outcomes, {
    naive: { what: 'tested on the starts that chose the arm', supported: naive },
  });
}

/** Differences from a known distribution whose median is exactly the minimal effect. */
function drawnWorld(world: string, hypotheses: number, draw: () => number): Tally {
  const minimalEffect = 0.25;
  const outcomes: Outcome[] = [];
  let naive = 0;
  let naiveRank = 0;
  for (let index = 0; index < hypotheses; index++) {
    const claim = claimFor(world, index, { minimalEffect });
    const differences = Array.from({ length: claim.sampleSize }, draw);
    outcomes.push(outcomeFor(claim, (_seed, start) => differences[start]! + minimalEffect));
    if (studentRejects(differences, alpha)) naive++;
    if (signedRankRejects(differences, alpha)) naiveRank++;
  }
  const what = `tested by the t statistic (by signed ranks: ${(naiveRank / hypotheses).toFixed(3)})`;
  return tallyOf('arms', world, hypotheses, outcomes, {
    atBoundary: true,
    naive: { what, supported: naive },
  });
}

/** Ten looks as the starts come in, stopping at the first p-value below alpha, against one look at the end. */
function peekingWorld(hypotheses: number, random: Random): Tally {
  const outcomes: Outcome[] = [];
  let naive = 0;
  for (let index = 0; index < hypotheses; index++) {
    const claim = claimFor('peeking', index, { sampleSize: 30 });
    const differences = Array.from({ length: 30 }, () => random.normal());
    outcomes.push(outcomeFor(claim, (_seed, start) => differences[start]!));
    if (Array.from({ length: 10 }, (_, look) => differences.slice(0, 12 + 2 * look)).some(signTestSupports))
      naive++;
  }
  return tallyOf('arms', 'peeking: refused, one look at 30 starts', hypotheses, outcomes, {
    atBoundary: true,
    naive: { what: 'ten looks, stopping at the first below 0.05', supported: naive },
  });
}

/**
 * Real explorer runs, measured once; a seed picks one of them, so the differences are independent draws from a known
 * finite distribution whose median is known exactly.
 */
type Bank = { differences: number[]; share: (boundary: number) => number; at: (seed: number) => number };

function bankOf(differences: number[]): Bank {
  return {
    differences,
    share: (boundary) => differences.filter((value) => value > boundary).length / differences.length,
    at: (seed) => differences[createRandom(seed).integer(differences.length)]!,
  };
}

function bankWorlds(bank: Bank, hypotheses: number, random: Random): Tally[] {
  const exact = median(bank.differences)!;
  const boundary: Outcome[] = [];
  const swapped: Outcome[] = [];
  for (let index = 0; index < hypotheses; index++) {
    const claim = claimFor('boundary', index, { threshold: exact });
    boundary.push(outcomeFor(claim, bank.at));
    const labels = claimFor('labels', index);
    swapped.push(outcomeFor(labels, (seed) => (random.uniform() < 0.5 ? -1 : 1) * bank.at(seed)));
  }
  return [
    tallyOf('arms', 'effect exactly at the boundary, explorer against random', hypotheses, boundary, {
      atBoundary: true,
    }),
    tallyOf('arms', 'shuffled labels of the arms', hypotheses, swapped, { atBoundary: true }),
  ];
}

/** The boundary lies where the bank has about `share` of its differences above it. */
function powerAt(share: number, bank: Bank, hypotheses: number): PowerRow {
  const sorted = [...bank.differences].sort((a, b) => a - b);
  const boundary = sorted[Math.floor((1 - share) * sorted.length)]!;
  const truth = bank.share(boundary);
  const question = { boundary: 0.5, truth, alpha };
  const plan = suggestSampleSize(question, { power: 0.8, atLeast: 20, atMost: 200 });
  let supported = 0;
  for (let index = 0; index < hypotheses; index++) {
    const claim = claimFor(`power ${share}`, index, { threshold: boundary, sampleSize: plan.sampleSize });
    if (outcomeFor(claim, bank.at) === 'supported') supported++;
  }
  return powerRow({
    kind: 'arms',
    effect: truth - 0.5,
    sampleSize: String(plan.sampleSize),
    hypotheses,
    power: supported / hypotheses,
    oracle: oraclePower(question, plan.sampleSize),
    note: `z-test, known spread, Gaussian shift of ${normalQuantile(truth).toFixed(2)} sd: ${gaussianPower(truth, alpha, plan.sampleSize).toFixed(3)}`,
  });
}

export type ArmsReport = {
  tallies: Tally[];
  powers: PowerRow[];
  explorer: { runs: number; medianAhead: number };
};

/** All worlds of claims about arms; `hypotheses` in each, and a bank of `runs` real explorer runs (odd). */
export function armsWorlds(hypotheses: number, runs: number, progress: (step: string) => void): ArmsReport {
  const random = createRandom('honesty/arms');
  progress('explorer runs');
  const bank = bankOf(Array.from({ length: runs }, (_, index) => ahead(explorerPair(`bank/${index}`))));
  progress('arm loops');
  const [gaussian, skewed, heavy] = noises;
  // The skewed noise has mean 0, so its median lies below: e^0 - e^(1/2).
  const skewedMedian = 1 - Math.exp(0.5);
  return {
    tallies: [
      ...bankWorlds(bank, hypotheses, random),
      drawnWorld('effect exactly at the boundary, Gaussian', hypotheses, () => gaussian!.draw(random)),
      drawnWorld(
        'effect exactly at the boundary, skewed',
        hypotheses,
        () => skewed!.draw(random) - skewedMedian,
      ),
      drawnWorld('effect exactly at the boundary, heavy-tailed', hypotheses, () => heavy!.draw(random)),
      liveWorld('no effect: random against random', hypotheses, idlePair),
      liveWorld("winner's curse: an arm that likes noisy designs", hypotheses, noisyPair),
      curseWorld(hypotheses),
      peekingWorld(hypotheses, random),
    ],
    powers: [0.7, 0.8, 0.9].map((share) => powerAt(share, bank, hypotheses)),
    explorer: { runs, medianAhead: median(bank.differences)! },
  };
}
