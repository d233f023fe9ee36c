import type { ModelDescription } from '@genesis/contracts';
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { BlobRef } from '../kernel/index.ts';

/** Versions of trained models. The artifact is data, never code. */
export const model = pgTable(
  'model',
  {
    id: text('id').primaryKey(),
    /** A surrogate was fitted by the platform in a campaign; what is registered was left by a training run. */
    kind: text('kind').$type<'surrogate' | 'registered'>().notNull(),
    name: text('name').notNull(),
    /** Counts versions of one name under one label and the same conditions, so that it tells of no version that is hidden. */
    version: integer('version').notNull(),
    run: text('run').notNull(),
    stage: text('stage').notNull(),
    /** Who asked for it to be put into production, while nobody has decided. */
    proposal: jsonb('proposal').$type<Proposal>(),
    /** Who had it served, while it is. */
    serving: jsonb('serving').$type<Serving>(),
    /** Of a surrogate: the campaign, and its artifact by `modelArtifactHash` of the evidence package. */
    campaign: text('campaign'),
    config: jsonb('config'),
    tensors: jsonb('tensors').$type<BlobRef>(),
    trainedOn: jsonb('trained_on').$type<TrainedOn>(),
    /** Of what is registered: what the run said of it, its files and where it comes from. */
    description: jsonb('description').$type<ModelDescription>(),
    files: jsonb('files').$type<ArtifactFile[]>(),
    origin: jsonb('origin').$type<Origin>(),
    /** It covers every file of the artifact. */
    artifactHash: text('artifact_hash').notNull(),
    metrics: jsonb('metrics').$type<ModelMetric[]>().notNull(),
    entry: text('entry').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [
    index('model_campaign').on(table.campaign, table.createdAt),
    index('model_name').on(table.name),
    uniqueIndex('model_run').on(table.run),
  ],
);

/** Moves of versions from stage to stage. Nothing is ever taken out. */
export const modelMove = pgTable(
  'model_move',
  {
    model: text('model').notNull(),
    number: integer('number').notNull(),
    from: text('from').notNull(),
    to: text('to').notNull(),
    by: text('by').notNull(),
    /** Who asked for it, where somebody else decided. */
    askedBy: text('asked_by'),
    reason: text('reason').notNull(),
    entry: text('entry').notNull(),
    at: bigint('at', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.model, table.number] })],
);

/** A measured figure: where it comes from stands beside it. */
export type ModelMetric = {
  name: string;
  value: number;
  on: string;
  n: number;
  unit?: string | null | undefined;
  low?: number | undefined;
  high?: number | undefined;
};

export type TrainedOn = {
  experiments: number;
  measured: number;
  failed: number;
  censored: number;
  objective: string;
  unit: string | null;
};

export type Proposal = { by: string; at: number; reason: string };

export type Serving = { by: string; at: number };

/** A file of an artifact, `path` below `model/`. `model.json` is one of them. */
export type ArtifactFile = { path: string; format: string; bytes: number; sha256: string; address: string };

/** What a registered version was made of. */
export type Origin = {
  capability: { id: string; name: string; version: string; digest: string };
  environmentHash: string;
  configHash: string;
  seeds: string[];
  data: { name: string; version: string; dataset: string; sha256: string }[];
  startedAt: number | null;
  endedAt: number | null;
};
