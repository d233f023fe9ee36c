import { createHash } from 'node:crypto';
import { type FieldProblem, GenesisError } from '@genesis/contracts';
import { and, eq, inArray } from 'drizzle-orm';
import type { Idempotency, Tx } from '../../kernel/index.ts';
import { bottom, type PrincipalFacts, unrestricted } from '../../policy/index.ts';
import type { NewForm, NewRequest, Question } from '../model.ts';
import type { AccessParts } from '../parts.ts';
import { accessForm } from '../tables.ts';

export type Form = { questions: Question[]; terms: string | null; secondParty: string | null };

const noForm: Form = { questions: [], terms: null, secondParty: null };

/** The form of a dataset, else the one of its owner, else none. */
export async function formOf(tx: Pick<Tx, 'select'>, organisation: string, dataset: string): Promise<Form> {
  const rows = await tx
    .select()
    .from(accessForm)
    .where(and(eq(accessForm.organisation, organisation), inArray(accessForm.dataset, [dataset, ''])));
  return rows.find((row) => row.dataset === dataset) ?? rows[0] ?? noForm;
}

/** Sets the steward's form, for one dataset or for all of the organisation that have none of their own. */
export async function setForm(
  { door, clock }: AccessParts,
  principal: PrincipalFacts,
  { dataset, ...form }: NewForm,
  idempotency?: Idempotency,
): Promise<void> {
  const about = {
    ...{ kind: 'organisation', id: principal.organisation, organisation: principal.organisation },
    ...{ label: bottom, conditions: unrestricted },
  };
  await door.perform(
    {
      ...{ principal, action: 'access.form', purpose: null, idempotency },
      resource: dataset === undefined ? { about } : dataset,
    },
    async (tx, facts) => {
      const organisation = facts.organisation ?? principal.organisation;
      const row = { organisation, dataset: dataset ?? '', ...form, changedAt: clock.now().getTime() };
      await tx
        .insert(accessForm)
        .values(row)
        .onConflictDoUpdate({ target: [accessForm.organisation, accessForm.dataset], set: row });
      return { result: undefined, details: { dataset: dataset ?? null, ...form } };
    },
  );
}

const says = (value: string | boolean): boolean => typeof value === 'boolean' || value.trim() !== '';

function problemOf({ type, choices, required }: Question, answer: string | boolean | undefined) {
  if (answer === undefined || !says(answer)) return required ? 'this question must be answered' : undefined;
  if (type === 'yes-no') return typeof answer === 'boolean' ? undefined : 'expected true or false';
  if (typeof answer !== 'string') return 'expected text';
  return choices?.includes(answer) === false ? `expected one of ${choices.join(', ')}` : undefined;
}

/** The answers with their questions, as they were asked, and the terms that were accepted; `field` names each that is wrong. */
export function checkAnswers(
  { questions, terms }: Form,
  { answers, acceptTerms }: Pick<NewRequest, 'answers' | 'acceptTerms'>,
): { answers: { id: string; question: string; answer: string | boolean }[]; acceptedTerms: string | null } {
  const problems: FieldProblem[] = [];
  for (const question of questions) {
    const message = problemOf(question, answers[question.id]);
    if (message !== undefined)
      problems.push({ field: `answers.${question.id}`, message: `${message} (${question.text})` });
  }
  const asked = new Set(questions.map(({ id }) => id));
  for (const id of Object.keys(answers))
    if (!asked.has(id))
      problems.push({
        field: `answers.${id}`,
        message: `the form has no such question; it has ${[...asked].join(', ') || 'none'}`,
      });
  if (terms !== null && !acceptTerms)
    problems.push({
      field: 'acceptTerms',
      message: 'the terms of the form must be accepted: genesis access form shows them',
    });
  if (problems.length > 0) {
    const message = problems.map((one) => `${one.field}: ${one.message}`).join('; ');
    throw new GenesisError({ code: 'invalid-input', message, problems });
  }
  return {
    answers: questions.flatMap(({ id, text }) => {
      const answer = answers[id];
      return answer === undefined || !says(answer) ? [] : [{ id, question: text, answer }];
    }),
    acceptedTerms: terms === null ? null : createHash('sha256').update(terms).digest('hex'),
  };
}
