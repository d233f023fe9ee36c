import { z } from 'zod';

/** The files of a backup, in their order; nothing else may be in one, so that no name leads out of the folder. */
export const backupNames = {
  rows: (table: string, part: number) => `database/${table}/${String(part).padStart(6, '0')}.ndjson`,
  jobs: 'jobs.json',
  manifest: 'manifest.json',
  manifestHash: 'manifest.sha256',
};

/** Files of the data folder that go into a backup as they are. */
export const filePattern =
  /^(?:keys\/[a-z0-9-]+\.key|origin|blobs\/(?:[0-9a-f]{32}\/[0-9a-f]{2}\/[0-9a-f]{64}|sealed\/[0-9a-f]{2}\/[0-9a-f]{32}))$/;

export const rowsPattern = /^database\/(?<table>[a-z][a-z0-9_]*)\/\d{6}\.ndjson$/;

const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const manifestSchema = z.strictObject({
  format: z.literal('genesis-backup/1'),
  createdAt: z.iso.datetime(),
  /** SHA-256 of every migration: the shape of the tables. */
  schema: z.array(digest),
  tables: z.record(z.string(), z.strictObject({ rows: z.number().int() })),
  sequences: z.record(
    z.string(),
    z.strictObject({ value: z.union([z.number(), z.string()]), called: z.boolean() }),
  ),
  files: z.record(z.string(), z.strictObject({ bytes: z.number().int(), sha256: digest })),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const jobsSchema = z.array(
  z.strictObject({
    queue: z.string(),
    payload: z.record(z.string(), z.unknown()),
    key: z.string().nullable(),
    startAfter: z.iso.datetime({ offset: true }),
  }),
);
export type BackedUpJob = z.infer<typeof jobsSchema>[number];
