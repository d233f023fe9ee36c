import {
  GenesisError,
  invalidField,
  type JobRequest,
  type JobState,
  jobRequestSchema,
  jobStates,
} from '@genesis/contracts';
import { z } from 'zod';
import { type FoundJob, findJob, type Jobs, listJobs, liveStates } from '../../compute/index.ts';
import type { Door } from '../../door/index.ts';
import { type Idempotency, idempotencyKeySchema, requestHash } from '../../kernel/index.ts';
import { readInventory, resourceOf, runsJobs, viewResource } from './inventory.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { idText, strictBoolean, windowQuery } from './parameters.ts';
import { jobSchema, resourceSchema } from './schemas.ts';

const placeParams = z.strictObject({ resource_id: idText });
const jobParams = placeParams.extend({ job_id: idText });
const keptHours = 24;

/** Seconds with fractions, as the contract counts time. */
const secondsOf = ({ endedAt, startedAt, createdAt }: FoundJob['row']): number =>
  (endedAt ?? startedAt ?? createdAt) / 1000;

const viewJob = ({ row }: FoundJob, includeSpec: boolean): z.output<typeof jobSchema> => ({
  id: row.id,
  status: {
    state: row.state,
    time: secondsOf(row),
    message: row.message,
    exit_code: row.exitCode,
    meta_data: {
      submitted: row.createdAt / 1000,
      started: row.startedAt === null ? null : row.startedAt / 1000,
      reason: row.outcome?.reason ?? null,
      sandboxed: row.outcome?.sandboxed ?? null,
      project: row.project,
    },
  },
  job_spec: includeSpec ? row.spec : null,
});

/** A job as it was when it was submitted or changed, whatever has become of it: what a repetition gets again. */
const viewQueued = ({ row, facts }: FoundJob): z.output<typeof jobSchema> => {
  const before = { state: 'queued' as const, startedAt: null, endedAt: null };
  const unknown = { message: null, exitCode: null, outcome: null };
  return viewJob({ row: { ...row, ...before, ...unknown }, facts }, true);
};

/** What the contract lets a list be filtered by is up to the facility: these, and no others. */
const filtersSchema = z.strictObject({
  ids: z.array(idText).max(1000).optional(),
  state: z.enum(jobStates.states).optional(),
  states: z.array(z.enum(jobStates.states)).max(10).optional(),
  account: idText.optional(),
  name: z.string().max(200).optional(),
});

/** The project that a job is for: by the specification or by the header of whoever forwards it, exactly one of them. */
function accountOf(request: JobRequest, header: string | undefined): string {
  const given = request.attributes?.account ?? undefined;
  if ((given === undefined) === (header === undefined))
    throw invalidField(
      'attributes.account',
      'name the project, by its id or name, either here or in the header X-IRI-Facility-Project',
    );
  return given ?? header ?? '';
}

/** A repetition under the same key, for a day, gets the first answer. Keys of the platform's own API are others. */
function idempotencyOf(
  { principal, header }: Pick<Call<unknown, unknown, unknown>, 'principal' | 'header'>,
  operationId: string,
  place: string,
  body: unknown,
): Idempotency | undefined {
  const given = header('idempotency-key');
  if (given === undefined) return undefined;
  const key = idempotencyKeySchema.safeParse(given);
  if (!key.success) throw invalidField('Idempotency-Key', 'expected 1 to 200 visible ASCII characters');
  return {
    principal: principal.id,
    key: `iri ${key.data}`,
    hash: requestHash(operationId, place, body),
    ...{ refuseInFlight: true, keptHours },
  };
}

const keyed = { 'idempotency-key': idempotencyKeySchema.optional() };
const replyOf = (repeated: boolean): string => (repeated ? 'hit' : 'miss');

