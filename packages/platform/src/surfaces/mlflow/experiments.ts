import { z } from 'zod';
import {
  createExperiment,
  getExperiment,
  getExperimentByName,
  searchExperiments,
  tagExperiment,
  untagExperiment,
  updateExperiment,
} from '../../tracking/index.ts';
import { int64, items, required, tag, text, texts } from './fields.ts';
import { operation } from './operation.ts';
import { experimentOf, nextPage } from './views.ts';

export const view = z
  .enum(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'])
  .nullish()
  .transform((value) => value ?? 'ACTIVE_ONLY');
const experiment = { experiment_id: required(200) };

/** What every search takes. */
export const searchFields = { filter: text(20_000), order_by: texts, page_token: text(1000) };

export const experimentOperations = [
  operation(
    'POST',
    '/mlflow/experiments/create',
    z.object({ name: required(), tags: items(tag), artifact_location: text() }),
    async ({ parts, caller, fields: { name, tags } }) => ({
      experiment_id: await createExperiment(parts, caller, { name, tags }),
    }),
  ),
  operation('GET', '/mlflow/experiments/get', z.object(experiment), async ({ parts, caller, fields }) => ({
    experiment: experimentOf(await getExperiment(parts, caller, fields.experiment_id)),
  })),
  operation(
    'GET',
    '/mlflow/experiments/get-by-name',
    z.object({ experiment_name: required() }),
    async ({ parts, caller, fields }) => ({
      experiment: experimentOf(await getExperimentByName(parts, caller, fields.experiment_name)),
    }),
  ),
  operation(
    ['POST', 'GET'],
    '/mlflow/experiments/search',
    z.object({ ...searchFields, max_results: int64, view_type: view }),
    async ({ parts, caller, fields }) => {
      const { filter, order_by: orderBy, page_token: token, max_results: limit = 1000, view_type } = fields;
      const page = { filter, orderBy, token, limit, view: view_type };
      const { items: found, nextToken } = await searchExperiments(parts, caller, page);
      return { experiments: found.map(experimentOf), ...nextPage(nextToken) };
    },
  ),
  operation(
    'POST',
    '/mlflow/experiments/update',
    z.object({ ...experiment, new_name: text(1000) }),
    async ({ parts, caller, fields }) => {
      await updateExperiment(parts, caller, fields.experiment_id, { name: fields.new_name });
      return {};
    },
  ),
  operation('POST', '/mlflow/experiments/delete', z.object(experiment), async ({ parts, caller, fields }) => {
    await updateExperiment(parts, caller, fields.experiment_id, { lifecycle: 'deleted' });
    return {};
  }),
  operation(
    'POST',
    '/mlflow/experiments/restore',
    z.object(experiment),
    async ({ parts, caller, fields }) => {
      await updateExperiment(parts, caller, fields.experiment_id, { lifecycle: 'active' });
      return {};
    },
  ),
  operation(
    'POST',
    '/mlflow/experiments/set-experiment-tag',
    z.object({ ...experiment, ...tag.shape }),
    async ({ parts, caller, fields: { experiment_id, key, value } }) => {
      await tagExperiment(parts, caller, experiment_id, { key, value });
      return {};
    },
  ),
  operation(
    'POST',
    '/mlflow/experiments/delete-experiment-tag',
    z.object({ ...experiment, key: required() }),
    async ({ parts, caller, fields }) => {
      await untagExperiment(parts, caller, fields.experiment_id, fields.key);
      return {};
    },
  ),
];
