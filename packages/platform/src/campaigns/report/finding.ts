import { shownValue } from './best.ts';
import type { CampaignReport, HypothesisReport, ObjectiveReport } from './model.ts';
import { number, percent, quantity } from './numbers.ts';
import { counted, listed, plain, shortened } from './text.ts';
import { estimateWords, goalWords, intervalWords, type Standing, shortClaim, standingOf } from './words.ts';

/** What was found and how sure it is, in sentences that need no other part of the page. */
export type Finding = {
  found: string[];
  verdicts: { standing: Standing; words: string }[];
  sure: string[];
};

export function findingOf(report: CampaignReport): Finding {
  const { objective, hypotheses } = report;
  const verdicts = hypotheses.flatMap((hypothesis) => {
    const words = verdictWords(hypothesis, objective);
    return words === null ? [] : [{ standing: standingOf(hypothesis), words }];
  });
  return {
    found: [
      `The aim was: ${shortened(objective.name, 80)} ${goalWords(objective)}.`,
      ...explored(report),
      ...(verdicts.length > 0 ? ['That describes what was seen; the tests decide what it is worth:'] : []),
    ],
    verdicts,
    sure: sureness(report),
  };
}

function explored({ exploration, objective, plan }: CampaignReport): string[] {
  if (!exploration.shown) return ['The single experiments are withheld from this report.'];
  const { arms, best } = exploration.value;
  if (best?.outcome.status !== 'measured') return ['No experiment has given a measured value yet.'];
  const { value } = best.outcome;
  const { goal, unit } = objective;
  const target = goal.kind === 'target';
  const away = target ? `, ${quantity(shownValue(goal, value), unit, 2)} from the target` : '';
  const place = `experiment ${number(best.experiment, 6)} of ${number(plan.budget, 6)}`;
  const finals = arms.flatMap(({ name, final }) =>
    final === null
      ? []
      : [
          `${plain(name)} ended ${target ? '' : 'at '}${quantity(final.median, unit, 3)}${target ? ' from the target' : ''}`,
        ],
  );
  const repeats = plan.repeats > 1 ? ` (medians of ${counted(plan.repeats, 'repeat')})` : '';
  return [
    `The best measured value is ${quantity(value, unit)}${away}, found by the arm ${plain(best.arm)} in ${place}.`,
    ...(finals.length < 2 ? [] : [`At equal budgets ${listed(finals)}${repeats}.`]),
  ];
}

function verdictWords(hypothesis: HypothesisReport, objective: ObjectiveReport): string | null {
  const { verdict, kind } = hypothesis;
  if (!verdict.shown || verdict.value === null) return null;
  const { n, interval } = verdict.value;
  const units = kind === 'arms' ? counted(n, 'fresh paired start') : counted(n, 'unseen design');
  const estimate = estimateWords(hypothesis, verdict.value, objective);
  const range = intervalWords(hypothesis, verdict.value, objective);
  return `${shortClaim(hypothesis, objective)} (estimate ${estimate}, ${percent(interval.level)} interval ${range}, from ${units}).`;
}

function sureness({ hypotheses, families }: CampaignReport): string[] {
  if (hypotheses.length === 0) {
    return ['No hypothesis was frozen, so nothing here has been tested: the report describes only.'];
  }
  const decided = hypotheses.filter(({ verdict }) => verdict.shown && verdict.value !== null);
  const abandoned = hypotheses.filter(({ state }) => state === 'abandoned').length;
  const hidden = hypotheses.filter(({ verdict }) => !verdict.shown).length;
  const budget = Math.min(
    1,
    families.reduce((sum, { alpha }) => sum + alpha, 0),
  );
  const assured = decided.length > 0 && families.length > 0;
  return [
    ...(decided.length === 0 && hidden === 0 ? ['No claim has been tested yet.'] : []),
    ...(assured
      ? [
          `Every claim was frozen before the data that tested it was opened, and the chance that any false one is called supported is at most ${percent(budget)}.`,
        ]
      : []),
    ...(abandoned > 0
      ? [`${counted(abandoned, 'frozen claim was', 'frozen claims were')} abandoned unopened.`]
      : []),
    ...(hidden > 0 ? [`${counted(hidden, 'verdict is', 'verdicts are')} withheld from this report.`] : []),
  ];
}
