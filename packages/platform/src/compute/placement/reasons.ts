import type {
  Considered,
  PlaceableResource,
  PlacementRequest,
  Rejection,
  ResourceType,
} from '@genesis/contracts';
import { describeLabel, dominates } from '../../policy/index.ts';
import { isFree, isSpent } from './cost.ts';
import { count, sizeInWords, someOf, twoAmounts, twoSizes, twoTimes } from './words.ts';
import type { AllocationFacts } from './world.ts';

/** A run, as every resource is asked about it; made once for a placement. */
export type Asked = {
  request: PlacementRequest;
  /** Names and ids that the run may go to; null for all. */
  among: ReadonlySet<string> | null;
  /** The same for people. */
  amongNames: readonly string[];
};

/** One resource, with what it would cost and what the project has there. */
export type Candidate = {
  resource: PlaceableResource;
  units: number;
  allocation: AllocationFacts | undefined;
};

/** Says why not; undefined where it speaks for nothing. Words are made only then: most of 10,000 say nothing. */
type Check = (asked: Asked, candidate: Candidate) => string | undefined;

const computing: ReadonlySet<ResourceType> = new Set(['compute', 'compute:system', 'compute:node']);

/** Told of what nobody has said: an operator adds it to the inventory under `hardware`. */
const unknown = 'is not known (hardware, in the inventory)';

/** Every reason, in the order in which they are told. One code may have two: what there is, and what one job may have. */
const checks: readonly (readonly [Rejection, Check])[] = [
  [
    'not-among',
    ({ among, amongNames }, { resource }) =>
      among === null || among.has(resource.name) || among.has(resource.id)
        ? undefined
        : `the run may go only to ${someOf(amongNames)}`,
  ],
  [
    'not-compute',
    (_, { resource: { type } }) =>
      computing.has(type) ? undefined : `its type is ${type}, runs need ${[...computing].join(', ')}`,
  ],
  [
    'no-access',
    (_, { resource }) =>
      resource.hasAccess ? undefined : 'the platform was told no way to start jobs there',
  ],
  [
    'no-access',
    ({ request: { folders } }, { resource }) =>
      folders === true && resource.seesFolders === false
        ? 'a job there sees no Python environment of this platform'
        : undefined,
  ],
  [
    'label-not-covered',
    ({ request: { label } }, { resource: { authority } }) =>
      dominates(authority, label)
        ? undefined
        : `the run is ${describeLabel(label)}, it may hold at most ${describeLabel(authority)}`,
  ],
  [
    'not-approved',
    ({ request: { environments } }, { resource: { name, id } }) =>
      environments === null || environments.includes(name) || environments.includes(id)
        ? undefined
        : environments.length === 0
          ? 'the cards of its data approve no machine in common'
          : `the cards of its data approve only ${someOf(environments)}`,
  ],
  ['down', (_, { resource }) => (resource.status === 'down' ? 'its status is down' : undefined)],
  [
    'unreachable',
    (_, { resource }) => (resource.reachable ? undefined : 'the platform does not reach it at present'),
  ],
  [
    'too-few-nodes',
    ({ request: { resources: job } }, { resource: { hardware } }) => {
      // Whatever computes has a node and a core, even if nobody has said how many.
      if (job.nodes <= (hardware.nodes ?? 1)) return undefined;
      const asks = `asks for ${count(job.nodes, 'node')}`;
      return hardware.nodes === null
        ? `${asks}, how many it has ${unknown}`
        : `${asks}, it has ${hardware.nodes}`;
    },
  ],
  [
    'too-few-nodes',
    ({ request: { resources: job } }, { resource: { limits } }) =>
      limits.nodes === null || job.nodes <= limits.nodes
        ? undefined
        : `asks for ${count(job.nodes, 'node')}, a job may have ${limits.nodes} there`,
  ],
  [
    'too-few-cores',
    ({ request: { resources: job } }, { resource: { hardware } }) => {
      if (job.cpuCores <= (hardware.coresPerNode ?? 1)) return undefined;
      const asks = `asks for ${count(job.cpuCores, 'core')} on a node`;
      return hardware.coresPerNode === null
        ? `${asks}, how many a node has ${unknown}`
        : `${asks}, a node has ${hardware.coresPerNode}`;
    },
  ],
  [
    'too-little-memory',
    ({ request: { resources: job } }, { resource: { hardware } }) => {
      if (hardware.memoryPerNode === null) {
        return `asks for ${sizeInWords(job.memoryBytes)} on a node, how much a node has ${unknown}`;
      }
      if (job.memoryBytes <= hardware.memoryPerNode) return undefined;
      const [asks, has] = twoSizes(job.memoryBytes, hardware.memoryPerNode);
      return `asks for ${asks} on a node, a node has ${has}`;
    },
  ],
  [
    'too-few-accelerators',
    ({ request: { resources: job } }, { resource: { hardware } }) => {
      if (job.gpus <= (hardware.acceleratorsPerNode ?? 0)) return undefined;
      const asks = `asks for ${count(job.gpus, 'accelerator')} on a node`;
      return hardware.acceleratorsPerNode === null
        ? `${asks}, how many a node has ${unknown}`
        : `${asks}, a node has ${hardware.acceleratorsPerNode}`;
    },
  ],
  [
    'too-long',
    ({ request: { resources: job } }, { resource: { limits } }) => {
      if (limits.durationSeconds === null || job.durationSeconds <= limits.durationSeconds) return undefined;
      const [asks, most] = twoTimes(job.durationSeconds, limits.durationSeconds);
      return `asks for ${asks}, a job may take ${most} there`;
    },
  ],
  [
    'too-many-jobs',
    (_, { resource: { jobs, limits } }) =>
      limits.jobs === null || jobs < limits.jobs
        ? undefined
        : `${count(jobs, 'job')} wait or run there already, ${limits.jobs} may`,
  ],
  [
    'no-allocation',
    (_, { resource: { price }, allocation }) =>
      isFree(price) || allocation !== undefined
        ? undefined
        : 'it has a price, and the run belongs to no project with an allocation there',
  ],
  [
    'allocation-spent',
    (_, { resource: { price }, allocation, units }) => {
      if (isFree(price) || allocation === undefined || !isSpent(allocation, units)) return undefined;
      if (allocation.whenSpent === 'stop') return spentInWords(allocation, units);
      if (allocation.whenSpent === 'warn' || units === 0) return undefined;
      return `${spentInWords(allocation, units)}: runs go only where they cost nothing`;
    },
  ],
];

function spentInWords({ granted, used }: AllocationFacts, units: number): string {
  const [costs, left] = twoAmounts(units, Math.max(0, granted - used));
  return `may cost ${costs} units, ${left} of ${granted} are left of the allocation`;
}

/** Every reason against a resource; empty where nothing speaks against it. */
export function reasonsAgainst(asked: Asked, candidate: Candidate): Considered['rejections'] {
  const reasons: Considered['rejections'] = [];
  for (const [code, check] of checks) {
    const message = check(asked, candidate);
    if (message !== undefined) reasons.push({ code, message });
  }
  return reasons;
}

/** What speaks for care, though the run may go there. */
export function warningsAbout({ resource, allocation, units }: Candidate): string[] {
  const warnings: string[] = [];
  if (resource.status === 'degraded') warnings.push('its status is degraded');
  if (resource.status === 'unknown') warnings.push('its status is not known');
  if (!isFree(resource.price) && allocation?.whenSpent === 'warn' && isSpent(allocation, units)) {
    warnings.push(spentInWords(allocation, units));
  }
  return warnings;
}
