/** The operations of the IRI Facility API that running a job needs, on one resource of one facility. */
import { setTimeout as pause } from 'node:timers/promises';
import { GenesisError, type ResourceStatus } from '@genesis/contracts';
import { z } from 'zod';
import {
  bytesOf,
  type FacilityJob,
  facilityJobSchema,
  facilityJobsSchema,
  type JobRequest,
  openApiSchema,
  resourceSchema,
  type Task,
  taskSchema,
  taskSubmittedSchema,
  textOf,
} from './api-types.ts';
import { CallFailed } from './bounded-fetch.ts';
import { type Dialect, dialectOf, documents, type Operation, type Route } from './facilities.ts';
import type { FacilityCall, FacilityHttp } from './facility-http.ts';
import type { Tempo } from './tempo.ts';

/** A file operation that the facility tried and could not do. */
export class TaskFailed extends Error {}

/** Answers to a file operation that say that this file or folder is not as it would have to be. */
const couldNot = new Set([400, 404, 409, 410, 422]);
/** Times that a list may fail in a row, and looks for which it is then not asked for. */
const mostListFailures = 3;
const looksWithoutList = 30;

const pageJobs = 1_000;
const mostPages = 10;
/** Jobs that are asked for one by one in one look, where no list tells of them. */
const mostSingles = 16;

export type FacilityClient = ReturnType<typeof createFacilityClient>;

/** Finds out what a facility speaks. Throws `unsupported` when it speaks no IRI Facility API at all. */
export async function probe(http: FacilityHttp): Promise<Dialect> {
  for (const { path, version } of documents) {
    try {
      const call = { method: 'GET', path, repeatable: true, anonymous: true, answer: openApiSchema };
      const dialect = dialectOf(http.name, version, await http.call(call));
      if (dialect.routes.launchJob !== null) return dialect;
    } catch (error) {
      // one that is not there is no document; one that cannot be had just now may be the best one
      if (!(error instanceof CallFailed) || error.transient || error.unclear) throw error;
    }
  }
  throw new GenesisError({
    code: 'unsupported',
    message: `${http.name} describes no IRI Facility API, neither v2 nor v1, that takes jobs.`,
  });
}

