/** From the words of the facility API to what an executor runs: decided as data, before anything is written. */
import { posix } from 'node:path';
import {
  GenesisError,
  type Hardware,
  invalidField,
  type JobRequest,
  type JobSpec,
  jobSpecSchema,
  type Limits,
  relativePathSchema,
} from '@genesis/contracts';
import { wrap } from './wrapper.ts';

/** What a job needs to know of the resource. */
export type Place = { name: string; hardware: Hardware; limits: Limits };

const unsupported = (field: string, why: string): GenesisError =>
  new GenesisError({ code: 'unsupported', message: `${field}: ${why}` });

const leastMemory = 16 * 2 ** 20;
const usualSeconds = 3600;

/** Where the output of a job goes whose submitter did not say. */
const outputOf = (id: string): string => `${id}.out`;

/**
 * The specification for the executor. The name of the job in it is its id.
 *
 * @param root host folder of the project
 * @throws GenesisError `unsupported` naming the field that no machine here can do, `invalid-input` naming the one that
 *   this resource, or a path, does not allow. Nothing that was asked for is left out silently.
 */
export function planJob(id: string, request: JobRequest, place: Place, root: string): JobSpec {
  refuseUnsupported(request);
  const { executable } = request;
  if (executable == null) throw invalidField('executable', 'expected the program to run');
  const directory = directoryOf(request.directory, root);
  const pathOf = (field: 'stdin_path' | 'stdout_path' | 'stderr_path', otherwise: string): string => {
    const path = request[field];
    if (path == null) return otherwise;
    assertInside(field, path, root);
    return path;
  };
  const stdout = pathOf('stdout_path', outputOf(id));
  const command = wrap({
    executable,
    arguments: request.arguments ?? [],
    stdin: pathOf('stdin_path', ''),
    stdout,
    stderr: pathOf('stderr_path', stdout),
    before: request.pre_launch ?? '',
    after: request.post_launch ?? '',
  });
  const spec = jobSpecSchema.safeParse({
    name: id,
    ...command,
    environment: request.environment ?? {},
    resources: resourcesOf(request, place),
    workspace: { root, directory },
  });
  if (spec.success) return spec.data;
  const problems = spec.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  const message = problems.map((one) => `${one.field}: ${one.message}`).join('; ');
  throw new GenesisError({ code: 'invalid-input', message, problems }, { cause: spec.error });
}

function refuseUnsupported(request: JobRequest): void {
  const { container, launcher, attributes, resources } = request;
  if (container != null) throw unsupported('container', 'jobs run in a sandbox here, not in an image');
  if (launcher != null && launcher !== 'single' && launcher !== 'none')
    throw unsupported('launcher', 'only "single" is there: the program is started once');
  if (attributes?.reservation_id != null)
    throw unsupported('attributes.reservation_id', 'there are no reservations here');
  if (attributes?.queue_name != null)
    throw unsupported('attributes.queue_name', 'each resource has one queue here: leave it out');
  if (Object.keys(attributes?.custom_attributes ?? {}).length > 0)
    throw unsupported('attributes.custom_attributes', 'none are known here: leave them out');
  for (const field of ['process_count', 'processes_per_node'] as const)
    if ((resources?.[field] ?? 1) > 1)
      throw unsupported(`resources.${field}`, 'the program is started once; it may start others itself');
}

/** What a job asks for, what it leaves out included; accounting counts it. */
export const askedOf = ({ resources, attributes }: JobRequest, limits?: Limits) => ({
  nodes: resources?.node_count ?? 1,
  cpuCores: resources?.cpu_cores_per_process ?? 1,
  gpus: resources?.gpu_cores_per_process ?? 0,
  durationSeconds: attributes?.duration ?? Math.min(usualSeconds, limits?.durationSeconds ?? usualSeconds),
});

function resourcesOf(request: JobRequest, { name, hardware, limits }: Place): JobSpec['resources'] {
  const bounded = (field: string, wanted: number, most: number | null, unit: string): number => {
    if (most !== null && wanted > most)
      throw invalidField(
        field,
        `${name} gives at most ${most} ${unit} to a job, and ${wanted} were asked for`,
      );
    return wanted;
  };
  const { nodes, coresPerNode, memoryPerNode, acceleratorsPerNode } = hardware;
  const asked = askedOf(request, limits);
  const memory = request.resources?.memory;
  const mostNodes = Math.min(nodes ?? 1, limits.nodes ?? Number.POSITIVE_INFINITY);
  return jobSpecSchema.shape.resources.parse({
    nodes: bounded('resources.node_count', asked.nodes, mostNodes, 'nodes'),
    cpuCores: bounded('resources.cpu_cores_per_process', asked.cpuCores, coresPerNode, 'cores'),
    gpus: bounded('resources.gpu_cores_per_process', asked.gpus, acceleratorsPerNode ?? 0, 'accelerators'),
    durationSeconds: bounded('attributes.duration', asked.durationSeconds, limits.durationSeconds, 'seconds'),
    ...(memory == null
      ? {}
      : {
          memoryBytes: Math.max(
            leastMemory,
            bounded('resources.memory', memory, memoryPerNode, 'bytes of memory'),
          ),
        }),
  });
}

/** The working directory below the root of the project. */
function directoryOf(directory: string | null | undefined, root: string): string {
  if (directory == null) return '';
  assertInside('directory', directory, root);
  const below = directory.startsWith('/') ? directory.slice(root.length) : directory;
  const path = below
    .split('/')
    .filter((step) => step !== '' && step !== '.')
    .join('/');
  if (path === '') return path;
  const parsed = relativePathSchema.safeParse(path);
  if (!parsed.success) throw invalidField('directory', parsed.error.issues[0]?.message ?? 'is not a path');
  return parsed.data;
}

/** By its text alone; what links do is up to the sandbox, in which nothing else is there. */
function assertInside(field: string, path: string, root: string): void {
  if (path.startsWith('/') && posix.normalize(path) !== root && !posix.normalize(path).startsWith(`${root}/`))
    throw invalidField(
      field,
      'expected a path in the folder of the project, which storage/locations shows, or one relative to the working directory',
    );
}
