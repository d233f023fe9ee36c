import { GenesisError } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { platformFacts, platformPrincipal } from '../door/index.ts';
import { asGenesisError } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { beginAttempt, finishRun, succeeded } from '../runs/index.ts';
import { blindRows } from './blind-rows.ts';
import type { ScoreJob } from './enter-submission.ts';
import { lossesOf, scorable } from './losses.ts';
import type { BaselineName, Row } from './model.ts';
import type { Answered, EvaluationParts } from './parts.ts';
import {
  type EvaluationRow,
  findEvaluation,
  findSubmission,
  lockSubmission,
  type SubmissionRow,
} from './store.ts';
import { submission } from './tables.ts';

const purpose = 'evaluate';

/** Errors that say that the right to open the rows has ended, or the rows have; anything else may pass. */
const isOver = (error: unknown): boolean =>
  error instanceof GenesisError &&
  ['denied', 'not-found', 'sealed', 'unauthenticated'].includes(error.failure.code);

/** Scores a submission; one whose rows may not be opened any more fails, so that nobody waits for it. */
export async function score(parts: EvaluationParts, job: ScoreJob, signal: AbortSignal): Promise<void> {
  try {
    await scoreInCustody(parts, job, signal);
  } catch (error) {
    if (!isOver(error)) throw error;
    await failWithoutCustody(parts, job.submission);
  }
}

/** Only the platform is left to say so, about itself. */
async function failWithoutCustody({ door, clock }: EvaluationParts, id: string): Promise<void> {
  await door.perform(
    { principal: platformPrincipal, action: 'job.finish', resource: { about: platformFacts }, purpose },
    async (tx) => {
      const row = await lockSubmission(tx, id);
      if (row.state !== 'queued') return { result: undefined, details: { submission: id, failed: false } };
      const now = clock.now();
      const { claim } = await beginAttempt(tx, row.run, now.getTime());
      const failure =
        'the right of whoever made the evaluation to open its rows has ended, or its split was retired';
      const outcome = {
        ...succeeded(now, now),
        ...({ state: 'failed', failureClass: 'F4_POLICY', reason: 'exception', message: failure } as const),
      };
      await finishRun(tx, row.run, { claim, outcome, output: null, sandboxed: true }, now.getTime());
      await tx
        .update(submission)
        .set({ state: 'failed', failure, endedAt: now.getTime() })
        .where(eq(submission.id, id));
      return { result: undefined, details: { submission: id, failed: true } };
    },
  );
}

/**
 * The evaluating run: opens the sealed rows, has the model speak of them without their results, and records how it fared.
 * Nothing but sums of losses is kept, sealed. Everything follows from the submission, so that after a crash it does the same.
 */
async function scoreInCustody(parts: EvaluationParts, job: ScoreJob, signal: AbortSignal): Promise<void> {
  const { door, clock, crash, blobs } = parts;
  // The rows are opened in the name of whoever made the evaluation, the model is read in that of whoever submitted it.
  const custodian = await parts.actUnder(job.custody);
  const scope = door.authorize(custodian, purpose);
  const row = await findSubmission(scope, job.submission);
  if (row.state !== 'queued') return;
  const { row: found } = await findEvaluation(scope, row.evaluation);
  const { result: claim } = await door.perform(
    { principal: custodian, action: 'evaluation.score', resource: found.id, purpose },
    async (tx) => {
      const begun = await beginAttempt(tx, row.run, clock.now().getTime());
      return { result: begun.claim, details: { stage: 'begun', run: row.run, attempt: begun.number } };
    },
  );
  const started = clock.now();
  const ended = await judged(parts, custodian, found, row, signal);
  crash.reach('evaluation.judged');
  const losses =
    ended.losses === null ? null : await blobs.putSealed(Buffer.from(JSON.stringify(ended.losses)));
  await door.perform(
    { principal: await parts.actUnder(job.custody), action: 'evaluation.score', resource: found.id, purpose },
    async (tx) => {
      const locked = await lockSubmission(tx, row.id);
      if (locked.state !== 'queued')
        throw new GenesisError({ code: 'conflict', message: 'It has been scored already.' });
      const now = clock.now();
      const { asked, execution: outcome = succeeded(started, now) } = ended.job ?? {};
      const finished = { claim, outcome, output: null, sandboxed: true, ...(asked && { asked }) };
      await finishRun(tx, row.run, finished, now.getTime());
      const state = ended.failure === null ? 'scored' : 'failed';
      await tx
        .update(submission)
        .set({ ...{ state, failure: ended.failure, score: ended.score, losses }, endedAt: now.getTime() })
        .where(eq(submission.id, row.id));
      return {
        result: undefined,
        details: { stage: 'scored', submission: row.id, state },
        edges: [{ subject: row.id, relation: 'wasGeneratedBy', object: row.run }],
      };
    },
  );
  crash.reach('evaluation.scored');
}

type Judged = ReturnType<typeof lossesOf> & { failure: null; job: Answered };
type Failed = { losses: null; score: null; failure: string; job: null };

async function judged(
  parts: EvaluationParts,
  custodian: PrincipalFacts,
  found: EvaluationRow,
  row: SubmissionRow,
  signal: AbortSignal,
): Promise<Judged | Failed> {
  const { settings } = found;
  const columns = [...new Set([...settings.features, ...settings.keyColumns, settings.target])];
  const all = (await parts.catalog.tables.confirmRows(custodian, found.split, columns)) as Row[];
  parts.crash.reach('evaluation.unsealed');
  const rows = scorable(all, settings);
  try {
    if (rows.length === 0)
      throw new GenesisError({ code: 'unsupported', message: 'no sealed row has a result' });
    const job = await predicted(parts, custodian, found, row, rows, signal);
    return { ...lossesOf(rows, job.predictions, settings), failure: null, job };
  } catch (error) {
    signal.throwIfAborted();
    const known = asGenesisError(error);
    // What passes is tried again by the queue; what does not is the submission's own end, and told without a row.
    if (!(known instanceof GenesisError) || known.transient || known.failure.code === 'internal') throw error;
    return { losses: null, score: null, failure: known.message.slice(0, 500), job: null };
  }
}

async function predicted(
  parts: EvaluationParts,
  custodian: PrincipalFacts,
  { split, settings }: EvaluationRow,
  { id, run, baseline, model, artifactHash, delegation }: SubmissionRow,
  rows: readonly Row[],
  signal: AbortSignal,
): Promise<Answered> {
  const { split: cut } = await parts.catalog.showSplit(custodian, split, purpose);
  const { version: table } = await parts.catalog.showVersion(custodian, cut.version, purpose);
  const blind = blindRows(rows, settings.features, table.columns);
  const asked = { name: `${run}-1`, run, principal: custodian, submitter: custodian, rows: blind };
  if (baseline !== null || model === null || artifactHash === null) {
    const wanted = { baseline: baseline as BaselineName, settings, version: cut.version };
    return await parts.predictors.baseline(asked, wanted, signal);
  }
  const submitter = await parts.actUnder(delegation);
  await parts.door.use(submitter, 'model.read', model, purpose, { for: id });
  return await parts.predictors.model({ ...asked, submitter }, { model, artifactHash }, signal);
}
