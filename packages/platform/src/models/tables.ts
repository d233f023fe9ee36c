import { bigint, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { BlobRef } from '../kernel/index.ts';

/** Versions of trained models. The artifact is data (JSON and safetensors), never code. */
export const model = pgTable(
  'model',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** What it was trained in, by opaque id. */
    campaign: text('campaign').notNull(),
    run: text('run').notNull(),
    config: jsonb('config').notNull(),
    tensors: jsonb('tensors').$type<BlobRef>().notNull(),
    /** `modelArtifactHash` of the evidence package: it covers both files. */
    artifactHash: text('artifact_hash').notNull(),
    metrics: jsonb('metrics').$type<ModelMetric[]>().notNull(),
    trainedOn: jsonb('trained_on').$type<TrainedOn>().notNull(),
    entry: text('entry').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [index('model_campaign').on(table.campaign, table.createdAt)],
);

/** A measured figure: where it comes from stands beside it. */
export type ModelMetric = { name: string; value: number; on: string; n: number };

export type TrainedOn = {
  experiments: number;
  measured: number;
  failed: number;
  censored: number;
  objective: string;
  unit: string | null;
};
