import type {
  Design,
  ExperimentOutcome,
  Goal,
  HypothesisState,
  Independence,
  Outcome,
} from '@genesis/contracts';

/** Something that the reader may see, or the reason why it is left out: a report never hides that it hides. */
export type Shown<T> = { shown: true; value: T } | { shown: false; reason: string };

/**
 * Everything that the page of a campaign needs, as plain data. Strings may be hostile: the page escapes them. Numbers
 * are finite; times are ISO 8601 in UTC.
 */
export type CampaignReport = {
  madeAt: string;
  id: string;
  title: string;
  challenge: { number: number; name: string } | null;
  state: string;
  createdAt: string;
  endedAt: string | null;
  planHash: string;
  source: { kind: 'capability' | 'table' | 'people'; name: string };
  objective: ObjectiveReport;
  plan: { budget: number; starts: number; batch: number; repeats: number; arms: number };
  exploration: Shown<ExplorationReport>;
  models: ModelReport[];
  hypotheses: HypothesisReport[];
  families: FamilyReport[];
  elsewhere: { campaigns: number; freezes: number; openings: number };
  /** Mean squared error of the stated confidences; null when no verdict decided anything. */
  brier: { score: number | null; scored: number; inconclusive: number };
};

export type ObjectiveReport = { name: string; unit: string | null; goal: Goal };

export type ExplorationReport = {
  arms: ArmReport[];
  experiments: ExperimentReport[];
  /** The parameters, in the order of the space. */
  parameters: { name: string; unit: string | null }[];
  best: ExperimentReport | null;
  curve: Shown<CurveReport | null>;
};

export type ArmReport = {
  name: string;
  strategy: string;
  control: boolean;
  /** Experiments with a result, over all repeats. */
  recorded: number;
  measured: number;
  failed: number;
  censored: number;
  best: ExperimentReport | null;
  /** Final best values of the repeats that measured anything. */
  final: Band | null;
  progress: ProgressReport;
};

/** Median over repeats; `low` and `high` are the quartiles from four repeats on, else the range. */
export type Band = { median: number; low: number; high: number };

export type ProgressReport = {
  /** Repeats that measured anything; the others have no line. */
  repeats: number;
  /**
   * From the first experiment at which each of these repeats has a value, as far as each has come. The value is the
   * best so far, or for a target the distance of the best to it.
   */
  points: (Band & { experiment: number })[];
  /** Each measured value of a single repeat, as it came; empty for more than one. */
  singles: { experiment: number; value: number }[];
  /** Experiments (counted from 1) without a value, and in how many repeats. */
  misses: { experiment: number; failed: number; censored: number }[];
};

export type ExperimentReport = {
  arm: string;
  /** Counted from 1, like the experiment. */
  repeat: number;
  experiment: number;
  design: Design;
  outcome: ExperimentOutcome;
};

/** Counts of a small-angle scattering measurement and what the fitted spheres would give. */
export type CurveReport = {
  experiment: ExperimentReport;
  points: { q: number; counts: number; sigma: number; fit: number }[];
  /** Fitted figures with their standard uncertainties. */
  diameterNm: number | null;
  uncertaintyNm: number | null;
  polydispersity: number | null;
  reducedChiSquare: number | null;
};

type ModelReport = {
  id: string;
  name: string;
  artifactHash: string;
  measured: number;
  failed: number;
  censored: number;
  metrics: { name: string; value: number; on: string; n: number }[];
};

export type HypothesisReport = {
  id: string;
  kind: 'prediction' | 'arms';
  statement: string;
  state: HypothesisState;
  claimHash: string;
  family: string;
  alpha: number;
  confidence: number;
  sampleSize: number;
  test: string;
  direction: 'greater' | 'less';
  boundary: number;
  estimand: string;
  /** What the model competes with in a claim about predictions; null for other claims. */
  baseline: number | null;
  /** How near is near enough; null for other claims. */
  tolerance: number | null;
  /** The two arms of a claim about arms. */
  arms: { clever: string; control: string; budget: number } | null;
  /** The model that a claim about predictions is about. */
  model: string | null;
  frozenAt: string;
  openedAt: string | null;
  concludedAt: string | null;
  freezeEntry: string;
  checkpointSize: number | null;
  verdict: Shown<VerdictReport | null>;
  rows: Shown<RowsReport | null>;
};

export type VerdictReport = {
  outcome: Outcome;
  independence: Independence;
  estimate: number | null;
  interval: { lo: number | null; hi: number | null; level: number };
  pValue: number;
  pOpposite: number;
  n: number;
  missing: number;
  outside: number;
  assumptions: string[];
  metrics: { name: string; value: number | null; lo: number | null; hi: number | null }[];
  /** (confidence - result) squared; null for an inconclusive verdict. */
  brier: number | null;
};

/** What a test looked at, one item for each design or start, with results only. */
export type RowsReport =
  | { kind: 'prediction'; units: PredictionUnitReport[]; missing: number }
  | { kind: 'arms'; differences: number[]; missing: number };

/** Means over the replicates of a design; `sd` is of one new measurement. */
export type PredictionUnitReport = { measured: number; predicted: number; sd: number | null };

type FamilyReport = { id: string; alpha: number; spent: number; left: number };
