/** A job in the words of the facility. */
import { createHash, randomUUID } from 'node:crypto';
import { type Access, GenesisError, type JobSpec } from '@genesis/contracts';
import type { JobRequest, ResourceRequest } from './api-types.ts';
import type { Dialect } from './facilities.ts';
import type { Launch } from './job-folder.ts';
import { remoteFiles, spareSeconds } from './job-script.ts';

export type IriAccess = Extract<Access, { kind: 'iri' }>;

/**
 * Names for one launch. The facility's name of the job and the key come from the claim, which no other launch has; the
 * folder carries a part of it, so that what an earlier installation left under the same name does no harm.
 */
export function planLaunch(spec: JobSpec, { folder }: IriAccess): Launch {
  const claim = randomUUID();
  const hash = createHash('sha256').update(`${spec.name}\n${claim}`).digest('hex');
  const key = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  return {
    ...{ claim, key, spec },
    jobName: `genesis-${hash.slice(32, 56)}`,
    remote: `${folder.replace(/\/+$/, '')}/${spec.name}-${claim.slice(0, 8)}`,
  };
}

function resourcesOf(spec: JobSpec, { omittedResources }: Dialect): ResourceRequest {
  const { nodes, cpuCores, gpus, memoryBytes } = spec.resources;
  const asked: ResourceRequest = {
    node_count: nodes,
    // the script runs once; a program that uses several nodes starts its own processes there
    ...(nodes === 1 ? { process_count: 1 } : {}),
    processes_per_node: 1,
    cpu_cores_per_process: Math.ceil(cpuCores),
    ...(gpus === 0 ? {} : { gpu_cores_per_process: gpus }),
    exclusive_node_use: false,
    memory: memoryBytes,
  };
  const kept = Object.entries(asked).filter(([field]) => !omittedResources.some((name) => name === field));
  return Object.fromEntries(kept);
}

/** What is submitted: the same for every attempt of one launch, as its key demands. */
export function requestFor(
  { spec, jobName, remote }: Launch,
  access: IriAccess,
  dialect: Dialect,
): JobRequest {
  const { queue, account, customAttributes } = access;
  return {
    name: jobName,
    executable: '/bin/sh',
    arguments: [`${remote}/${remoteFiles.script}`],
    directory: remote,
    stdout_path: `${remote}/${remoteFiles.ownOutput}`,
    stderr_path: `${remote}/${remoteFiles.complaints}`,
    resources: resourcesOf(spec, dialect),
    attributes: {
      duration: Math.ceil(spec.resources.durationSeconds) + spareSeconds,
      ...(queue === undefined ? {} : { queue_name: queue }),
      ...(account === undefined ? {} : { account }),
      ...(Object.keys(customAttributes).length === 0 ? {} : { custom_attributes: customAttributes }),
    },
  };
}

/** Throws `unsupported` for what cannot work with this facility, before anything is done there. */
export function assertFits(access: IriAccess, dialect: Dialect, name: string): void {
  for (const attribute of dialect.neededAttributes)
    if (access.customAttributes[attribute] === undefined)
      throw new GenesisError({
        code: 'unsupported',
        message: `access.customAttributes.${attribute}: ${name} takes no job without it.`,
      });
  for (const operation of [
    'launchJob',
    'getJob',
    'cancelJob',
    'getTask',
    'mkdir',
    'upload',
    'download',
    'view',
    'rm',
  ] as const)
    if (dialect.routes[operation] === null)
      throw new GenesisError({
        code: 'unsupported',
        message: `${name} does not offer "${operation}", which running a job needs.`,
      });
}
