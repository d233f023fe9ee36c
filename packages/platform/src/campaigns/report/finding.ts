import { shownValue } from './best.ts';
import type { ArmReport, CampaignReport, HypothesisReport, ObjectiveReport } from './model.ts';
import { number, percent, quantity } from './numbers.ts';
import { counted, listed, plain } from './text.ts';
import { estimateWords, goalWords, intervalWords, pWords, shortClaim } from './words.ts';

/** What was found and how sure it is, in whole sentences that need no other part of the page. */
export function findingOf(report: CampaignReport): string[] {
  const { objective, hypotheses } = report;
  return [
    `The campaign sought ${plain(objective.name)} ${goalWords(objective)}.`,
    ...explorationSentences(report),
    ...hypotheses.flatMap((hypothesis) => verdictSentence(hypothesis, objective)),
    ...(hypotheses.length === 0
      ? ['No hypothesis was frozen, so nothing here has been tested: it describes only.']
      : []),
    ...sureness(report),
  ];
}

function explorationSentences({ exploration, objective, plan }: CampaignReport): string[] {
  if (!exploration.shown) return ['The single experiments are withheld from this report.'];
  const { arms, best } = exploration.value;
  if (best === null || best.outcome.status !== 'measured')
    return ['No experiment gave a measured value yet.'];
  const { value } = best.outcome;
  const away =
    objective.goal.kind === 'target'
      ? `, ${quantity(shownValue(objective.goal, value), objective.unit, 2)} from the target`
      : '';
  const leader = `The best measured value is ${quantity(value, objective.unit)}${away}, found by ${plain(best.arm)} in its experiment ${number(best.experiment)} of ${number(plan.budget)}.`;
  const finals = arms.flatMap((arm) =>
    arm.final === null ? [] : [finalWords(arm, arm.final.median, objective)],
  );
  const typical =
    finals.length < 2
      ? []
      : [
          `At equal budgets ${plan.repeats > 1 ? `the median of ${counted(plan.repeats, 'repeat')} ended at ` : 'the arms ended at '}${listed(finals)}; this describes what was seen, the tests decide.`,
        ];
  return [leader, ...typical];
}

const finalWords = (arm: ArmReport, value: number, { goal, unit }: ObjectiveReport): string =>
  `${quantity(value, unit, 3)}${goal.kind === 'target' ? ' from the target' : ''} (${plain(arm.name)})`;

const openings = { supported: 'Supported', refuted: 'Refuted', inconclusive: 'Left open' } as const;

function verdictSentence(hypothesis: HypothesisReport, objective: ObjectiveReport): string[] {
  const { verdict } = hypothesis;
  if (!verdict.shown || verdict.value === null) return [];
  const { value } = verdict;
  const claim = shortClaim(hypothesis, objective);
  const words = `${claim[0]!.toLowerCase()}${claim.slice(1)}`;
  return [
    `${openings[value.outcome]} by ${value.n === 1 ? 'one unit' : `${number(value.n)} ${hypothesis.kind === 'arms' ? 'fresh paired starts' : 'unseen designs'}`}: ${words} (estimate ${estimateWords(hypothesis, value, objective)}, ${percent(value.interval.level)} interval ${intervalWords(hypothesis, value, objective)}, ${pWords(value.outcome === 'refuted' ? value.pOpposite : value.pValue)}; confidence stated beforehand ${percent(hypothesis.confidence)}).`,
  ];
}

function sureness({ hypotheses, families }: CampaignReport): string[] {
  const decided = hypotheses.filter(({ verdict }) => verdict.shown && verdict.value !== null);
  const abandoned = hypotheses.filter(({ state }) => state === 'abandoned').length;
  const hidden = hypotheses.filter(({ verdict }) => !verdict.shown).length;
  const budget = families.reduce((sum, { alpha }) => sum + alpha, 0);
  return [
    ...(decided.length > 0
      ? [
          `Over all its tests together, a false claim is called supported with a probability of at most ${percent(Math.min(1, budget))}.`,
        ]
      : []),
    ...(abandoned > 0
      ? [
          `${counted(abandoned, 'further frozen hypothesis', 'further frozen hypotheses')} ${abandoned === 1 ? 'was' : 'were'} abandoned unopened and spent nothing.`,
        ]
      : []),
    ...(hidden > 0
      ? [`${counted(hidden, 'verdict')} ${hidden === 1 ? 'is' : 'are'} withheld from this report.`]
      : []),
  ];
}
