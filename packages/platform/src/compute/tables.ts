import type {
  Access,
  ExecutionOutcome,
  Hardware,
  JobRequest,
  JobState,
  Label,
  Limits,
  Price,
  ResourceStatus,
  ResourceType,
  SiteDescription,
  WhenSpent,
} from '@genesis/contracts';
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

/** How a job ended, without what lies in its folder. */
export type JobRecord = ExecutionOutcome & { signal: string | null; sandboxed: boolean };

/** Where a fact about a resource comes from, and when it was seen there (milliseconds). */
export type Provenance = { source: 'operator' | 'platform' | 'slurm' | 'iri'; at: number };

/** Facilities: the one that this Genesis is, and those that it reaches. A governed thing, kind `facility`. */
export const facility = pgTable(
  'facility',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    longName: text('long_name'),
    description: text('description').notNull().default(''),
    organizationName: text('organization_name'),
    supportUri: text('support_uri'),
    /** Where its API begins; null is this Genesis. */
    url: text('url'),
    /** Its own id over there. */
    remoteId: text('remote_id'),
    syncedAt: bigint('synced_at', { mode: 'number' }),
    modifiedAt: bigint('modified_at', { mode: 'number' }).notNull(),
  },
  (table) => [uniqueIndex('facility_name').on(table.name)],
);

/** Places of a facility. They are shown with it. */
export const site = pgTable(
  'site',
  {
    id: text('id').primaryKey(),
    facility: text('facility').notNull(),
    name: text('name').notNull(),
    remoteId: text('remote_id'),
    description: jsonb('description').$type<SiteDescription>().notNull(),
    modifiedAt: bigint('modified_at', { mode: 'number' }).notNull(),
  },
  (table) => [uniqueIndex('site_name').on(table.facility, table.name)],
);

/** Resources: machines, stores, services. A governed thing, kind `machine`; its label says who may know of it. */
export const machine = pgTable(
  'machine',
  {
    id: text('id').primaryKey(),
    facility: text('facility').notNull(),
    site: text('site'),
    /** Owner, within which names are unique; empty for the platform's own. */
    organisation: text('organisation').notNull(),
    name: text('name').notNull(),
    remoteId: text('remote_id'),
    description: text('description').notNull(),
    type: text('type').$type<ResourceType>().notNull(),
    group: text('group_name'),
    /** The highest label that it may hold; null: whatever the platform itself holds. */
    authority: jsonb('authority').$type<Label>(),
    hardware: jsonb('hardware').$type<Hardware>().notNull(),
    limits: jsonb('limits').$type<Limits>().notNull(),
    price: jsonb('price').$type<Price>().notNull(),
    near: text('near').array().notNull(),
    access: jsonb('access').$type<Access>(),
    status: text('status').$type<ResourceStatus>().notNull(),
    statusReason: text('status_reason'),
    /** For each field that was seen somewhere, where and when. */
    provenance: jsonb('provenance').$type<Record<string, Provenance>>().notNull(),
    modifiedAt: bigint('modified_at', { mode: 'number' }).notNull(),
  },
  (table) => [uniqueIndex('machine_name').on(table.organisation, table.name)],
);

/** Outages and maintenance, planned and not, of any number of resources. */
export const incident = pgTable('incident', {
  id: text('id').primaryKey(),
  facility: text('facility').notNull(),
  name: text('name').notNull(),
  description: text('description').notNull(),
  status: text('status').$type<ResourceStatus>().notNull(),
  type: text('type').$type<'planned' | 'unplanned' | 'reservation'>().notNull(),
  resolution: text('resolution')
    .$type<'unresolved' | 'cancelled' | 'completed' | 'extended' | 'pending'>()
    .notNull(),
  startsAt: bigint('starts_at', { mode: 'number' }).notNull(),
  endsAt: bigint('ends_at', { mode: 'number' }),
  modifiedAt: bigint('modified_at', { mode: 'number' }).notNull(),
});

/** Changes of a resource's status, in order; the last one is its status. Shown with the resource. */
export const statusEvent = pgTable(
  'status_event',
  {
    id: text('id').primaryKey(),
    machine: text('machine').notNull(),
    incident: text('incident'),
    name: text('name').notNull(),
    description: text('description').notNull(),
    status: text('status').$type<ResourceStatus>().notNull(),
    occurredAt: bigint('occurred_at', { mode: 'number' }).notNull(),
  },
  (table) => [
    index('status_event_machine').on(table.machine, table.occurredAt),
    index('status_event_incident').on(table.incident),
  ],
);

