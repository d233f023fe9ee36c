import { GenesisError, type JobRequest } from '@genesis/contracts';
import { z } from 'zod';
import { delegate } from '../../door/index.ts';
import type { Idempotency, QueueDefinition } from '../../kernel/index.ts';
import { join, type PrincipalFacts, type ResourceFacts } from '../../policy/index.ts';
import type { FoundMachine } from '../inventory/store.ts';
import { findAccount } from '../projects/index.ts';
import { job } from '../tables.ts';
import type { JobParts } from './parts.ts';
import { planJob } from './plan-job.ts';

const payload = z.object({ job: z.string(), delegation: z.string() });
export type QueuedJob = z.infer<typeof payload>;
/** Jobs of the platform's own machine; as many as it does at one time leave the queue, so that the others can change. */
export const localJobQueue: QueueDefinition<QueuedJob> = { name: 'job.execute', payload, retryLimit: 5 };
/** Jobs of machines that have queues of their own. */
export const remoteJobQueue: QueueDefinition<QueuedJob> = {
  ...{ name: 'job.execute-elsewhere', payload, retryLimit: 5 },
};

/** How long a job may wait and run at all before the right to finish it ends. */
const lifetimeMs = 400 * 86_400_000;

/** @throws GenesisError `unsupported` where jobs of projects cannot run */
function assertRunsHere({ row }: FoundMachine): void {
  const { access, type, name, status } = row;
  if (!type.startsWith('compute') || access === null || access.kind === 'iri') {
    const message = `resource_id: jobs of projects do not run on ${name}: take one of compute/resources.`;
    throw new GenesisError({ code: 'unsupported', message });
  }
  if (status === 'down')
    throw new GenesisError({
      code: 'unavailable',
      message: `${name} is down. status/incidents may say for how long.`,
      retryAfterSeconds: 300,
    });
}

/**
 * Enters a job for a project. Its label is the join of the project's and the machine's, and the machine's authority must
 * cover it. With an idempotency key the same request gives the same job.
 *
 * @returns the job's id, and whether an earlier request with the same key had made it
 */
export async function submitJob(
  parts: JobParts,
  principal: PrincipalFacts,
  wanted: { request: JobRequest; account: string; machine: FoundMachine },
  idempotency?: Idempotency,
): Promise<{ id: string; repeated: boolean }> {
  const { door, ids, clock, queue, projects } = parts;
  const { request, machine } = wanted;
  assertRunsHere(machine);
  await door.use(principal, 'compute.use', machine.row.id, 'explore');
  const project = await findAccount(door.authorize(principal, 'explore'), wanted.account);
  const id = ids.next('job');
  planJob(id, request, machine.row, projects.rootOf(project.row.id));
  const facts: ResourceFacts = {
    kind: 'job',
    id,
    organisation: project.facts.organisation,
    label: join(project.facts.label, machine.facts.label),
    conditions: project.facts.conditions,
    members: project.members,
  };
  const { result, repeated } = await door.perform(
    {
      ...{ principal, action: 'job.submit', purpose: 'explore', sources: [project.row.id], idempotency },
      resource: { create: facts },
      destination: machine.row.authority ?? undefined,
      destinationNames: [machine.row.name, machine.row.id],
    },
    async (tx) => {
      const delegation = await delegate(tx, parts, principal, {
        purpose: 'explore',
        actions: ['job.read', 'job.update', 'job.finish', 'compute.read', 'project.read'],
        resources: [id, project.row.id, machine.row.id],
        lifetimeMs,
      });
      await tx.insert(job).values({
        ...{ id, machine: machine.row.id, project: project.row.id, principal: principal.id, delegation },
        ...{ spec: request, state: 'queued', createdAt: clock.now().getTime() },
      });
      const line = machine.row.access?.kind === 'local' ? localJobQueue : remoteJobQueue;
      await queue.enqueue(tx, line, { job: id, delegation }, { key: id });
      return {
        result: id,
        details: { machine: machine.row.id, project: project.row.id },
        edges: [{ subject: id, relation: 'used' as const, object: project.row.id }],
      };
    },
  );
  return { id: result, repeated };
}
