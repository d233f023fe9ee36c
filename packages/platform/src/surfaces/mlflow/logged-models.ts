import { z } from 'zod';
import {
  artifactFolder,
  createLoggedModel,
  deleteLoggedModel,
  finalizeLoggedModel,
  findOwner,
  getLoggedModel,
  listArtifacts,
  logModelParameters,
  modelArtifacts,
  type Order,
  parseOrder,
  searchLoggedModels,
  tagLoggedModel,
  untagLoggedModel,
} from '../../tracking/index.ts';
import { flag, int64, items, required, tag, text, texts } from './fields.ts';
import { operation } from './operation.ts';
import { loggedModelOf, nextPage } from './views.ts';

const model = { model_id: required(200) };
const status = z.enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']);

const order = z.object({ field_name: required(), ascending: flag });
const orderOf = ({ field_name, ascending }: z.output<typeof order>): Order => ({
  ...parseOrder(field_name),
  ascending,
});

export const loggedModelOperations = [
  operation(
    'POST',
    '/mlflow/logged-models',
    z.object({
      experiment_id: required(200),
      name: text(1000),
      model_type: text(1000),
      source_run_id: text(200),
      params: items(tag),
      tags: items(tag),
    }),
    async ({ parts, caller, fields }) => {
      const row = await createLoggedModel(parts, caller, {
        experiment: fields.experiment_id,
        name: fields.name,
        modelType: fields.model_type ?? '',
        sourceRun: fields.source_run_id,
        params: fields.params,
        tags: fields.tags,
      });
      return { model: loggedModelOf(await getLoggedModel(parts, caller, row.id)) };
    },
  ),
  operation(
    'POST',
    '/mlflow/logged-models/search',
    z.object({
      experiment_ids: texts,
      filter: text(20_000),
      order_by: items(order, 20),
      max_results: int64,
      page_token: text(1000),
    }),
    async ({ parts, caller, fields }) => {
      const { items: found, nextToken } = await searchLoggedModels(parts, caller, {
        filter: fields.filter,
        orders: fields.order_by.map(orderOf),
        experiments: fields.experiment_ids,
        limit: fields.max_results ?? 50,
        token: fields.page_token,
      });
      return { models: found.map(loggedModelOf), ...nextPage(nextToken) };
    },
  ),
  operation('GET', '/mlflow/logged-models/:model_id', z.object(model), async ({ parts, caller, fields }) => ({
    model: loggedModelOf(await getLoggedModel(parts, caller, fields.model_id)),
  })),
  operation(
    'PATCH',
    '/mlflow/logged-models/:model_id',
    z.object({ ...model, status }),
    async ({ parts, caller, fields }) => {
      await finalizeLoggedModel(parts, caller, fields.model_id, fields.status);
      return { model: loggedModelOf(await getLoggedModel(parts, caller, fields.model_id)) };
    },
  ),
  operation(
    'DELETE',
    '/mlflow/logged-models/:model_id',
    z.object(model),
    async ({ parts, caller, fields }) => {
      await deleteLoggedModel(parts, caller, fields.model_id);
      return {};
    },
  ),
  operation(
    'PATCH',
    '/mlflow/logged-models/:model_id/tags',
    z.object({ ...model, tags: items(tag) }),
    async ({ parts, caller, fields }) => {
      await tagLoggedModel(parts, caller, fields.model_id, fields.tags);
      return { model: loggedModelOf(await getLoggedModel(parts, caller, fields.model_id)) };
    },
  ),
  operation(
    'DELETE',
    '/mlflow/logged-models/:model_id/tags/:tag_key',
    z.object({ ...model, tag_key: required() }),
    async ({ parts, caller, fields }) => {
      await untagLoggedModel(parts, caller, fields.model_id, fields.tag_key);
      return {};
    },
  ),
  operation(
    'POST',
    '/mlflow/logged-models/:model_id/params',
    z.object({ ...model, params: items(tag) }),
    async ({ parts, caller, fields }) => {
      await logModelParameters(parts, caller, fields.model_id, fields.params);
      return {};
    },
  ),
  operation(
    'GET',
    '/mlflow/logged-models/:model_id/artifacts/directories',
    z.object({ ...model, artifact_directory_path: text(2000), page_token: text() }),
    async ({ parts, caller, fields }) => {
      const owner = await findOwner(parts, caller, fields.model_id);
      const folder = artifactFolder(fields.artifact_directory_path);
      const found = await listArtifacts(parts, caller, owner, folder);
      return {
        root_uri: modelArtifacts(owner.experiment, owner.id),
        files: found.map(({ path, isFolder, bytes }) => ({
          path,
          is_dir: isFolder,
          ...(bytes === null ? {} : { file_size: bytes }),
        })),
      };
    },
  ),
];
