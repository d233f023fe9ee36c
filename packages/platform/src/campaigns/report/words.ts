import type { Independence } from '@genesis/contracts';
import type { HypothesisReport, ObjectiveReport, Shown, VerdictReport } from './model.ts';
import { interval, number, percent, quantity } from './numbers.ts';
import { plain } from './text.ts';

export const independenceWords: Readonly<Record<Independence, string>> = {
  prospective:
    'Prospective: the data was measured by the platform after the claim was frozen, so nobody could know it before.',
  'custodian-sealed':
    'Custodian-sealed: the data was imported and sealed by someone outside the campaign; those who made the claim had no access to it.',
  'self-imported':
    'Self-imported: the owner of the campaign brought the data in and may have known it. This is the weakest of the three kinds.',
};

/** The shape of a card: what colour and sign it has, and the words that say the same. */
export type Standing = { shape: 'supported' | 'refuted' | 'inconclusive' | 'untested'; words: string };

export function standingOf({ state, verdict }: Pick<HypothesisReport, 'state' | 'verdict'>): Standing {
  if (!verdict.shown) return { shape: 'untested', words: 'Verdict withheld' };
  if (verdict.value !== null) {
    const { outcome } = verdict.value;
    return { shape: outcome, words: `${outcome[0]!.toUpperCase()}${outcome.slice(1)}` };
  }
  const words = {
    frozen: 'Frozen, not opened',
    opened: 'Opened, no verdict yet',
    abandoned: 'Abandoned, never opened',
  };
  return { shape: 'untested', words: state === 'concluded' ? 'Concluded' : words[state] };
}

/** What is aimed at: "as high as possible", "300 nm". */
export function goalWords({ goal, unit }: Pick<ObjectiveReport, 'goal' | 'unit'>): string {
  switch (goal.kind) {
    case 'maximize':
      return 'as high as possible';
    case 'minimize':
      return 'as low as possible';
    case 'target':
      return `as near as possible to ${quantity(goal.value, unit)}`;
  }
}

/** A claim in one clause, for headings and summaries. The frozen statement says it exactly. */
export function shortClaim(hypothesis: HypothesisReport, objective: ObjectiveReport): string {
  const { boundary, direction, arms, baseline, tolerance } = hypothesis;
  const than = direction === 'greater' ? 'more' : 'less';
  if (arms !== null) {
    const lead =
      boundary === 0 && direction === 'greater'
        ? 'ahead of'
        : `${than} than ${quantity(boundary, objective.unit, 3)} ahead of`;
    return `From a fresh start, ${plain(arms.clever)} typically ends ${lead} ${plain(arms.control)} after ${number(arms.budget)} experiments each`;
  }
  const event =
    tolerance === null
      ? `closer than the baseline of ${quantity(baseline, objective.unit)}`
      : `within ${quantity(tolerance, objective.unit, 3)} of the measurement`;
  return `For ${than} than ${percent(boundary)} of unseen designs the model predicts ${event}`;
}

/** The estimate of a claim in its own unit: a share, or a lead in the unit of the objective. */
export function estimateWords(
  hypothesis: HypothesisReport,
  verdict: VerdictReport,
  objective: ObjectiveReport,
): string {
  if (verdict.estimate === null) return 'none: no unit had a result';
  return hypothesis.kind === 'arms'
    ? quantity(verdict.estimate, objective.unit, 3)
    : percent(verdict.estimate);
}

export function intervalWords(
  hypothesis: HypothesisReport,
  verdict: VerdictReport,
  objective: ObjectiveReport,
): string {
  const { lo, hi } = verdict.interval;
  if (hypothesis.kind === 'arms') return interval(lo, hi, objective.unit);
  return lo === null || hi === null ? interval(lo, hi) : `${percent(lo)} to ${percent(hi)}`;
}

/** Why something is missing from the page. */
export const withheldWords = (what: string, shown: Extract<Shown<unknown>, { shown: false }>): string =>
  `${what} is withheld from this report: ${plain(shown.reason)}`;
