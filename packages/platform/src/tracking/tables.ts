import {
  bigint,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { bytea } from '../kernel/index.ts';

/**
 * Collections of tracked runs, as MLflow's experiments. `governedBy` is the row of `resource` whose label they have: their
 * own, or that of the Genesis run whose code made them.
 */
export const trackingExperiment = pgTable(
  'tracking_experiment',
  {
    id: text('id').primaryKey(),
    governedBy: text('governed_by').notNull(),
    /** Within which names are looked up. */
    organisation: text('organisation'),
    name: text('name').notNull(),
    /** The Genesis run that it belongs to; null for those of people. */
    genesisRun: text('genesis_run'),
    lifecycle: text('lifecycle').$type<Lifecycle>().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
  },
  (table) => [
    index('tracking_experiment_name').on(table.organisation, table.name),
    index('tracking_experiment_governed').on(table.governedBy),
  ],
);

export const trackedRun = pgTable(
  'tracked_run',
  {
    id: text('id').primaryKey(),
    experiment: text('experiment').notNull(),
    /** The row of `resource` whose label it has: of its experiment, or of the Genesis run that made it. */
    governedBy: text('governed_by').notNull(),
    genesisRun: text('genesis_run'),
    name: text('name').notNull(),
    /** What the client called its user: a word, no proof. */
    userId: text('user_id').notNull(),
    status: text('status').$type<TrackedStatus>().notNull(),
    lifecycle: text('lifecycle').$type<Lifecycle>().notNull(),
    startTime: bigint('start_time', { mode: 'number' }).notNull(),
    endTime: bigint('end_time', { mode: 'number' }),
    createdBy: text('created_by').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [
    index('tracked_run_experiment').on(table.experiment, table.startTime),
    index('tracked_run_genesis_run').on(table.genesisRun),
    index('tracked_run_governed').on(table.governedBy),
  ],
);

/** Parameters of runs and of logged models: written once. */
export const trackedParameter = pgTable(
  'tracked_parameter',
  { thing: text('thing').notNull(), key: text('key').notNull(), value: text('value').notNull() },
  (table) => [primaryKey({ columns: [table.thing, table.key] })],
);

/** Tags of experiments, runs, logged models, registered models (by id) and their versions (by `versionKey`). */
export const trackingTag = pgTable(
  'tracking_tag',
  { thing: text('thing').notNull(), key: text('key').notNull(), value: text('value').notNull() },
  (table) => [primaryKey({ columns: [table.thing, table.key] })],
);

/** Every point of every metric. The key is the whole point, so that a batch that is sent again adds nothing. */
export const trackedMetric = pgTable(
  'tracked_metric',
  {
    run: text('run').notNull(),
    key: text('key').notNull(),
    step: bigint('step', { mode: 'number' }).notNull(),
    timestamp: bigint('timestamp', { mode: 'number' }).notNull(),
    value: doublePrecision('value').notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.key, table.step, table.timestamp, table.value] })],
);

/** The newest point of each metric of a run: by step, then time, then value. */
export const latestMetric = pgTable(
  'tracked_metric_latest',
  {
    run: text('run').notNull(),
    key: text('key').notNull(),
    step: bigint('step', { mode: 'number' }).notNull(),
    timestamp: bigint('timestamp', { mode: 'number' }).notNull(),
    value: doublePrecision('value').notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.key] })],
);

/** Points that were measured with a logged model, on a dataset where one was named. */
export const modelMetric = pgTable(
  'tracked_model_metric',
  {
    model: text('model').notNull(),
    run: text('run').notNull(),
    key: text('key').notNull(),
    datasetName: text('dataset_name').notNull(),
    datasetDigest: text('dataset_digest').notNull(),
    step: bigint('step', { mode: 'number' }).notNull(),
    timestamp: bigint('timestamp', { mode: 'number' }).notNull(),
    value: doublePrecision('value').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.model, table.run, table.key, table.datasetName, table.datasetDigest] }),
  ],
);

/** Descriptions of the datasets that runs read. */
export const trackedDataset = pgTable(
  'tracked_dataset',
  {
    run: text('run').notNull(),
    name: text('name').notNull(),
    digest: text('digest').notNull(),
    /** What it was used for, as MLflow's tag `mlflow.data.context`. */
    context: text('context'),
    sourceType: text('source_type').notNull(),
    source: text('source').notNull(),
    schema: text('schema'),
    profile: text('profile'),
    tags: jsonb('tags').$type<Tag[]>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.name, table.digest] })],
);

/** Logged models that a run read or left. */
export const trackedModelUse = pgTable(
  'tracked_model_use',
  {
    run: text('run').notNull(),
    model: text('model').notNull(),
    use: text('use').$type<'input' | 'output'>().notNull(),
    step: bigint('step', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.use, table.model] })],
);

/** Files of runs and logged models. The platform keeps their bytes and never loads them. */
export const trackingArtifact = pgTable(
  'tracking_artifact',
  {
    owner: text('owner').notNull(),
    path: text('path').notNull(),
    address: text('address').notNull(),
    sha256: text('sha256').notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.owner, table.path] })],
);

export const loggedModel = pgTable(
  'logged_model',
  {
    id: text('id').primaryKey(),
    experiment: text('experiment').notNull(),
    governedBy: text('governed_by').notNull(),
    genesisRun: text('genesis_run'),
    sourceRun: text('source_run'),
    name: text('name').notNull(),
    modelType: text('model_type').notNull(),
    status: text('status').$type<LoggedModelStatus>().notNull(),
    lifecycle: text('lifecycle').$type<Lifecycle>().notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
  },
  (table) => [index('logged_model_experiment').on(table.experiment, table.createdAt)],
);

/** Names under which versions of artifacts are kept. Their label and conditions are the join of all versions. */
export const registeredModel = pgTable(
  'registered_model',
  {
    id: text('id').primaryKey(),
    organisation: text('organisation').notNull(),
    name: text('name').notNull(),
    description: text('description').notNull(),
    /** The last number that was given; numbers of deleted versions are not given again. */
    lastVersion: integer('last_version').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
  },
  (table) => [index('registered_model_name').on(table.organisation, table.name)],
);

export const registeredVersion = pgTable(
  'registered_version',
  {
    model: text('model').notNull(),
    number: integer('number').notNull(),
    source: text('source').notNull(),
    /** The tracked run or logged model that has the artifacts. */
    owner: text('owner').notNull(),
    run: text('run'),
    loggedModel: text('logged_model'),
    runLink: text('run_link').notNull(),
    description: text('description').notNull(),
    stage: text('stage').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.model, table.number] })],
);

export const registeredAlias = pgTable(
  'registered_alias',
  { model: text('model').notNull(), alias: text('alias').notNull(), number: integer('number').notNull() },
  (table) => [primaryKey({ columns: [table.model, table.alias] })],
);

/** Tokens for the code of one Genesis run: only hashes, and only for the tracking socket. */
export const trackingToken = pgTable(
  'tracking_token',
  {
    id: text('id').primaryKey(),
    run: text('run').notNull(),
    delegation: text('delegation').notNull(),
    hash: bytea('hash').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
    revokedAt: bigint('revoked_at', { mode: 'number' }),
  },
  (table) => [index('tracking_token_run').on(table.run), uniqueIndex('tracking_token_hash').on(table.hash)],
);

export type Lifecycle = 'active' | 'deleted';
export type TrackedStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
export type LoggedModelStatus = 'LOGGED_MODEL_PENDING' | 'LOGGED_MODEL_READY' | 'LOGGED_MODEL_UPLOAD_FAILED';
export type Tag = { key: string; value: string };
