import {
  type MetricRow,
  modelArtifacts,
  runArtifacts,
  type ShownExperiment,
  type ShownModel,
  type ShownName,
  type ShownRun,
  type ShownVersion,
  type TrackedRow,
} from '../../tracking/index.ts';

/* What the domain shows, as the messages of MLflow's protocol. Fields without a value are left out, as protobuf's JSON does. */

const given = <Value>(name: string, value: Value | null | undefined | '') =>
  value === null || value === undefined || value === '' ? {} : { [name]: value };

/** Numbers that JSON cannot hold are texts. */
const numberOf = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

export const experimentOf = ({ row, tags }: ShownExperiment) => ({
  experiment_id: row.id,
  name: row.name,
  artifact_location: `mlflow-artifacts:/${row.id}`,
  lifecycle_stage: row.lifecycle,
  creation_time: row.createdAt,
  last_update_time: row.updatedAt,
  tags,
});

export const infoOf = (row: TrackedRow) => ({
  run_id: row.id,
  run_uuid: row.id,
  run_name: row.name,
  experiment_id: row.experiment,
  user_id: row.userId,
  status: row.status,
  start_time: row.startTime,
  ...given('end_time', row.endTime),
  artifact_uri: runArtifacts(row.experiment, row.id),
  lifecycle_stage: row.lifecycle,
});

export const metricOf = ({ key, value, timestamp, step }: Omit<MetricRow, 'run'>) => ({
  key,
  value: numberOf(value),
  timestamp,
  step,
});

export const runView = ({ row, metrics, params, tags, datasets, models }: ShownRun) => ({
  info: infoOf(row),
  data: { metrics: metrics.map(metricOf), params, tags },
  inputs: {
    dataset_inputs: datasets.map((dataset) => ({
      tags: dataset.tags,
      dataset: {
        name: dataset.name,
        digest: dataset.digest,
        source_type: dataset.sourceType,
        source: dataset.source,
        ...given('schema', dataset.schema),
        ...given('profile', dataset.profile),
      },
    })),
    model_inputs: models.filter(({ use }) => use === 'input').map(({ model }) => ({ model_id: model })),
  },
  outputs: {
    model_outputs: models
      .filter(({ use }) => use === 'output')
      .map(({ model, step }) => ({ model_id: model, step })),
  },
});

export const loggedModelOf = ({ row, tags, params, metrics, registrations }: ShownModel) => ({
  info: {
    model_id: row.id,
    experiment_id: row.experiment,
    name: row.name,
    creation_timestamp_ms: row.createdAt,
    last_updated_timestamp_ms: row.updatedAt,
    artifact_uri: modelArtifacts(row.experiment, row.id),
    status: row.status,
    ...given('model_type', row.modelType),
    ...given('source_run_id', row.sourceRun),
    tags,
    registrations,
  },
  data: {
    params,
    metrics: metrics.map((point) => ({
      ...metricOf(point),
      model_id: point.model,
      run_id: point.run,
      ...given('dataset_name', point.datasetName),
      ...given('dataset_digest', point.datasetDigest),
    })),
  },
});

export const versionOf = ({ name, row, tags, aliases }: ShownVersion) => ({
  name,
  version: String(row.number),
  creation_timestamp: row.createdAt,
  last_updated_timestamp: row.updatedAt,
  user_id: row.createdBy,
  current_stage: row.stage,
  description: row.description,
  source: row.source,
  ...given('run_id', row.run),
  ...given('model_id', row.loggedModel),
  status: 'READY',
  ...given('run_link', row.runLink),
  tags,
  aliases,
});

export const nameOf = ({ row, tags, aliases, latest }: ShownName) => ({
  name: row.name,
  creation_timestamp: row.createdAt,
  last_updated_timestamp: row.updatedAt,
  user_id: row.createdBy,
  description: row.description,
  latest_versions: latest.map(versionOf),
  tags,
  aliases: aliases.map(({ alias, number }) => ({ alias, version: String(number) })),
});

/** The token of the next page, where there is one. */
export const nextPage = (token: string | undefined) => given('next_page_token', token);
