import type { CampaignPlan, Claim, Design, ExperimentOutcome, Space, Verdict } from '@genesis/contracts';
import type { EvaluationRow } from '@genesis/evidence';
import type { Shown } from './model.ts';

/**
 * What a reader may see of a campaign, as rows of the stores. The caller decides what that is; what is withheld comes
 * with the reason, and nothing that is withheld reaches the report by another way. Times are milliseconds.
 */
export type ReportFacts = {
  madeAt: number;
  campaign: {
    id: string;
    plan: CampaignPlan;
    planHash: string;
    space: Space;
    state: string;
    createdAt: number;
    endedAt: number | null;
  };
  /** Where the measurements come from, in words for people. */
  sourceName: string;
  challenge: { number: number; name: string } | null;
  experiments: Shown<readonly ExperimentFacts[]>;
  /** The output of the run of `bestExperiment`; null when there is none. Anything that is no curve shows no curve. */
  bestOutput: Shown<unknown>;
  models: readonly ModelFacts[];
  hypotheses: readonly HypothesisFacts[];
  /** The error budgets that the hypotheses spend from, with everything spent, also by other campaigns. */
  families: readonly { id: string; alpha: number; spent: number }[];
  /** Other campaigns with the same measurements, objective and space, as far as the reader may see them. */
  elsewhere: { campaigns: number; freezes: number; openings: number };
};

export type ExperimentFacts = {
  arm: string;
  repeat: number;
  index: number;
  design: Design;
  outcome: ExperimentOutcome | null;
};

type ModelFacts = {
  id: string;
  name: string;
  artifactHash: string;
  metrics: readonly { name: string; value: number; on: string; n: number }[];
  trainedOn: { measured: number; failed: number; censored: number };
};

export type HypothesisFacts = {
  id: string;
  claim: Claim;
  claimHash: string;
  state: string;
  freezeEntry: string;
  checkpointSize: number | null;
  frozenAt: number;
  openedAt: number | null;
  concludedAt: number | null;
  verdict: Shown<Verdict | null>;
  rows: Shown<readonly EvaluationRow[] | null>;
};
