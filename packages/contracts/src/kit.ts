import { z } from 'zod';
import { capabilityManifestSchema } from './capability.ts';
import { argumentSchema, environmentSchema, jobResourcesSchema, relativePathSchema } from './job.ts';

const nameSchema = capabilityManifestSchema.shape.name;
const schemaSchema = capabilityManifestSchema.shape.input;

/** `3.11`: wheels are made for it. */
export const pythonVersionSchema = z.string().regex(/^3\.\d{1,2}$/, 'expected a version like 3.11');

/** `kits/NAME/kit.json`: Python programs that ship with the platform, as capabilities. */
export const kitManifestSchema = z.strictObject({
  /** Also the name of its folder. */
  name: nameSchema.max(40),
  version: capabilityManifestSchema.shape.version,
  summary: z.string().min(1).max(500),
  python: pythonVersionSchema,
  /** Python packages of other kits beside it that it uses: they are among its files. */
  uses: z
    .array(z.strictObject({ kit: nameSchema.max(40), package: z.string().regex(/^[A-Za-z_]\w*$/) }))
    .max(10)
    .default([]),
  /**
   * Indexes of packages that have the builds of its lock which PyPI has not, as `torch==2.13.0+cpu`. They are asked only for
   * these, and only where they are not found as pip is set up.
   */
  indexes: z
    .array(
      z
        .string()
        .max(500)
        .regex(/^https:\/\/[\w.-]+(:\d+)?(\/[\w.~-]+)*\/?$/, 'expected an https address'),
    )
    .max(5)
    .default([]),
  /** Registered as `KIT-NAME`. */
  capabilities: z
    .array(
      z.strictObject({
        name: nameSchema.max(39),
        summary: z.string().min(1).max(500),
        profile: capabilityManifestSchema.shape.profile.default('training'),
        /** Run by `python -m`. */
        module: z.string().regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/, 'expected the name of a Python module'),
        input: schemaSchema,
        output: schemaSchema,
        /** What it reads at `inputs/NAME`. */
        datasets: z
          .array(z.strictObject({ name: relativePathSchema, summary: z.string().max(500) }))
          .max(100)
          .default([]),
        resources: jobResourcesSchema.prefault({}),
      }),
    )
    .min(1)
    .max(50),
});
export type KitManifest = z.infer<typeof kitManifestSchema>;

/** The most that the files of a training's own code may hold together, in bytes. */
export const mostCodeBytes = 16 * 2 ** 20;
export const mostCodeFiles = 2_000;

/** A program of one's own, run on granted data: what it starts with, and the Python packages that it needs. */
export const ownTrainingSchema = z.strictObject({
  /** What to run, in a folder that holds the code: for example `["python", "train.py"]`. */
  command: z.array(argumentSchema.min(1)).min(1).max(1_000),
  environment: environmentSchema.default({}),
  /** Its files, each with its content in base64. */
  code: z
    .array(
      z.strictObject({
        path: relativePathSchema,
        content: z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'expected base64'),
      }),
    )
    .max(mostCodeFiles)
    .default([]),
  /**
   * What `pip` is to install: a text of requirements (a whole lock with hashes, or without any hash, to be resolved), or
   * a `pyproject.toml`, of which the dependencies are taken.
   */
  requirements: z
    .strictObject({ kind: z.enum(['requirements', 'project']), text: z.string().max(500_000) })
    .nullable()
    .default(null),
  python: pythonVersionSchema.default('3.11'),
});
export type OwnTraining = z.infer<typeof ownTrainingSchema>;
