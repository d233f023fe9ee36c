import { GenesisError, invalidField } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { dedicateSeal } from '../catalog/index.ts';
import { assertAllowed, delegate } from '../door/index.ts';
import type { Idempotency } from '../kernel/index.ts';
import type { PrincipalFacts, ResourceFacts } from '../policy/index.ts';
import { enterSubmission } from './enter-submission.ts';
import { baselineNames, type NewEvaluation, type TaskSettings } from './model.ts';
import type { EvaluationParts } from './parts.ts';
import { type EvaluationRow, evaluationsOnRowsOf, lockEvaluation } from './store.ts';
import { evaluation } from './tables.ts';

const purpose = 'evaluate';
/** So long the platform may open the rows for submissions, unless the delegation is revoked. */
const lifetimeMs = 366 * 86_400_000;

type Column = { name: string; type: string };
const numeric: ReadonlySet<string> = new Set(['number', 'integer']);

/** Target and features as they are in the table. */
function settingsOf(
  wanted: NewEvaluation,
  columns: readonly Column[],
  keyColumns: readonly string[],
  seed: string,
): TaskSettings {
  const known = columns.map(({ name }) => name);
  const target = columns.find(({ name }) => name === wanted.target);
  if (target === undefined)
    throw invalidField(
      'target',
      `there is no column ${JSON.stringify(wanted.target)}; there are ${known.slice(0, 20).join(', ')}`,
    );
  if (wanted.metric !== 'error-rate' && !numeric.has(target.type))
    throw invalidField(
      'metric',
      `${wanted.metric} needs a column of numbers, and ${target.name} is ${target.type}; error-rate is for categories`,
    );
  if (keyColumns.includes(target.name))
    throw invalidField('target', 'the split keeps rows together by this column, so that everybody knows it');
  const features = wanted.features ?? known.filter((name) => name !== target.name);
  for (const [at, name] of features.entries()) {
    if (!known.includes(name))
      throw invalidField(`features.${at}`, `there is no column ${JSON.stringify(name)}`);
    if (name === target.name) throw invalidField(`features.${at}`, 'the target is what is to be predicted');
  }
  const { title, metric, openings, perOrganisation } = wanted;
  return {
    ...{ title, target: target.name, features: [...new Set(features)], metric, openings, perOrganisation },
    ...{ keyColumns: [...keyColumns], seed },
  };
}

/** Another evaluation of the same rows opens them no more often than those before it. */
function assertNoMore(wanted: TaskSettings, others: readonly EvaluationRow[]): void {
  for (const name of ['openings', 'perOrganisation'] as const)
    for (const { id, settings } of others)
      if (wanted[name] > settings[name])
        throw invalidField(
          name,
          `at most ${settings[name]}: the same rows serve ${id}, and what was set for them holds for every evaluation of theirs`,
        );
}

/**
 * Makes an evaluation on the sealed rows of a split, which serve nothing else from then on, and submits the baselines. Its
 * label and conditions are those of the split.
 */
export async function createEvaluation(
  parts: EvaluationParts,
  principal: PrincipalFacts,
  wanted: NewEvaluation,
  idempotency?: Idempotency,
): Promise<{ id: string }> {
  const { door, catalog, clock, ids } = parts;
  if (wanted.challenge !== undefined && !(await parts.challengeExists(wanted.challenge)))
    throw invalidField('challenge', `there is no challenge ${wanted.challenge}`);
  const { split, facts } = await catalog.showSplit(principal, wanted.split, purpose);
  const { version } = await catalog.showVersion(principal, split.version, purpose);
  await assertAllowed(door, [
    { principal, action: 'split.unseal', resource: split.id, purpose, handler: 'confirm' },
  ]);
  const id = ids.next('evaluation');
  const settings = settingsOf(wanted, version.columns, split.keyColumns, id);
  const governed: ResourceFacts = {
    kind: 'evaluation',
    id,
    ...{ organisation: facts.organisation, label: facts.label, conditions: facts.conditions },
  };
  const { result } = await door.perform(
    {
      ...{ principal, action: 'evaluation.create', resource: { create: governed }, purpose },
      sources: [split.id],
      idempotency,
    },
    async (tx) => {
      const now = clock.now().getTime();
      await dedicateSeal(tx, split.id, 'evaluation');
      assertNoMore(settings, await evaluationsOnRowsOf(tx, split.id));
      const delegation = await delegate(tx, parts, principal, {
        purpose,
        actions: [
          'dataset.read',
          'split.unseal',
          'capability.read',
          'compute.read',
          'compute.use',
          'run.read',
          'run.execute',
          'evaluation.read',
          'evaluation.score',
        ],
        resources: [id, split.id, split.version],
        lifetimeMs,
      });
      await tx.insert(evaluation).values({
        ...{ id, split: split.id, settings, state: 'open', delegation, createdAt: now },
        challenge: wanted.challenge ?? null,
      });
      for (const baseline of baselineNames) {
        await enterSubmission(tx, parts, principal, {
          evaluation: { id, split: split.id, settings, delegation },
          ...{ title: `baseline: ${baseline}`, baseline, model: null, delegation },
        });
      }
      return {
        result: { id },
        details: { stage: 'created', split: split.id, settings },
        edges: [{ subject: id, relation: 'used', object: split.id }],
      };
    },
  );
  return result;
}

/** Ends an evaluation: nothing is submitted any more. What is queued is still scored. */
export async function closeEvaluation(
  parts: EvaluationParts,
  principal: PrincipalFacts,
  id: string,
): Promise<void> {
  await parts.door.perform({ principal, action: 'evaluation.close', resource: id, purpose }, async (tx) => {
    const row = await lockEvaluation(tx, id);
    if (row.state !== 'open')
      throw new GenesisError({ code: 'conflict', message: 'This evaluation is closed already.' });
    await tx.update(evaluation).set({ state: 'closed' }).where(eq(evaluation.id, id));
    return { result: undefined, details: { stage: 'closed' } };
  });
}
