import { z } from 'zod';
import { argumentSchema, environmentSchema, jobResourcesSchema } from './job.ts';
import { labelSchema } from './label.ts';

/** A JSON Schema (2020-12) that an input or output must fit. */
const jsonSchemaSchema = z.record(z.string(), z.unknown());

const implementationSchema = z.discriminatedUnion('kind', [
  /** A function that ships with Genesis: trusted code, runs in a worker thread. */
  z.strictObject({ kind: z.literal('function'), function: z.string().min(1).max(100) }),
  /**
   * A command that runs in the sandbox: it reads `inputs/input.json`, writes `output.json`, and nothing else counts
   * but what it leaves in its folder.
   */
  z.strictObject({
    kind: z.literal('command'),
    executable: argumentSchema.min(1).max(1000),
    arguments: z.array(argumentSchema).max(1000).default([]),
    environment: environmentSchema.default({}),
  }),
  /** A module of a kit that ships with the platform, run in the kit's own Python environment, in the sandbox. */
  z.strictObject({
    kind: z.literal('kit'),
    kit: z.string().min(1).max(100),
    python: z.string().min(1).max(10),
    module: z.string().min(1).max(200),
    /** SHA-256 over the kit's files, its lock among them; they are kept under it. */
    sources: z.string().regex(/^[0-9a-f]{64}$/),
    /** SHA-256 of the lock in its normal form. */
    lock: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  /** A command that each run brings with it, with its own code and Python packages. */
  z.strictObject({ kind: z.literal('own') }),
]);

/** What declares a capability: anything that can be run, in GMP's words. */
export const capabilityManifestSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{1,79}$/, 'expected lower-case letters, digits and "-"'),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'expected a version like 1.0.0'),
  summary: z.string().min(1).max(500),
  profile: z.enum(['simulator', 'instrument', 'analysis', 'training', 'model']),
  implementation: implementationSchema,
  input: jsonSchemaSchema,
  output: jsonSchemaSchema,
  resources: jobResourcesSchema.prefault({}),
  /** The label of what a run gives: the join of its inputs' labels, and at least this. */
  labelRule: z.strictObject({ atLeast: labelSchema }).prefault({ atLeast: { level: 'public' } }),
});
export type CapabilityManifest = z.infer<typeof capabilityManifestSchema>;

export const capabilityStatuses = [
  'declared',
  'smoke_test_passed',
  'smoke_test_failed',
  'deprecated',
] as const;
export const reproducibilityTiers = [
  'tier1_declared',
  'tier2_smoke_tested',
  'tier3_independently_replicated',
] as const;
