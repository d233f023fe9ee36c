import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError, type JobOutcome } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../door/index.ts';
import type { BlobStore } from '../kernel/index.ts';
import type { Models, RegisteredRow } from '../models/index.ts';
import type { KitQuestion, Runs } from '../runs/index.ts';
import type { Prediction } from './model.ts';
import type { Answered, Asked, Predictors } from './parts.ts';

const answerSchema = z.object({
  value: z.union([z.number(), z.string().max(1000)]),
  lower: z.number().exactOptional(),
  upper: z.number().exactOptional(),
});
const answersFile = 'predictions.jsonl';
const mostAnswerBytes = 64 * 2 ** 20;

const unable = (message: string): GenesisError => new GenesisError({ code: 'unsupported', message });

/** What a kit answered, one JSON object a line. It is a job's, and so nothing is believed of it. */
async function answersOf(job: JobOutcome): Promise<Prediction[]> {
  const found = job.outputs.find(({ path }) => path === answersFile);
  if (found === undefined || found.bytes > mostAnswerBytes)
    throw unable(`it left no ${answersFile}, or one longer than ${mostAnswerBytes} bytes`);
  const text = await readFile(join(job.outputDirectory, answersFile), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      try {
        return answerSchema.parse(JSON.parse(line));
      } catch {
        // The line may quote the rows that it is about.
        throw unable(`a line of its ${answersFile} is no prediction`);
      }
    });
}

type Parts = { door: Door; runs: Pick<Runs, 'askKit'>; blobs: BlobStore; models: Pick<Models, 'find'> };

/** The capability of the kit that made a model, by which it predicts: a model of a kit is asked by that kit. */
const askedBy = ({ origin }: RegisteredRow): string => {
  const [, kit] = /^(.+)-train$/.exec(origin.capability.name) ?? [];
  if (kit === undefined)
    throw unable(
      "models of programs of one's own cannot be scored yet: what they make of a row is known to their program alone",
    );
  return `${kit}-predict`;
};

/** Models and baselines speak through kits, each in a job of its own in the sandbox. */
export function createPredictors({ door, runs, blobs, models }: Parts): Predictors {
  async function ask(
    { name, run, principal, rows }: Asked,
    wanted: Pick<KitQuestion, 'capability' | 'input' | 'files' | 'tables'>,
    signal: AbortSignal,
  ): Promise<Answered> {
    const texts = [{ path: 'rows.jsonl', text: rows.map((row) => `${JSON.stringify(row)}\n`).join('') }];
    const question = { ...{ name, run, attempt: 1, texts }, ...wanted };
    const told = await runs.askKit(principal, 'evaluate', question, answersOf, signal);
    await told.done();
    return { predictions: told.answer, asked: told.asked, execution: told.execution };
  }
  return {
    async model(asked, { model, artifactHash }, signal) {
      const { row } = await models.find(door.authorize(asked.submitter, 'evaluate'), model);
      if (row.kind !== 'registered')
        throw unable('surrogates of campaigns are judged by hypotheses, not by evaluations');
      if (row.artifactHash !== artifactHash) throw unable('the model is not the one that was submitted');
      await using lent = new AsyncDisposableStack();
      const files: { path: string; source: string }[] = [];
      for (const { path, address } of row.files)
        files.push({ path, source: lent.use(await blobs.lend(address)).path });
      return await ask(asked, { capability: askedBy(row), input: {}, files, tables: [] }, signal);
    },
    async baseline(asked, { baseline, settings, version }, signal) {
      const { target, features, metric } = settings;
      const input = {
        ...{ baseline, target, features },
        ...(metric === 'error-rate'
          ? { task: 'classification', metric: 'error' }
          : { task: 'regression', metric }),
      };
      const tables = [{ path: 'table.parquet', version }];
      return await ask(asked, { capability: 'tabular-baseline', input, files: [], tables }, signal);
    },
  };
}
