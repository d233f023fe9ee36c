import { invalidField } from '@genesis/contracts';
import { z } from 'zod';
import {
  artifactFolder,
  createTracked,
  findOwner,
  getTracked,
  listArtifacts,
  logInputs,
  logModelDescription,
  logOutputs,
  moveTracked,
  runArtifacts,
  searchTracked,
  tagTracked,
  untagTracked,
  updateTracked,
} from '../../tracking/index.ts';
import { searchFields, view } from './experiments.ts';
import { int64, items, required, runId, tag, text, texts } from './fields.ts';
import { operation, runOf } from './operation.ts';
import { infoOf, nextPage, runView } from './views.ts';

const words = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
/** Clients before 2.0 send the number of the state. */
const status = z
  .union([
    z.enum(words),
    z
      .int()
      .min(1)
      .max(5)
      .transform((number) => words[number - 1]!),
  ])
  .nullish()
  .transform((value) => value ?? undefined);

const dataset = z.object({
  tags: items(tag),
  dataset: z.object({
    name: required(1000),
    digest: required(1000),
    source_type: required(1000),
    source: required(100_000),
    schema: text(2_000_000),
    profile: text(2_000_000),
  }),
});

function objectIn(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw invalidField('model_json', 'is not JSON', { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidField('model_json', 'expected an object');
  return value as Record<string, unknown>;
}

export const runOperations = [
  operation(
    'POST',
    '/mlflow/runs/create',
    z.object({
      experiment_id: text(200),
      user_id: text(1000),
      run_name: text(10_000),
      start_time: int64,
      tags: items(tag),
    }),
    async ({ parts, caller, fields }) => {
      const row = await createTracked(parts, caller, {
        experiment: fields.experiment_id || '0',
        name: fields.run_name,
        userId: fields.user_id ?? '',
        startTime: fields.start_time,
        tags: fields.tags,
      });
      return { run: runView(await getTracked(parts, caller, row.id)) };
    },
  ),
  operation('GET', '/mlflow/runs/get', z.object(runId), async ({ parts, caller, fields }) => ({
    run: runView(await getTracked(parts, caller, runOf(fields))),
  })),
  operation(
    'POST',
    '/mlflow/runs/update',
    z.object({ ...runId, status, end_time: int64, run_name: text(10_000) }),
    async ({ parts, caller, fields }) => {
      const { status: state, end_time: endTime, run_name: name } = fields;
      const row = await updateTracked(parts, caller, runOf(fields), { status: state, endTime, name });
      return { run_info: infoOf(row) };
    },
  ),
  operation('POST', '/mlflow/runs/delete', z.object(runId), async ({ parts, caller, fields }) => {
    await moveTracked(parts, caller, runOf(fields), 'deleted');
    return {};
  }),
  operation('POST', '/mlflow/runs/restore', z.object(runId), async ({ parts, caller, fields }) => {
    await moveTracked(parts, caller, runOf(fields), 'active');
    return {};
  }),
  operation(
    'POST',
    '/mlflow/runs/set-tag',
    z.object({ ...runId, ...tag.shape }),
    async ({ parts, caller, fields }) => {
      await tagTracked(parts, caller, runOf(fields), { key: fields.key, value: fields.value });
      return {};
    },
  ),
  operation(
    'POST',
    '/mlflow/runs/delete-tag',
    z.object({ ...runId, key: required() }),
    async ({ parts, caller, fields }) => {
      await untagTracked(parts, caller, runOf(fields), fields.key);
      return {};
    },
  ),
  operation(
    'POST',
    '/mlflow/runs/search',
    z.object({ ...searchFields, experiment_ids: texts, run_view_type: view, max_results: int64 }),
    async ({ parts, caller, fields }) => {
      const { items: found, nextToken } = await searchTracked(parts, caller, {
        filter: fields.filter,
        orderBy: fields.order_by,
        token: fields.page_token,
        limit: fields.max_results ?? 1000,
        experiments: fields.experiment_ids,
        view: fields.run_view_type,
      });
      return { runs: found.map(runView), ...nextPage(nextToken) };
    },
  ),
  operation(
    'POST',
    '/mlflow/runs/log-inputs',
    z.object({
      ...runId,
      datasets: items(dataset, 100),
      models: items(z.object({ model_id: required() }), 100),
    }),
    async ({ parts, caller, fields }) => {
      await logInputs(parts, caller, runOf(fields), {
        datasets: fields.datasets.map(({ tags, dataset: { source_type: sourceType, ...one } }) => ({
          ...one,
          sourceType,
          tags,
        })),
        models: fields.models.map(({ model_id }) => model_id),
      });
      return {};
    },
  ),
  operation(
    'POST',
    '/mlflow/runs/outputs',
    z.object({ ...runId, models: items(z.object({ model_id: required(), step: int64 }), 100) }),
    async ({ parts, caller, fields }) => {
      const models = fields.models.map(({ model_id: model, step = 0 }) => ({ model, step }));
      await logOutputs(parts, caller, runOf(fields), models);
      return {};
    },
  ),
  operation(
    'POST',
    '/mlflow/runs/log-model',
    z.object({ ...runId, model_json: required(1_000_000) }),
    async ({ parts, caller, fields }) => {
      await logModelDescription(parts, caller, runOf(fields), objectIn(fields.model_json));
      return {};
    },
  ),
  operation(
    'GET',
    '/mlflow/artifacts/list',
    z.object({ ...runId, path: text(2000), page_token: text() }),
    async ({ parts, caller, fields }) => {
      const owner = await findOwner(parts, caller, runOf(fields));
      const found = await listArtifacts(parts, caller, owner, artifactFolder(fields.path));
      const files = found
        // A file is no folder that has itself in it.
        .filter(({ path, isFolder }) => isFolder || path !== fields.path)
        .map(({ path, isFolder, bytes }) => ({
          path,
          is_dir: isFolder,
          ...(bytes === null ? {} : { file_size: bytes }),
        }));
      return { root_uri: runArtifacts(owner.experiment, owner.id), files };
    },
  ),
];
