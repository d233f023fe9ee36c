import { z } from 'zod';
import {
  createName,
  createVersion,
  deleteAlias,
  deleteName,
  deleteVersion,
  describeVersion,
  getName,
  getVersion,
  latestVersions,
  numberOfAlias,
  searchNames,
  searchVersions,
  setAlias,
  stageVersion,
  tagName,
  tagVersion,
  untagName,
  untagVersion,
  updateName,
  versionNumber,
} from '../../tracking/index.ts';
import { searchFields } from './experiments.ts';
import { flag, int64, items, required, tag, text, texts } from './fields.ts';
import { type Call, operation } from './operation.ts';
import { nameOf, nextPage, versionOf } from './views.ts';

const name = { name: required() };
const version = {
  ...name,
  version: z.union([z.string(), z.int().transform(String)]).transform(versionNumber),
};
type At = { name: string; version: number };
const at = ({ name: model, version: number }: At) => ({ name: model, number });

const shownName = async ({ parts, caller, fields }: Call<{ name: string }>, now = fields.name) => ({
  registered_model: nameOf(await getName(parts, caller, now)),
});
const shownVersion = async ({ parts, caller, fields }: Call<At>) => ({
  model_version: versionOf(await getVersion(parts, caller, fields.name, fields.version)),
});

const names = [
  operation(
    'POST',
    '/mlflow/registered-models/create',
    z.object({ ...name, tags: items(tag), description: text(200_000) }),
    async (call) => {
      const { description = '', ...fields } = call.fields;
      await createName(call.parts, call.caller, { ...fields, description });
      return await shownName(call);
    },
  ),
  operation('GET', '/mlflow/registered-models/get', z.object(name), async (call) => await shownName(call)),
  operation(
    'POST',
    '/mlflow/registered-models/rename',
    z.object({ ...name, new_name: required() }),
    async (call) => {
      await updateName(call.parts, call.caller, call.fields.name, { name: call.fields.new_name });
      return await shownName(call, call.fields.new_name);
    },
  ),
  operation(
    'PATCH',
    '/mlflow/registered-models/update',
    z.object({ ...name, description: text(200_000) }),
    async (call) => {
      const { description } = call.fields;
      await updateName(
        call.parts,
        call.caller,
        call.fields.name,
        description === undefined ? {} : { description },
      );
      return await shownName(call);
    },
  ),
  operation(
    'DELETE',
    '/mlflow/registered-models/delete',
    z.object(name),
    async ({ parts, caller, fields }) => {
      await deleteName(parts, caller, fields.name);
      return {};
    },
  ),
  operation(
    'GET',
    '/mlflow/registered-models/search',
    z.object({ ...searchFields, max_results: int64 }),
    async ({ parts, caller, fields }) => {
      const { filter, order_by: orderBy, page_token: token, max_results: limit = 100 } = fields;
      const found = await searchNames(parts, caller, { filter, orderBy, token, limit });
      return { registered_models: found.items.map(nameOf), ...nextPage(found.nextToken) };
    },
  ),
  operation(
    ['POST', 'GET'],
    '/mlflow/registered-models/get-latest-versions',
    z.object({ ...name, stages: texts }),
    async ({ parts, caller, fields }) => ({
      model_versions: (await latestVersions(parts, caller, fields.name, fields.stages)).map(versionOf),
    }),
  ),
  operation(
    'POST',
    '/mlflow/registered-models/set-tag',
    z.object({ ...name, ...tag.shape }),
    async ({ parts, caller, fields: { name: model, key, value } }) => {
      await tagName(parts, caller, model, { key, value });
      return {};
    },
  ),
  operation(
    'DELETE',
    '/mlflow/registered-models/delete-tag',
    z.object({ ...name, key: required() }),
    async ({ parts, caller, fields }) => {
      await untagName(parts, caller, fields.name, fields.key);
      return {};
    },
  ),
  operation(
    'POST',
    '/mlflow/registered-models/alias',
    z.object({ ...version, alias: required() }),
    async ({ parts, caller, fields }) => {
      await setAlias(parts, caller, at(fields), fields.alias);
      return {};
    },
  ),
  operation(
    'DELETE',
    '/mlflow/registered-models/alias',
    z.object({ ...name, alias: required() }),
    async ({ parts, caller, fields }) => {
      await deleteAlias(parts, caller, fields.name, fields.alias);
      return {};
    },
  ),
  operation(
    'GET',
    '/mlflow/registered-models/alias',
    z.object({ ...name, alias: required() }),
    async ({ parts, caller, fields }) => {
      const number = await numberOfAlias(parts, caller, fields.name, fields.alias);
      return { model_version: versionOf(await getVersion(parts, caller, fields.name, number)) };
    },
  ),
];

