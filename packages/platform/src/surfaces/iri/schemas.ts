/** What the facility API answers, as its specification has it. Every object is strict: nothing slips out by accident. */
import { jobStates, resourceStatusSchema } from '@genesis/contracts';
import { z } from 'zod';

const text = z.string().nullable();

const named = { id: z.string(), name: text, description: text, last_modified: z.string() };

export const facilitySchema = z.strictObject({
  ...named,
  short_name: text,
  organization_name: text,
  support_uri: text,
  self_uri: z.string(),
  site_uris: z.array(z.string()),
});

export const siteSchema = z.strictObject({
  ...named,
  short_name: text,
  operating_organization: text,
  country_name: text,
  locality_name: text,
  state_or_province_name: text,
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  self_uri: z.string(),
  resource_uris: z.array(z.string()),
});

export const resourceSchema = z.strictObject({
  ...named,
  group: text,
  current_status: resourceStatusSchema,
  resource_type: z.string(),
  supported_endpoints: z.array(z.enum(['compute', 'filesystem'])),
  self_uri: z.string(),
  site_uri: z.string(),
  capability_uris: z.array(z.string()),
  attributes: z.record(z.string(), z.unknown()),
});

export const incidentTypes = ['planned', 'unplanned', 'reservation'] as const;
export const resolutions = ['unresolved', 'cancelled', 'completed', 'extended', 'pending'] as const;

export const incidentSchema = z.strictObject({
  ...named,
  status: resourceStatusSchema,
  start: z.string(),
  end: text,
  type: z.enum(incidentTypes),
  resolution: z.enum(resolutions),
  self_uri: z.string(),
  event_uris: z.array(z.string()),
  resource_uris: z.array(z.string()),
});

export const eventSchema = z.strictObject({
  ...named,
  occurred_at: z.string(),
  status: resourceStatusSchema,
  self_uri: z.string(),
  resource_uri: z.string(),
  incident_uri: text,
});

export const capabilitySchema = z.strictObject({
  ...named,
  units: z.array(z.string()),
  self_uri: z.string(),
});

export const projectSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  user_ids: z.array(z.string()),
  last_modified: z.string(),
  self_uri: z.string(),
});

const entries = z.array(z.strictObject({ allocation: z.number(), usage: z.number(), unit: z.string() }));

export const projectAllocationSchema = z.strictObject({
  id: z.string(),
  entries,
  project_uri: z.string(),
  capability_uri: z.string(),
});

export const userAllocationSchema = z.strictObject({
  id: z.string(),
  user_id: z.string(),
  entries,
  project_allocation_uri: z.string(),
});

export const jobSchema = z.strictObject({
  id: z.string(),
  status: z.strictObject({
    state: z.enum(jobStates.states),
    /** Seconds since 1970. */
    time: z.number(),
    message: text,
    exit_code: z.int().nullable(),
    meta_data: z.record(z.string(), z.unknown()),
  }),
  job_spec: z.record(z.string(), z.unknown()).nullable(),
});

export const storageInstanceSchema = z.strictObject({
  logical_name: z.enum(['home', 'scratch', 'project', 'campaign', 'archive', 'shared', 'temporary']),
  path: z.string(),
  filesystem: text,
  performance_tier: text,
  purge_policy_days: z.int().nullable(),
  shared: z.boolean(),
  access: z.strictObject({ read: z.boolean(), write: z.boolean(), execute: z.boolean() }),
});

export const taskSchema = z.strictObject({
  id: z.string(),
  status: z.enum(['pending', 'active', 'completed', 'failed', 'canceled']),
  result: z.record(z.string(), z.unknown()).nullable(),
  command: z.strictObject({
    router: z.string(),
    command: z.string(),
    args: z.record(z.string(), z.unknown()),
  }),
});

export const taskSubmittedSchema = z.strictObject({ task_id: z.string(), task_uri: z.string() });

export const isoOf = (at: number): string => new Date(at).toISOString();