/** People who share allocations and a folder on storage resources. A governed thing, kind `project`. */
export const project = pgTable('project', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  description: text('description').notNull(),
  modifiedAt: bigint('modified_at', { mode: 'number' }).notNull(),
});

export const projectMember = pgTable(
  'project_member',
  {
    project: text('project').notNull(),
    principal: text('principal').notNull(),
    addedAt: bigint('added_at', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.project, table.principal] }),
    index('project_member_principal').on(table.principal),
  ],
);

/** Units that a project may use on a resource. Its row is the lock under which runs reserve. Shown with the project. */
export const allocation = pgTable(
  'allocation',
  {
    id: text('id').primaryKey(),
    project: text('project').notNull(),
    machine: text('machine').notNull(),
    /** Allocation units by the price of the resource. */
    granted: doublePrecision('granted').notNull(),
    whenSpent: text('when_spent').$type<WhenSpent>().notNull(),
    startsAt: bigint('starts_at', { mode: 'number' }).notNull(),
    endsAt: bigint('ends_at', { mode: 'number' }),
    modifiedAt: bigint('modified_at', { mode: 'number' }).notNull(),
  },
  (table) => [uniqueIndex('allocation_place').on(table.project, table.machine)],
);

/** What part of a project's allocation one member may use. */
export const userAllocation = pgTable(
  'user_allocation',
  {
    id: text('id').primaryKey(),
    allocation: text('allocation').notNull(),
    principal: text('principal').notNull(),
    granted: doublePrecision('granted').notNull(),
  },
  (table) => [uniqueIndex('user_allocation_place').on(table.allocation, table.principal)],
);

/**
 * Jobs that people submit to the facility that this Genesis is, for a project. A governed thing, kind `job`, with the
 * joined label of the project and the machine. Its id is its name in the executor.
 */
export const job = pgTable(
  'job',
  {
    id: text('id').primaryKey(),
    machine: text('machine').notNull(),
    project: text('project').notNull(),
    principal: text('principal').notNull(),
    delegation: text('delegation').notNull(),
    /** As it was submitted, in IRI's words. */
    spec: jsonb('spec').$type<JobRequest>().notNull(),
    state: text('state').$type<JobState>().notNull(),
    exitCode: integer('exit_code'),
    message: text('message'),
    outcome: jsonb('outcome').$type<JobRecord>(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    startedAt: bigint('started_at', { mode: 'number' }),
    endedAt: bigint('ended_at', { mode: 'number' }),
  },
  (table) => [
    index('job_machine').on(table.machine, table.createdAt, table.id),
    index('job_project').on(table.project),
  ],
);

/**
 * What each attempt of a run reserved, then used. What was reserved is an upper bound; it counts until `settledAt`, so
 * that runs that race for the rest of a budget cannot both have it, and for good where nobody knows what was used.
 */
export const charge = pgTable(
  'charge',
  {
    run: text('run').notNull(),
    attempt: integer('attempt').notNull(),
    machine: text('machine').notNull(),
    allocation: text('allocation'),
    principal: text('principal').notNull(),
    /** What the run belongs to, by opaque ids. */
    project: text('project'),
    campaign: text('campaign'),
    challenge: text('challenge'),
    coreSeconds: doublePrecision('core_seconds').notNull(),
    gpuSeconds: doublePrecision('gpu_seconds').notNull(),
    nodeSeconds: doublePrecision('node_seconds').notNull(),
    units: doublePrecision('units').notNull(),
    startedAt: bigint('started_at', { mode: 'number' }).notNull(),
    settledAt: bigint('settled_at', { mode: 'number' }),
  },
  (table) => [
    primaryKey({ columns: [table.run, table.attempt] }),
    index('charge_allocation').on(table.allocation),
    index('charge_campaign').on(table.campaign),
    index('charge_project').on(table.project),
    index('charge_machine').on(table.machine, table.settledAt),
  ],
);

/** How long runs waited on a resource: what the prediction of waiting learns from. */
export const waitRecord = pgTable(
  'wait_record',
  {
    run: text('run').notNull(),
    attempt: integer('attempt').notNull(),
    machine: text('machine').notNull(),
    submittedAt: bigint('submitted_at', { mode: 'number' }).notNull(),
    /** Until it started or was withdrawn; null while it waits. */
    waitedSeconds: doublePrecision('waited_seconds'),
    started: boolean('started').notNull().default(false),
    nodes: integer('nodes').notNull(),
    cores: doublePrecision('cores').notNull(),
    durationSeconds: doublePrecision('duration_seconds').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.run, table.attempt] }),
    index('wait_record_machine').on(table.machine, table.submittedAt),
  ],
);
