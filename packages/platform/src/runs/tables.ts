import type { CapabilityManifest, ExecutionOutcome, PlacementPlan } from '@genesis/contracts';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

export const capability = pgTable(
  'capability',
  {
    id: text('id').primaryKey(),
    /** The owner, within which names are unique; empty for the platform's own. */
    organisation: text('organisation').notNull(),
    name: text('name').notNull(),
    version: text('version').notNull(),
    manifest: jsonb('manifest').$type<CapabilityManifest>().notNull(),
    /** SHA-256 over the canonical manifest. */
    digest: text('digest').notNull(),
    status: text('status').notNull(),
    tier: text('tier').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [uniqueIndex('capability_name_version').on(table.organisation, table.name, table.version)],
);

export const run = pgTable(
  'run',
  {
    id: text('id').primaryKey(),
    /** The governed thing whose label this run has: itself, or the campaign that it belongs to. */
    governedBy: text('governed_by').notNull(),
    capability: text('capability').notNull(),
    input: jsonb('input').notNull(),
    /** Content hash of configuration and environment, and what makes the run repeatable (GMP). */
    context: jsonb('context').$type<ExecutionContext>().notNull(),
    state: text('state').notNull(),
    attempts: integer('attempts').notNull().default(0),
    idempotencyKey: text('idempotency_key'),
    requestHash: text('request_hash'),
    submittedBy: text('submitted_by').notNull(),
    purpose: text('purpose').notNull(),
    delegation: text('delegation'),
    /** Where it may run, and which project pays. */
    among: text('among').array().notNull().default([]),
    project: text('project'),
    /** What it belongs to, for accounting; opaque ids of higher domains. */
    campaign: text('campaign'),
    challenge: text('challenge'),
    /** The resource where it runs, once it is placed, and the plan behind that. */
    machine: text('machine'),
    plan: jsonb('plan').$type<PlacementPlan>(),
    /** Why it waits, in words for people. */
    waitsFor: text('waits_for'),
    /** The Python environment of its newest attempt. */
    environment: jsonb('environment').$type<RunEnvironment>(),
    output: jsonb('output'),
    outcome: jsonb('outcome').$type<ExecutionOutcome>(),
    sandboxed: boolean('sandboxed'),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    endedAt: bigint('ended_at', { mode: 'number' }),
  },
  (table) => [
    index('run_governed_by').on(table.governedBy, table.createdAt),
    uniqueIndex('run_idempotency').on(table.submittedBy, table.idempotencyKey),
  ],
);

export const attempt = pgTable(
  'attempt',
  {
    run: text('run').notNull(),
    number: integer('number').notNull(),
    /** Fencing token: an outcome counts only with the claim of the newest attempt. */
    claim: text('claim').notNull(),
    startedAt: bigint('started_at', { mode: 'number' }).notNull(),
    endedAt: bigint('ended_at', { mode: 'number' }),
    outcome: jsonb('outcome').$type<ExecutionOutcome>(),
  },
  (table) => [primaryKey({ columns: [table.run, table.number] })],
);

/** Lines of a run's log. They carry the run's label. */
export const runLog = pgTable(
  'run_log',
  {
    run: text('run').notNull(),
    attempt: integer('attempt').notNull(),
    line: integer('line').notNull(),
    stream: text('stream').notNull(),
    text: text('text').notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.attempt, table.line] })],
);

/** What a run depended on (GMP's ExecutionContext). Fields that do not apply are left out. */
export type ExecutionContext = {
  configHash: string;
  environmentHash: string;
  runClass: 'reproducible' | 'analysis' | 'operational';
  seedList?: string[];
  dataVersion?: string;
};

export type RunEnvironment = {
  key: string;
  /** The whole lock, with hashes. */
  lock: string;
  packages: { name: string; version: string }[];
  python: { version: string; implementation: string; platform: string };
};
