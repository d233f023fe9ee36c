import { z } from 'zod';
import { idSchema } from './ids.ts';
import { jobResourcesSchema } from './job.ts';
import { type Label, labelSchema } from './label.ts';

/** A name that people type: lower case, for example `slurm`, `perlmutter-gpu`. Unique within its owner. */
export const computeNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'expected 1 to 63 lower-case letters, digits and "-", a letter first');

/** Words of the DOE-IRI registry of resource types; each stands for `urn:doe-iri:resource:WORD`. */
export const resourceTypes = [
  'compute',
  'compute:system',
  'compute:node',
  'storage',
  'storage:system',
  'storage:filesystem',
  'storage:object',
  'service',
  'service:dtn',
  'service:inference',
  'network',
  'system',
  'website',
  'unknown',
] as const;
export const resourceTypeSchema = z.enum(resourceTypes);
export type ResourceType = z.infer<typeof resourceTypeSchema>;
export const resourceTypeUrn = (type: ResourceType): string => `urn:doe-iri:resource:${type}`;

/** Health of a resource in IRI's words. Nothing is placed on one that is `down`. */
export const resourceStatuses = ['up', 'degraded', 'down', 'unknown'] as const;
export const resourceStatusSchema = z.enum(resourceStatuses);
export type ResourceStatus = z.infer<typeof resourceStatusSchema>;

const whole = z.int().min(0).max(10_000_000);

/** What a resource is made of. `null` stands for "not known", which never counts as enough. */
export const hardwareSchema = z.strictObject({
  nodes: whole.nullable().default(null),
  coresPerNode: whole.nullable().default(null),
  /** Bytes. */
  memoryPerNode: z.int().min(0).nullable().default(null),
  acceleratorsPerNode: whole.nullable().default(0),
  acceleratorType: z.string().max(100).nullable().default(null),
});
export type Hardware = z.infer<typeof hardwareSchema>;

/** What one job may ask for; `null` stands for "no limit known". */
export const limitsSchema = z.strictObject({
  durationSeconds: z.number().positive().nullable().default(null),
  nodes: z.int().min(1).nullable().default(null),
  /** Jobs that one owner may have waiting and running. */
  jobs: z.int().min(1).nullable().default(null),
});
export type Limits = z.infer<typeof limitsSchema>;

const rate = z.number().min(0).max(1e9).default(0);
/** Allocation units that an hour costs. */
export const priceSchema = z.strictObject({ coreHour: rate, gpuHour: rate, nodeHour: rate });
export type Price = z.infer<typeof priceSchema>;

const absolutePath = z
  .string()
  .max(1000)
  .regex(/^\/[^\0]*$/, 'expected an absolute path');
const slurmName = z
  .string()
  .regex(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$/, 'expected a name that Slurm allows');

/** How jobs get to a resource. Without it, nothing can be run there: the inventory knows it, and no more. */
export const accessSchema = z.discriminatedUnion('kind', [
  /** The machine that the platform runs on. */
  z.strictObject({ kind: z.literal('local') }),
  /** A Slurm whose command-line tools are on the platform's machine. */
  z.strictObject({
    kind: z.literal('slurm'),
    /** A folder that the nodes share with the platform. */
    stagingFolder: absolutePath,
    /** `slurm.conf`, where it is not in the usual place. */
    configuration: absolutePath.optional(),
    partition: slurmName.optional(),
    account: slurmName.optional(),
  }),
  /** A facility that offers the DOE IRI Facility API. */
  z.strictObject({
    kind: z.literal('iri'),
    /** Where the API begins, without `/api/v2`. */
    url: z.url({ protocol: /^https?$/ }),
    /** The facility's id of the resource that computes. */
    resource: z.string().min(1).max(200),
    /** The facility's id of the resource that holds files, when it is another one. */
    storage: z.string().min(1).max(200).optional(),
    /** A folder there that belongs to the platform alone. */
    folder: absolutePath,
    /** What `attributes.account` is told. */
    account: z.string().min(1).max(200).optional(),
    queue: z.string().min(1).max(200).optional(),
    /** The name of the credentials that the platform's operator has placed in its folder `keys/facilities`. */
    credentials: computeNameSchema,
    /** Sent with each job as `attributes.custom_attributes`. */
    customAttributes: z.record(z.string(), z.string()).default({}),
  }),
]);
export type Access = z.infer<typeof accessSchema>;

/** A resource as an operator describes it. */
export const resourceDescriptionSchema = z.strictObject({
  name: computeNameSchema,
  description: z.string().max(2000).default(''),
  type: resourceTypeSchema.default('compute:system'),
  group: z.string().max(200).nullable().default(null),
  site: computeNameSchema.nullable().default(null),
  /** The highest label that it may hold; `null`, for the platform's own machine only: whatever the platform holds. */
  authority: labelSchema.nullable().prefault({ level: 'public' }),
  /** Who may know of it. */
  label: labelSchema.prefault({ level: 'public' }),
  hardware: hardwareSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  price: priceSchema.prefault({}),
  /** Names of sites and storage resources whose data it reaches without a copy. */
  near: z.array(computeNameSchema).max(100).default([]),
  access: accessSchema.nullable().default(null),
});
export type ResourceDescription = z.infer<typeof resourceDescriptionSchema>;
export type ResourceDescriptionInput = z.input<typeof resourceDescriptionSchema>;

