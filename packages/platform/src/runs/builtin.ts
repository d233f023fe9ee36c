import type { CapabilityManifest } from '@genesis/contracts';

/** A function that ships with Genesis. Modules are given by main.ts: they belong to other domains. */
export type BuiltinFunctions = Readonly<Record<string, { module: URL; name: string }>>;

const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const concentration = (minimum: number, maximum: number) => ({ type: 'number', minimum, maximum });

const shared = {
  version: '1.0.0',
  resources: {
    memoryBytes: 2 ** 31,
    cpuCores: 1,
    nodes: 1,
    gpus: 0,
    processes: 256,
    outputBytes: 2 ** 28,
    logBytes: 2 ** 24,
    durationSeconds: 3600,
  },
  labelRule: { atLeast: { level: 'public' as const, categories: [] } },
};

/** The capability of every run of `genesis train -- COMMAND`. */
export const ownTrainingName = 'own-training';

/** Capabilities that ship with Genesis: trusted code in worker threads. */
export const builtinManifests: readonly CapabilityManifest[] = [
  {
    ...shared,
    name: ownTrainingName,
    summary: "A training program of one's own on granted data, with its own code and Python packages.",
    profile: 'training',
    implementation: { kind: 'own' },
    input: object({ command: { type: 'array', items: { type: 'string' } } }),
    output: {},
  },
  {
    ...shared,
    name: 'stober-silica',
    summary:
      'Virtual Stöber synthesis of silica spheres, small-angle scattering of the batch, and the fitted diameter.',
    profile: 'instrument',
    implementation: { kind: 'function', function: 'stober-silica' },
    input: object({
      design: object({
        teos: concentration(0.1, 0.5),
        water: concentration(0.5, 17),
        ammonia: concentration(0.5, 3),
      }),
      seed: { type: 'string', minLength: 1, maxLength: 200 },
    }),
    output: object({ outcome: { type: 'object' }, details: {} }),
  },
];
