import type { Card } from './card.ts';
import { type Question, questions } from './questions.ts';
import { criteria } from './readiness.ts';
import { howToFill } from './rules/write.ts';
import { type Block, blocks, flagOf } from './specification.ts';

/** A required question counts as three that may apply. */
const weightOf = ({ required }: Question): number => (required ? 3 : 1);

export type Step = {
  /** The field to fill. */
  field: string;
  write: string;
  /** Points that filling it brings, of both scores together. */
  gain: { completeness: number; readiness: number };
};

export type Score = {
  /** 0 to 100: weight of answered questions over weight of all questions of the capabilities that the card declares. */
  completeness: number;
  /** 0 to 100: points of the ten criteria. */
  readiness: number;
  byBlock: { block: Block; declared: boolean; answered: number; asked: number }[];
  criteria: { name: string; points: number; reached: number }[];
  /** What is open, by gain; equals in the order of the specification. */
  next: Step[];
};

const round = (value: number): number => Math.round(value * 10) / 10;

const percent = (all: readonly Question[]): number => {
  const whole = all.reduce((sum, question) => sum + weightOf(question), 0);
  const done = all.filter(({ answered }) => answered).reduce((sum, question) => sum + weightOf(question), 0);
  return whole === 0 ? 0 : (100 * done) / whole;
};

/**
 * How much of a card is there, and how much of what a program needs that trains or evaluates on the data.
 *
 * Completeness = 100 × Σ weight of answered / Σ weight of all, over the questions of the declared capabilities (weight 3
 * for required ones, 1 for those that may apply). `not_applicable` answers, a blank does not. Readiness = Σ points ×
 * share over ten criteria, whatever the card declares. Both rounded to one decimal. The gain of a step is what filling
 * that one field adds, all else equal: weight / Σ weight for completeness, and an equal part of what its criterion lacks.
 */
export function scoreCard(card: Card): Score {
  const all = questions(card);
  const whole = all.reduce((sum, question) => sum + weightOf(question), 0);
  const judged = criteria.map((criterion) => ({ ...criterion, ...criterion.of(card) }));
  const readinessOf = new Map<string, number>();
  for (const { open, points, share } of judged) {
    for (const path of open) readinessOf.set(path, (points * (1 - share)) / open.length);
  }
  const open = all.filter(({ answered }) => !answered);
  const gains = new Map(open.map((question) => [question.path, (100 * weightOf(question)) / whole]));
  const next = [...new Set([...gains.keys(), ...readinessOf.keys()])].map((field) => ({
    field,
    write: howToFill(field),
    gain: { completeness: round(gains.get(field) ?? 0), readiness: round(readinessOf.get(field) ?? 0) },
    exact: (gains.get(field) ?? 0) + (readinessOf.get(field) ?? 0),
  }));
  return {
    completeness: round(percent(all)),
    readiness: round(judged.reduce((sum, { points, share }) => sum + points * share, 0)),
    byBlock: blocks.map((block) => {
      const asked = all.filter((question) => question.block === block);
      const answered = asked.filter((question) => question.answered).length;
      return { block, declared: card.fields[flagOf(block)] === 'Yes', answered, asked: asked.length };
    }),
    criteria: judged.map(({ name, points, share }) => ({ name, points, reached: round(points * share) })),
    next: next
      .toSorted((a, b) => b.exact - a.exact)
      .map(({ field, write, gain }) => ({ field, write, gain })),
  };
}
