/** How facilities differ, as data: what their OpenAPI document says, and what is known of some by name. */
import { z } from 'zod';
import { type openApiSchema, operationSchema, type ResourceRequest } from './api-types.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
/** `path` is a template: `{resource_id}`, `{job_id}` and `{task_id}` are filled in. */
export type Route = { method: Method; path: string };

const operations = {
  launchJob: { suffix: '/compute/job/{}', methods: ['post'] },
  getJobs: { suffix: '/compute/status/{}', methods: ['post'] },
  getJob: { suffix: '/compute/status/{}/{}', methods: ['get'] },
  cancelJob: { suffix: '/compute/cancel/{}/{}', methods: ['delete', 'post'] },
  getResource: { suffix: '/status/resources/{}', methods: ['get'] },
  getTask: { suffix: '/task/{}', methods: ['get'] },
  mkdir: { suffix: '/filesystem/mkdir/{}', methods: ['post'] },
  upload: { suffix: '/filesystem/upload/{}', methods: ['post', 'put'] },
  download: { suffix: '/filesystem/download/{}', methods: ['post', 'get'] },
  view: { suffix: '/filesystem/view/{}', methods: ['post', 'get'] },
  rm: { suffix: '/filesystem/rm/{}', methods: ['post', 'delete'] },
} as const;
export type Operation = keyof typeof operations;

export type Dialect = {
  version: 'v2' | 'v1';
  routes: Readonly<Record<Operation, Route | null>>;
  /** Whether a submission that is repeated under one key starts one job. */
  idempotencyKey: boolean;
} & Habits;

/** What no document tells. */
type Habits = {
  /** Whether one call tells of all jobs in useful time; without it each job is asked for by its id. */
  listsJobs: boolean;
  /** Fields of `resources` that are refused there. */
  omittedResources: readonly (keyof ResourceRequest)[];
  /** Custom attributes without which no job is taken. */
  neededAttributes: readonly string[];
  /** The most bytes of one upload or download. */
  pieceBytes: number;
};

const usual: Habits = {
  listsJobs: true,
  omittedResources: [],
  neededAttributes: [],
  pieceBytes: 5 * 2 ** 20,
};
const known: Readonly<Record<string, Partial<Habits>>> = {
  // listing takes longer than its gateway waits
  'api.iri.nersc.gov': { listsJobs: false },
  // whole nodes only: their memory and exclusiveness are not for the job to say
  'api.alcf.anl.gov': {
    omittedResources: ['memory', 'exclusive_node_use', 'cpu_cores_per_process', 'gpu_cores_per_process'],
    neededAttributes: ['filesystems'],
  },
};

/** Where an OpenAPI document may lie, best first. */
export const documents = [
  { path: '/api/v2/openapi.json', version: 'v2' },
  { path: '/api/v1/openapi.json', version: 'v1' },
  { path: '/openapi.json', version: 'v1' },
] as const;

const shape = (path: string): string => path.replaceAll(/\{[^/]*\}/g, '{}');
const methodSchema = z.enum(['GET', 'POST', 'PUT', 'DELETE']);

/** Reads the routes that a facility has out of its document. */
export function dialectOf(
  host: string,
  version: Dialect['version'],
  { paths }: z.infer<typeof openApiSchema>,
): Dialect {
  const base = `/api/${version}`;
  const find = (operation: Operation): { route: Route; described: unknown } | null => {
    const { suffix, methods } = operations[operation];
    for (const [path, described] of Object.entries(paths)) {
      const full = path.startsWith('/api/') ? path : `${base}${path}`;
      if (shape(full) !== `${base}${suffix}`) continue;
      for (const method of methods)
        if (described[method] !== undefined)
          return {
            route: { method: methodSchema.parse(method.toUpperCase()), path: full },
            described: described[method],
          };
    }
    return null;
  };
  const names = Object.keys(operations) as Operation[];
  const routes = Object.fromEntries(names.map((name) => [name, find(name)?.route ?? null]));
  const launch = operationSchema.safeParse(find('launchJob')?.described);
  return {
    ...usual,
    ...known[host],
    version,
    routes: routes as Dialect['routes'],
    idempotencyKey:
      launch.success &&
      launch.data.parameters.some(
        (parameter) => parameter.in === 'header' && parameter.name?.toLowerCase() === 'idempotency-key',
      ),
  };
}