export function createFacilityClient(parts: {
  http: FacilityHttp;
  dialect: Dialect;
  resource: string;
  storage: string;
  tempo: Tempo;
  signal: AbortSignal;
}) {
  const { http, dialect, resource, storage, tempo, signal } = parts;

  const routeOf = (operation: Operation): Route => {
    const route = dialect.routes[operation];
    if (route !== null) return route;
    const message = `${http.name} does not offer "${operation}", which running a job needs.`;
    throw new GenesisError({ code: 'unsupported', message });
  };
  const fill = (path: string, ids: readonly string[]): string => {
    let next = 0;
    return path.replaceAll(/\{[^/]*\}/g, () => encodeURIComponent(ids[next++] ?? ''));
  };
  const call = <T>(
    operation: Operation,
    ids: readonly string[],
    answer: z.ZodType<T>,
    more: Partial<FacilityCall<T>> = {},
  ): Promise<T> => {
    const { method, path } = routeOf(operation);
    return http.call({ method, path: fill(path, ids), repeatable: true, answer, ...more });
  };

  const waitForTask = async (id: string): Promise<Task> => {
    const deadline = performance.now() + tempo.taskDeadlineMs;
    for (let rest = tempo.taskFirstMs; ; rest = Math.min(rest * 1.6, tempo.taskMostMs)) {
      const task = await call('getTask', [id], taskSchema);
      if (task.status !== 'pending' && task.status !== 'active') return task;
      if (performance.now() > deadline)
        throw new CallFailed(`${http.name} does not finish a file operation`, {
          ...{ transient: true, unclear: true },
        });
      await pause(rest, undefined, { signal });
    }
  };
  /** v2 takes what an operation needs in the body, v1 mostly in the query. All that are used here may be repeated. */
  const fileOperation = async (
    operation: Operation,
    fields: Record<string, string | number | boolean>,
    form?: FormData,
  ): Promise<unknown> => {
    const { method } = routeOf(operation);
    const asQuery = method === 'GET' || method === 'DELETE' || form !== undefined;
    const query = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, String(value)]));
    const { task_id } = await call(operation, [storage], taskSubmittedSchema, {
      ...(asQuery ? { query } : { json: fields }),
      ...(form === undefined ? {} : { form }),
    }).catch((error: unknown) => {
      // some say at once what others find out in the task
      if (error instanceof CallFailed && couldNot.has(error.status ?? 0))
        throw new TaskFailed(error.message, { cause: error });
      throw error;
    });
    const task = await waitForTask(task_id);
    if (task.status === 'completed') return task.result;
    const why = (textOf(task.result) ?? JSON.stringify(task.result) ?? '').replaceAll(/\p{Cc}+/gu, ' ');
    throw new TaskFailed(`${http.name}: "${operation}" ended as ${task.status}. ${why.slice(0, 300)}`);
  };

  const getJob = async (id: string): Promise<FacilityJob | null> => {
    try {
      return await call('getJob', [resource, id], facilityJobSchema);
    } catch (error) {
      if (error instanceof CallFailed && error.status === 404) return null;
      throw error;
    }
  };

  const listPages = async (
    query: Record<string, string>,
    enough: (jobs: FacilityJob[]) => boolean,
  ): Promise<void> => {
    for (let page = 0; page < mostPages; page += 1) {
      const jobs = await call('getJobs', [resource], facilityJobsSchema, {
        query: { ...query, offset: String(page * pageJobs), limit: String(pageJobs) },
        json: {},
      });
      if (enough(jobs) || jobs.length < pageJobs) return;
    }
  };

  let listFailures = 0;
  let skipList = 0;
  /** A list that does not come is left out for a while: jobs can still be asked for one by one. */
  const mayList = (): boolean => {
    if (!dialect.listsJobs || dialect.routes.getJobs === null) return false;
    skipList -= 1;
    return skipList < 0;
  };

  return {
    name: http.name,
    dialect,
    /** How the resource is, as the facility says; unknown where it says nothing. */
    status: async (): Promise<ResourceStatus> => {
      if (dialect.routes.getResource === null) return 'unknown';
      return (await call('getResource', [resource], resourceSchema)).current_status ?? 'unknown';
    },

    /** Submits under a name and, where there are keys, a key; throws CallFailed, `unclear` when it may have been taken. */
    submit: async (request: JobRequest, key: string): Promise<string> => {
      const job = await call('launchJob', [resource], facilityJobSchema, {
        json: request,
        repeatable: dialect.idempotencyKey,
        headers: dialect.idempotencyKey ? { 'idempotency-key': key } : {},
      });
      return job.id;
    },

    /**
     * What the facility says of these jobs: one list for all of them where it has one, and single questions only for
     * those that the list leaves out. Ids that are missing were not asked for this time; null: it knows nothing of it.
     */
    lookAt: async (ids: readonly string[]): Promise<Map<string, FacilityJob | null>> => {
      const found = new Map<string, FacilityJob | null>();
      const wanted = new Set(ids);
      if (mayList())
        try {
          await listPages({}, (jobs) => {
            for (const job of jobs) if (wanted.has(job.id)) found.set(job.id, job);
            return found.size === wanted.size;
          });
          listFailures = 0;
        } catch (error) {
          listFailures += 1;
          const offered = !(error instanceof CallFailed && error.status === 501);
          if (offered && listFailures < mostListFailures) throw error;
          skipList = looksWithoutList;
        }
      const missing = ids.filter((id) => !found.has(id));
      // a different part of them each time, should they be many
      const from = missing.length > mostSingles ? Math.floor(Math.random() * missing.length) : 0;
      const some = [...missing.slice(from), ...missing.slice(0, from)].slice(0, mostSingles);
      await Promise.all(some.map(async (id) => found.set(id, await getJob(id))));
      return found;
    },

    /** The id of the job of this name; null: none has it; undefined: this facility does not tell names. */
    findByName: async (name: string): Promise<string | null | undefined> => {
      if (dialect.routes.getJobs === null) return undefined;
      let id: string | undefined;
      let named = true;
      await listPages({ historical: 'true', include_spec: 'true' }, (jobs) => {
        id ??= jobs.find((job) => job.job_spec?.name === name)?.id;
        named &&= jobs.every((job) => typeof job.job_spec?.name === 'string');
        return id !== undefined;
      });
      return id ?? (named ? null : undefined);
    },

    /** Does nothing for a job that has ended or is not known. */
    cancel: async (id: string): Promise<void> => {
      try {
        await call('cancelJob', [resource, id], z.unknown());
      } catch (error) {
        const refused =
          error instanceof CallFailed && error.status !== null && !error.unclear && !error.transient;
        if (!refused || error.status === 401 || error.status === 403) throw error;
      }
    },

    /** Makes a folder and those above it; one that is there stays. */
    makeFolder: (path: string) => fileOperation('mkdir', { path, parent: true }),
    upload: async (path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
      const form = new FormData();
      form.set('file', new Blob([bytes]), 'file');
      await fileOperation('upload', { path }, form);
    },
    /** The whole of a file of at most one piece. Its bytes come as base64, and the caller knows their hash. */
    download: async (path: string): Promise<Buffer> => {
      const bytes = bytesOf(await fileOperation('download', { path }));
      if (bytes !== null) return bytes;
      throw new CallFailed(`${http.name} downloads a file without its content`, {
        ...{ transient: false, unclear: true },
      });
    },
    /** Text of a part of a file; what is not UTF-8 in it may come changed. */
    view: async (path: string, offset: number, size: number): Promise<string> => {
      // an empty part has no content at some places
      return textOf(await fileOperation('view', { path, offset, size })) ?? '';
    },
    remove: (path: string) => fileOperation('rm', { path }),
  };
}
