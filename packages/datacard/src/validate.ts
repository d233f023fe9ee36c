import { type Card, lineOf, listOf, type Mapping, type ReadCard, valueAt } from './card.ts';
import { formatCard } from './format-card.ts';
import { openQuestions } from './questions.ts';
import { problemsOf, type Subject } from './rules/check.ts';
import { isMet } from './rules/condition.ts';
import { fieldFindings } from './rules/field-values.ts';
import { type Finding, type Severity, severities } from './rules/finding.ts';
import { blanksOf } from './rules/required.ts';
import { howToFill } from './rules/write.ts';
import { type Condition, type Rule, rules } from './specification.ts';

/**
 * How much is demanded. `draft`: what is written must be right, what is blank may stay so. `declared`: what the
 * specification demands of the capabilities that the card declares. `thorough`: besides, every field that may apply is
 * answered, with `not_applicable` where it does not.
 */
export const levels = ['draft', 'declared', 'thorough'] as const;
export type ValidationLevel = (typeof levels)[number];

/** The field that a rule is about where its check names none. */
function subjectOf(condition: Condition): string {
  if ('path' in condition) return condition.path;
  if ('all' in condition) return subjectOf(condition.all[0] ?? { always: true });
  return 'card';
}

function findingsOf(rule: Rule, subject: Subject): Finding[] {
  const { id, severity, when, check, says } = rule;
  if (check === null || severity === 'principle' || !isMet(when, subject.fields)) return [];
  return problemsOf(check, subject, subjectOf(when)).map((problem) => ({
    rule: id,
    severity,
    message: says,
    ...problem,
  }));
}

/** Lists of which entries are only ever added. */
const histories = ['discoverability.datacard.change_log', 'governed_use.review_provenance_companion'];

/** The principle VER-04, where there is an earlier card to compare with. */
function historyFindings(fields: Mapping, previous: Mapping): Finding[] {
  const says = rules.find(({ id }) => id === 'VER-04')?.says ?? '';
  return histories.flatMap((path) => {
    const now = listOf(valueAt(fields, path));
    const changed = listOf(valueAt(previous, path)).findIndex(
      (entry, index) => JSON.stringify(entry) !== JSON.stringify(now[index]),
    );
    if (changed < 0) return [];
    const write = 'put back the entry as it was, and add a new one after the last';
    return [
      {
        rule: 'VER-04',
        severity: 'error' as const,
        field: `${path}[${changed}]`,
        message: says,
        write,
        missing: false,
      },
    ];
  });
}

/** The principle NA-01: what is blank is open. Asked only on the thorough level. */
const openFindings = (card: Card): Finding[] =>
  openQuestions(card)
    .filter(({ required }) => !required)
    .map(({ path }) => ({
      rule: 'NA-01',
      severity: 'suggestion',
      field: path,
      message: 'Blank means "not known yet". Fill it, or say that it does not apply.',
      write: `${howToFill(path)} Else "not_applicable".`,
      missing: true,
    }));

/** The flags: rules speak of what they say, not of a flag that is not there. */
const flagFindings = (fields: Mapping): Finding[] =>
  blanksOf('required', fields).map((problem) => ({
    rule: 'FIELD-REQUIRED',
    severity: 'error',
    message: 'Every card answers this, with Yes or No.',
    ...problem,
  }));

const rank = (severity: Severity): number => severities.indexOf(severity);

/**
 * Checks a card against all rules of the specification and the types and vocabularies of its fields. No finding means
 * that it meets them on this level. The graver findings come first, those of one weight in the order of the rules.
 *
 * @param options.previous the card as it was published before, to see that its histories only grew
 */
export function validateCard(
  card: Card | ReadCard,
  { level = 'declared', previous }: { level?: ValidationLevel; previous?: Card | undefined } = {},
): Finding[] {
  const text = 'text' in card ? card.text : formatCard(card);
  const subject: Subject = { fields: card.fields, body: card.body, text };
  const found = [
    ...rules.flatMap((rule) => findingsOf(rule, subject)),
    ...flagFindings(card.fields),
    ...fieldFindings(card.fields),
    ...(previous === undefined ? [] : historyFindings(card.fields, previous.fields)),
    ...(level === 'thorough' ? openFindings(card) : []),
  ].filter(({ missing }) => level !== 'draft' || !missing);
  const lines = 'lines' in card ? card.lines : undefined;
  return found
    .map((finding) => {
      const line = lines === undefined ? undefined : lineOf(lines, finding.field);
      return line === undefined ? finding : { ...finding, line };
    })
    .toSorted((a, b) => rank(a.severity) - rank(b.severity));
}