export const siteDescriptionSchema = z.strictObject({
  name: computeNameSchema,
  longName: z.string().max(200).nullable().default(null),
  description: z.string().max(2000).default(''),
  operatingOrganization: z.string().max(200).nullable().default(null),
  country: z.string().max(100).nullable().default(null),
  locality: z.string().max(200).nullable().default(null),
  stateOrProvince: z.string().max(200).nullable().default(null),
  /** Degrees. */
  latitude: z.number().min(-90).max(90).nullable().default(null),
  longitude: z.number().min(-180).max(180).nullable().default(null),
});
export type SiteDescription = z.infer<typeof siteDescriptionSchema>;

/** Where runs may go, and who pays: what a person says when they submit a run or open a campaign. */
export const computeChoiceSchema = z.strictObject({
  /** Names or ids of resources; without any, whichever placement finds best. */
  resources: z.array(z.string().min(1).max(100)).max(100).default([]),
  /** The project whose allocations pay. */
  project: idSchema('project').nullable().default(null),
});
export type ComputeChoice = z.infer<typeof computeChoiceSchema>;

/** What a run asks of the place where it runs. */
export const placementRequestSchema = z.strictObject({
  label: labelSchema,
  resources: jobResourcesSchema.prefault({}),
  /** Names or ids; without them every resource is looked at. */
  among: z.array(z.string().min(1).max(100)).max(100).default([]),
  /** Names or ids of the machines that may hold the data, as cards prescribe them; null where none is prescribed. */
  environments: z.array(z.string().min(1).max(200)).nullable().default(null),
  /** Data that the run reads, in bytes, and where it lies (`null`: with the platform). */
  data: z
    .array(z.strictObject({ bytes: z.int().min(0), at: z.string().nullable() }))
    .max(1000)
    .default([]),
  /** Whether it needs folders of the platform's machine, as a Python environment is one. */
  folders: z.boolean().optional(),
});
export type PlacementRequest = z.infer<typeof placementRequestSchema>;

/** Why a resource cannot take a run. Closed, so that people and programs can act on it. */
export const rejections = [
  'not-among',
  'not-compute',
  'no-access',
  'label-not-covered',
  'not-approved',
  'down',
  'unreachable',
  'too-few-nodes',
  'too-few-cores',
  'too-little-memory',
  'too-few-accelerators',
  'too-long',
  'too-many-jobs',
  'no-allocation',
  'allocation-spent',
] as const;
export const rejectionSchema = z.enum(rejections);
export type Rejection = z.infer<typeof rejectionSchema>;

export const consideredSchema = z.strictObject({
  resource: z.string(),
  name: z.string(),
  accepted: z.boolean(),
  /** Empty exactly when accepted. */
  rejections: z.array(z.strictObject({ code: rejectionSchema, message: z.string() })),
  /** What speaks for care, though it is accepted: a spent allocation that only warns, a degraded resource. */
  warnings: z.array(z.string()),
  /** Less is better; `null` where rejected. All three parts are in seconds, so that they add up. */
  score: z
    .strictObject({
      total: z.number(),
      /** Expected time until it starts, with the interval that holds 80 % of what was seen. */
      waiting: z.number(),
      waitingLow: z.number(),
      waitingHigh: z.number(),
      movement: z.number(),
      /** What it costs, as the time that a person would wait to save it. */
      cost: z.number(),
      /** Allocation units, if it takes all the time that it asks for. */
      units: z.number(),
    })
    .nullable(),
});
export type Considered = z.infer<typeof consideredSchema>;

/** Where a run should go, and why: decided before anything is submitted. */
export const placementPlanSchema = z.strictObject({
  /** The accepted resource with the least score; `null` when every one is rejected. */
  chosen: z.string().nullable(),
  /** Accepted ones first, by their score. */
  considered: z.array(consideredSchema),
});
export type PlacementPlan = z.infer<typeof placementPlanSchema>;

/** What was used, in hours; what was not measured is counted by what was reserved. */
export const usageSchema = z.strictObject({
  runs: z.int(),
  coreHours: z.number(),
  gpuHours: z.number(),
  nodeHours: z.number(),
  /** Allocation units by the price of the resources. */
  units: z.number(),
});
export type Usage = z.infer<typeof usageSchema>;

/** What happens when an allocation is spent: nothing more starts; it is told; or runs go only where they cost nothing. */
export const whenSpent = ['stop', 'warn', 'degrade'] as const;
export const whenSpentSchema = z.enum(whenSpent);
export type WhenSpent = z.infer<typeof whenSpentSchema>;

/** A resource as placement sees it: plain data, nothing that has to be asked for. */
export type PlaceableResource = {
  id: string;
  name: string;
  site: string | null;
  type: ResourceType;
  authority: Label;
  hardware: Hardware;
  limits: Limits;
  price: Price;
  near: readonly string[];
  reachable: boolean;
  hasAccess: boolean;
  /** False where its jobs see no folders of the platform's machine. */
  seesFolders?: boolean;
  status: ResourceStatus;
  /** Jobs of the platform that wait or run there. */
  jobs: number;
};