const versions = [
  operation(
    'POST',
    '/mlflow/model-versions/create',
    z.object({
      ...name,
      source: required(3000),
      run_id: text(200),
      model_id: text(200),
      run_link: text(3000),
      description: text(200_000),
      tags: items(tag),
    }),
    async ({ parts, caller, fields }) => {
      const made = await createVersion(parts, caller, {
        name: fields.name,
        source: fields.source,
        run: fields.run_id || undefined,
        loggedModel: fields.model_id,
        runLink: fields.run_link ?? '',
        description: fields.description ?? '',
        tags: fields.tags,
      });
      return { model_version: versionOf(await getVersion(parts, caller, fields.name, made.version.number)) };
    },
  ),
  operation('GET', '/mlflow/model-versions/get', z.object(version), async (call) => await shownVersion(call)),
  operation(
    'PATCH',
    '/mlflow/model-versions/update',
    z.object({ ...version, description: text(200_000) }),
    async (call) => {
      const { description } = call.fields;
      if (description !== undefined)
        await describeVersion(call.parts, call.caller, at(call.fields), description);
      return await shownVersion(call);
    },
  ),
  operation(
    'POST',
    '/mlflow/model-versions/transition-stage',
    z.object({ ...version, stage: required(), archive_existing_versions: flag }),
    async (call) => {
      const { stage, archive_existing_versions: archiveOthers } = call.fields;
      await stageVersion(call.parts, call.caller, at(call.fields), { stage, archiveOthers });
      return await shownVersion(call);
    },
  ),
  operation(
    'DELETE',
    '/mlflow/model-versions/delete',
    z.object(version),
    async ({ parts, caller, fields }) => {
      await deleteVersion(parts, caller, at(fields));
      return {};
    },
  ),
  operation(
    'GET',
    '/mlflow/model-versions/search',
    z.object({ ...searchFields, max_results: int64 }),
    async ({ parts, caller, fields }) => {
      const { filter, order_by: orderBy, page_token: token, max_results: limit = 10_000 } = fields;
      const found = await searchVersions(parts, caller, { filter, orderBy, token, limit });
      return { model_versions: found.items.map(versionOf), ...nextPage(found.nextToken) };
    },
  ),
  operation(
    'GET',
    '/mlflow/model-versions/get-download-uri',
    z.object(version),
    async ({ parts, caller, fields }) => {
      const { row } = await getVersion(parts, caller, fields.name, fields.version);
      return { artifact_uri: row.source };
    },
  ),
  operation(
    'POST',
    '/mlflow/model-versions/set-tag',
    z.object({ ...version, ...tag.shape }),
    async ({ parts, caller, fields }) => {
      await tagVersion(parts, caller, at(fields), { key: fields.key, value: fields.value });
      return {};
    },
  ),
  operation(
    'DELETE',
    '/mlflow/model-versions/delete-tag',
    z.object({ ...version, key: required() }),
    async ({ parts, caller, fields }) => {
      await untagVersion(parts, caller, at(fields), fields.key);
      return {};
    },
  ),
];

export const registryOperations = [...names, ...versions];
