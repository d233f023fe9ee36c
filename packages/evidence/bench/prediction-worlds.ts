import type { Opening, Outcome, PredictionClaimDraft, Verdict } from '@genesis/contracts';
import { createRandom } from '@genesis/explorer';
import {
  claimHash,
  evaluateClaim,
  openFamily,
  type PredictionRow,
  planTest,
  rowsHash,
  type StatedConfidence,
  spend,
  suggestSampleSize,
} from '../src/index.ts';
import { predictionClaim } from '../test/claims.ts';
import { noises, type Random } from './mathematics.ts';
import { oraclePower } from './oracle.ts';
import {
  bestOfManyCampaign,
  exactProbability,
  isHit,
  type Metric,
  measureUnseen,
  type PredictionCampaign,
  surrogateCampaign,
} from './prediction-campaign.ts';
import { alpha, type PowerRow, powerRow, type Tally, tallyOf } from './tally.ts';

const perCampaign = 4;
const sampleSize = 80;

type Bound = Pick<PredictionClaimDraft, 'threshold' | 'minimalEffect' | 'direction'>;
type Extra = { sampleSize?: number; alpha?: number; confidence?: number; family?: string };

const claimOf = (metric: Metric, bound: Bound, extra: Extra = {}) =>
  predictionClaim({
    estimand: `probability-${metric.name}`,
    metric: { ...metric, version: 1 },
    sampleSize,
    ...bound,
    ...extra,
  });
const test = (metric: Metric, bound: Bound, rows: PredictionRow[], extra: Extra = {}): Verdict =>
  evaluateClaim(claimOf(metric, bound, { sampleSize: rows.length, ...extra }), rows, 'prospective');

const metricsOf = (campaign: PredictionCampaign): Metric[] => [
  { name: 'closer-than-baseline', baseline: campaign.baseline },
  { name: 'within-tolerance', tolerance: 0.5 },
];
const decidable = (boundary: number): boolean => boundary > 0.06 && boundary < 0.94;

/** Claims whose boundary is exactly the truth of their model: every rejection is an error, on either side. */
function boundaryWorld(name: string, campaigns: readonly PredictionCampaign[], random: Random): Tally {
  const outcomes: Outcome[] = [];
  campaigns.forEach((campaign, index) => {
    for (const metric of metricsOf(campaign)) {
      const truth = exactProbability(campaign, metric);
      if (!decidable(truth)) continue;
      for (let i = 0; i < perCampaign / 2; i++) {
        const minimalEffect = (index % 3) * 0.02;
        const greater = (index + i) % 2 === 0;
        const bound: Bound = greater
          ? { direction: 'greater', threshold: truth - minimalEffect, minimalEffect }
          : { direction: 'less', threshold: truth + minimalEffect, minimalEffect };
        outcomes.push(test(metric, bound, measureUnseen(campaign, sampleSize, random)).outcome);
      }
    }
  });
  return tallyOf('prediction', name, campaigns.length, outcomes, { atBoundary: true });
}

/** "Better than the baseline for more than half", by models that learned nothing; only claims that are false count. */
function halfWorld(
  name: string,
  campaigns: readonly PredictionCampaign[],
  random: Random,
  curse: boolean,
): Tally {
  const outcomes: Outcome[] = [];
  let naive = 0;
  const bound: Bound = { direction: 'greater', threshold: 0.5, minimalEffect: 0 };
  for (const campaign of campaigns) {
    const metric: Metric = { name: 'closer-than-baseline', baseline: campaign.baseline };
    if (exactProbability(campaign, metric) > 0.5) continue;
    for (let i = 0; i < perCampaign; i++) {
      outcomes.push(test(metric, bound, measureUnseen(campaign, sampleSize, random)).outcome);
      const hits = campaign.pilot.filter(({ y, mean }) => isHit(metric, y, mean)).length;
      if (hits >= planTest({ boundary: 0.5, truth: 0.5, alpha }, campaign.pilot.length).criticalValue)
        naive++;
    }
  }
  return tallyOf('prediction', name, campaigns.length, outcomes, {
    ...(curse ? { naive: { what: 'tested on the data that chose the model', supported: naive } } : {}),
  });
}