export function computeOperations({ jobs, door }: { jobs: Jobs; door: Door }): readonly Operation[] {
  return [
    operation({
      id: 'getComputeResources',
      method: 'GET',
      path: '/compute/resources',
      summary: 'Resources that take jobs',
      public: true,
      answer: z.array(resourceSchema),
      handle: async ({ scope, uris }) => {
        const { machines, sites } = await readInventory(scope);
        return machines.filter(runsJobs).map((row) => viewResource(row, sites, uris));
      },
    }),

    operation({
      id: 'launchJob',
      method: 'POST',
      path: '/compute/job/:resource_id',
      summary: 'Submit a job; the same Idempotency-Key gives the same job',
      params: placeParams,
      headers: { ...keyed, 'x-iri-facility-project': z.string().optional() },
      body: jobRequestSchema,
      answer: jobSchema,
      handle: async (call) => {
        const { principal, scope, params, body, header, setHeader } = call;
        const machine = await resourceOf(scope, params.resource_id);
        const account = accountOf(body, header('x-iri-facility-project'));
        const idempotency = idempotencyOf(call, 'launchJob', `${machine.row.id} ${account}`, body);
        const { id, repeated } = await jobs.submit(
          principal,
          { request: body, account, machine },
          idempotency,
        );
        if (idempotency !== undefined) setHeader('idempotency-key-reply', replyOf(repeated));
        return viewQueued(await findJob(scope, id));
      },
    }),

    operation({
      id: 'updateJob',
      method: 'PUT',
      path: '/compute/job/:resource_id/:job_id',
      summary: 'Change how long a queued job may run',
      params: jobParams,
      headers: keyed,
      body: jobRequestSchema,
      answer: jobSchema,
      handle: async (call) => {
        const { principal, scope, params, body, setHeader } = call;
        const { row: machine } = await resourceOf(scope, params.resource_id);
        const found = await findJob(scope, params.job_id, machine.id);
        const { id } = found.row;
        const idempotency = idempotencyOf(call, 'updateJob', id, body);
        const wanted = { job: found, request: body, machine };
        const { repeated } = await jobs.update(principal, wanted, idempotency);
        if (idempotency !== undefined) setHeader('idempotency-key-reply', replyOf(repeated));
        return viewQueued(await findJob(scope, id));
      },
    }),

    operation({
      id: 'getJob',
      method: 'GET',
      path: '/compute/status/:resource_id/:job_id',
      summary: 'A job',
      params: jobParams,
      query: z.strictObject({
        historical: strictBoolean.default(true),
        include_spec: strictBoolean.default(false),
      }),
      answer: jobSchema,
      handle: async ({ principal, scope, params, query }) => {
        const found = await findJob(scope, params.job_id, params.resource_id);
        if (!query.historical && jobStates.isFinal(found.row.state))
          throw new GenesisError({
            code: 'not-found',
            message: 'The job has ended. Ask with historical=true to see it.',
          });
        await door.use(principal, 'job.read', found.row.id, 'explore');
        return viewJob(found, query.include_spec);
      },
    }),

    operation({
      id: 'getJobs',
      method: 'POST',
      path: '/compute/status/:resource_id',
      summary: 'Your jobs on a resource, newest first',
      params: placeParams,
      query: z.strictObject({
        ...windowQuery,
        historical: strictBoolean.default(false),
        include_spec: strictBoolean.default(false),
      }),
      body: filtersSchema.nullish(),
      answer: z.array(jobSchema),
      handle: async ({ principal, scope, params, query, body }) => {
        const { row: machine } = await resourceOf(scope, params.resource_id);
        const asked = [...(body?.states ?? []), ...(body?.state === undefined ? [] : [body.state])];
        const states: readonly JobState[] | undefined =
          asked.length > 0 ? asked : query.historical ? undefined : liveStates;
        const found = await listJobs(
          scope,
          {
            ...{ machine: machine.id, project: body?.account, ids: body?.ids, name: body?.name },
            ...{ states, principal: principal.id },
          },
          query,
        );
        await door.noteUse(
          scope,
          'job.read',
          found.map(({ facts }) => facts),
        );
        return found.map((one) => viewJob(one, query.include_spec));
      },
    }),

    operation({
      id: 'cancelJob',
      method: 'DELETE',
      path: '/compute/cancel/:resource_id/:job_id',
      summary: 'Cancel a job',
      params: jobParams,
      answer: z.null(),
      status: 204,
      handle: async ({ principal, scope, params }) => {
        await jobs.cancel(principal, await findJob(scope, params.job_id, params.resource_id));
        return null;
      },
    }),
  ];
}
