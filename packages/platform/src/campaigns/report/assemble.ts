import type { Arm, Goal, Space } from '@genesis/contracts';
import { brierScore } from '@genesis/evidence';
import { hypothesisOf, mapShown } from './assemble-hypothesis.ts';
import { bestExperiment, shownValue } from './best.ts';
import { curveOf } from './curve.ts';
import type { ExperimentFacts, ReportFacts } from './facts.ts';
import type { ArmReport, CampaignReport, ExperimentReport, ExplorationReport } from './model.ts';
import { bandOf, progressOf } from './progress.ts';
import { isoTime } from './time.ts';

/** Turns what a reader may see of a campaign into its report. Pure: equal facts give equal reports. */
export function assembleReport(facts: ReportFacts): CampaignReport {
  const { campaign, challenge } = facts;
  const { plan } = campaign;
  const hypotheses = facts.hypotheses.map(hypothesisOf);
  const stated = hypotheses.flatMap(({ confidence, verdict }) =>
    verdict.shown && verdict.value !== null ? [{ confidence, outcome: verdict.value.outcome }] : [],
  );
  return {
    madeAt: isoTime(facts.madeAt),
    id: campaign.id,
    title: plan.title,
    challenge: challenge === null ? null : { number: challenge.number, name: challenge.name },
    state: campaign.state,
    createdAt: isoTime(campaign.createdAt),
    endedAt: campaign.endedAt === null ? null : isoTime(campaign.endedAt),
    planHash: campaign.planHash,
    source: { kind: plan.source.kind, name: facts.sourceName },
    objective: { name: plan.objective.name, unit: plan.objective.unit, goal: plan.objective.goal },
    plan: {
      budget: plan.budget,
      starts: plan.starts,
      batch: plan.batch,
      repeats: plan.repeats,
      arms: plan.arms.length,
    },
    exploration: mapShown(facts.experiments, (experiments) => explorationOf(facts, experiments)),
    models: facts.models.map(({ id, name, artifactHash, metrics, trainedOn }) => {
      const { measured, failed, censored } = trainedOn;
      return {
        id,
        name,
        artifactHash,
        measured,
        failed,
        censored,
        metrics: metrics.map((metric) => ({ ...metric })),
      };
    }),
    hypotheses,
    families: facts.families.map(({ id, alpha, spent }) => ({
      id,
      alpha,
      spent,
      left: leftOf(alpha, spent),
    })),
    elsewhere: { ...facts.elsewhere },
    brier: brierScore(stated),
  };
}

/** Rounded, so that five times 0.01 leave nothing of 0.05. */
const leftOf = (alpha: number, spent: number): number =>
  Math.max(0, Math.round((alpha - spent) * 1e12) / 1e12);

function explorationOf(facts: ReportFacts, experiments: readonly ExperimentFacts[]): ExplorationReport {
  const { plan, space } = facts.campaign;
  const { goal } = plan.objective;
  const recorded = experiments.filter(({ outcome }) => outcome !== null);
  const best = bestExperiment(goal, recorded);
  const bestReport = best === undefined ? null : experimentOf(best);
  return {
    arms: plan.arms.map((arm) => armOf(goal, arm, recorded)),
    experiments: recorded.map(experimentOf),
    parameters: parametersOf(space),
    best: bestReport,
    curve: mapShown(facts.bestOutput, (output) => (bestReport === null ? null : curveOf(output, bestReport))),
  };
}

const parametersOf = (space: Space): ExplorationReport['parameters'] =>
  space.parameters.map((parameter) => ({
    name: parameter.name,
    unit: 'unit' in parameter && parameter.unit !== undefined ? parameter.unit : null,
  }));

function experimentOf({ arm, repeat, index, design, outcome }: ExperimentFacts): ExperimentReport {
  if (outcome === null) throw new Error('an experiment without a result is not reported');
  return { arm, repeat: repeat + 1, experiment: index + 1, design, outcome };
}

function armOf(goal: Goal, { name, strategy }: Arm, all: readonly ExperimentFacts[]): ArmReport {
  const own = all.filter(({ arm }) => arm === name);
  const count = (status: string): number => own.filter(({ outcome }) => outcome?.status === status).length;
  const repeats = [...Map.groupBy(own, ({ repeat }) => repeat).values()].map((one) =>
    [...one].sort((a, b) => a.index - b.index),
  );
  const finals = repeats.flatMap((one) => {
    const best = bestExperiment(goal, one);
    return best?.outcome?.status === 'measured' ? [shownValue(goal, best.outcome.value)] : [];
  });
  const best = bestExperiment(goal, own);
  return {
    name,
    strategy,
    control: strategy === 'random',
    recorded: own.length,
    measured: count('measured'),
    failed: count('failed'),
    censored: count('censored'),
    best: best === undefined ? null : experimentOf(best),
    final: finals.length === 0 ? null : bandOf(finals),
    progress: progressOf(goal, repeats),
  };
}