/** Ten looks at a growing sample of a claim at its boundary; the family's budget decides which looks happen. */
function peekingWorld(campaigns: readonly PredictionCampaign[], random: Random, eachAlpha: number): Tally {
  const outcomes: Outcome[] = [];
  let naive = 0;
  campaigns.forEach((campaign, index) => {
    const metric: Metric = { name: 'closer-than-baseline', baseline: campaign.baseline };
    const truth = exactProbability(campaign, metric);
    if (!decidable(truth)) return;
    for (let repeat = 0; repeat < perCampaign; repeat++) {
      const family = openFamily(`campaign ${index} ${repeat}`);
      const bound: Bound = { direction: 'greater', threshold: truth, minimalEffect: 0 };
      const all = measureUnseen(campaign, 200, random);
      let openings: Opening[] = [];
      let outcome: Outcome = 'inconclusive';
      let peeked = false;
      for (let look = 1; look <= 10; look++) {
        const rows = all.slice(0, 100 + 10 * look);
        const claim = claimOf(metric, bound, {
          sampleSize: rows.length,
          alpha: eachAlpha,
          family: family.id,
        });
        const hits = rows.filter(({ y, mean }) => isHit(metric, y!, mean!)).length;
        if (hits >= planTest({ boundary: truth, truth, alpha }, rows.length).criticalValue) peeked = true;
        const granted = spend(family, openings, {
          claim,
          frozenHash: claimHash(claim),
          rowsHash: rowsHash(rows),
        });
        if (granted.kind !== 'spent') continue;
        openings = [...openings, granted.opening];
        if (evaluateClaim(claim, rows, 'prospective').outcome === 'supported') outcome = 'supported';
      }
      const spent = openings.reduce((sum, opening) => sum + opening.alpha, 0);
      if (spent > family.alpha + 1e-12) throw new Error(`a family spent ${spent} of ${family.alpha}`);
      outcomes.push(outcome);
      if (peeked) naive++;
    }
  });
  return tallyOf('prediction', `peeking: 10 looks asked at alpha ${eachAlpha}`, campaigns.length, outcomes, {
    naive: { what: 'stops at the first look below 0.05', supported: naive },
  });
}

function powerAt(effect: number, campaigns: readonly PredictionCampaign[], random: Random): PowerRow {
  let supported = 0;
  let hypotheses = 0;
  let oracle = 0;
  const sizes: number[] = [];
  for (const campaign of campaigns) {
    for (const metric of metricsOf(campaign)) {
      const truth = exactProbability(campaign, metric);
      const boundary = truth - effect;
      if (!decidable(boundary)) continue;
      const plan = suggestSampleSize({ boundary, truth, alpha }, { power: 0.8, atMost: 400 });
      for (let i = 0; i < perCampaign / 2; i++) {
        const bound: Bound = { direction: 'greater', threshold: boundary, minimalEffect: 0 };
        const verdict = test(metric, bound, measureUnseen(campaign, plan.sampleSize, random));
        if (verdict.outcome === 'supported') supported++;
        oracle += oraclePower({ boundary, truth, alpha }, plan.sampleSize);
        hypotheses++;
        sizes.push(plan.sampleSize);
      }
    }
  }
  sizes.sort((a, b) => a - b);
  return powerRow({
    kind: 'prediction',
    effect,
    sampleSize: `${sizes[0]}-${sizes.at(-1)}`,
    hypotheses,
    power: supported / hypotheses,
    oracle: oracle / hypotheses,
    note: '',
  });
}

export type Researcher = { name: string; stated: StatedConfidence[] };

/**
 * Confidences that two researchers state before the test, on claims with random thresholds. The careful one takes the
 * pilot's hits and a uniform prior: P(truth > boundary), a beta tail. The boastful one always says 0.95.
 */
function calibrate(campaigns: readonly PredictionCampaign[], random: Random): Researcher[] {
  const careful: StatedConfidence[] = [];
  const boastful: StatedConfidence[] = [];
  for (const campaign of campaigns) {
    for (const metric of metricsOf(campaign)) {
      const hits = campaign.pilot.filter(({ y, mean }) => isHit(metric, y, mean)).length;
      const pilot = campaign.pilot.length;
      const boundary = 0.3 + 0.6 * random.uniform();
      const belief = betaTail(hits, pilot, boundary);
      const bound: Bound = { direction: 'greater', threshold: boundary, minimalEffect: 0 };
      const { outcome } = test(metric, bound, measureUnseen(campaign, 150, random));
      careful.push({ confidence: Math.min(0.99, Math.max(0.01, belief)), outcome });
      boastful.push({ confidence: 0.95, outcome });
    }
  }
  return [
    { name: 'careful', stated: careful },
    { name: 'boastful', stated: boastful },
  ];
}

/** P(Beta(hits + 1, misses + 1) > boundary), which equals P(Bin(pilot + 1, boundary) <= hits). */
function betaTail(hits: number, pilot: number, boundary: number): number {
  const n = pilot + 1;
  let term = (1 - boundary) ** n;
  let sum = 0;
  for (let k = 0; k <= hits; k++) {
    sum += term;
    term *= ((n - k) / (k + 1)) * (boundary / (1 - boundary));
  }
  return sum;
}

export type PredictionReport = { tallies: Tally[]; powers: PowerRow[]; researchers: Researcher[] };

/** All worlds of claims about predictions; `campaigns` fitted models in each. */
export function predictionWorlds(campaigns: number, progress: (step: string) => void): PredictionReport {
  const random = createRandom('honesty/prediction');
  const make = (
    label: string,
    one: (seed: string, index: number) => PredictionCampaign,
    count = campaigns,
  ): PredictionCampaign[] => {
    progress(label);
    return Array.from({ length: count }, (_, index) => one(`honesty/${label}/${index}`, index));
  };
  // By luck some models that learned nothing are a little better than the baseline: their claims are true, and do not
  // count. Enough campaigns are run that the false ones are as many as elsewhere.
  const more = Math.ceil(1.7 * campaigns);
  const informative = new Map(
    noises.map((noise) => [
      noise.name,
      make(noise.name, (seed) => surrogateCampaign('informative', noise, seed)),
    ]),
  );
  const gaussian = informative.get('gaussian')!;
  const mixed = (index: number) => noises[index % noises.length]!;
  const idle = make('no effect', (seed, index) => surrogateCampaign('no-effect', mixed(index), seed), more);
  const shuffled = make('shuffled', (seed, index) => surrogateCampaign('shuffled', mixed(index), seed), more);
  const chosen = make(
    'best of many',
    (seed, index) => bestOfManyCampaign('no-effect', mixed(index), seed),
    more,
  );
  progress('verdicts');
  const everyone = [...informative.values()].flat();
  return {
    tallies: [
      ...[...informative].map(([noise, list]) =>
        boundaryWorld(`effect exactly at the boundary, ${noise} noise`, list, random),
      ),
      halfWorld('no effect, mixed noise', idle, random, false),
      halfWorld('shuffled target, mixed noise', shuffled, random, false),
      halfWorld("winner's curse: best of 100 models", chosen, random, true),
      peekingWorld(gaussian, random, 0.005),
      peekingWorld(gaussian, random, 0.05),
    ],
    powers: [0.1, 0.15, 0.25].map((effect) => powerAt(effect, everyone.slice(0, 2 * campaigns), random)),
    researchers: calibrate(everyone, random),
  };
}
