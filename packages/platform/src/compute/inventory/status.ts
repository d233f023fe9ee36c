import { type ResourceStatus, resourceStatusSchema } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import type { WriteTx } from '../../door/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { incident, machine, statusEvent } from '../tables.ts';
import type { InventoryParts } from './parts.ts';
import { findIncident, findMachine } from './store.ts';

/**
 * Enters that the status of a resource changed. Where it is what it was, there is no event; only why nobody knows it is
 * kept up to date, so that an operator who mends one thing sees the next.
 */
export async function noteStatus(
  tx: WriteTx,
  { clock, ids }: Pick<InventoryParts, 'clock' | 'ids'>,
  seen: { machine: string; status: ResourceStatus; reason: string | null; incident?: string },
): Promise<boolean> {
  const at = clock.now().getTime();
  const [row] = await tx.select().from(machine).where(eq(machine.id, seen.machine)).for('update');
  if (row === undefined) return false;
  if (row.status === seen.status && seen.incident === undefined) {
    if (seen.status === 'unknown' && row.statusReason !== seen.reason)
      await tx.update(machine).set({ statusReason: seen.reason }).where(eq(machine.id, seen.machine));
    return false;
  }
  await tx
    .update(machine)
    .set({ status: seen.status, statusReason: seen.reason, modifiedAt: at })
    .where(eq(machine.id, seen.machine));
  await tx.insert(statusEvent).values({
    id: ids.next('event'),
    machine: seen.machine,
    incident: seen.incident ?? null,
    name: `${row.name} is ${seen.status}`,
    description: seen.reason ?? '',
    status: seen.status,
    occurredAt: at,
  });
  return true;
}

export const newIncidentSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2000).default(''),
  /** What the resources are while it lasts. */
  status: resourceStatusSchema.default('down'),
  type: z.enum(['planned', 'unplanned', 'reservation']).default('unplanned'),
  /** Names or ids. */
  resources: z.array(z.string().min(1).max(100)).min(1).max(100),
  /** ISO 8601; planned ones may say when they end. */
  endsAt: z.iso.datetime({ offset: true }).nullable().default(null),
});
export type NewIncident = z.infer<typeof newIncidentSchema>;

/** Reports an incident: every resource that it concerns takes its status, which placement heeds. */
export async function reportIncident(
  parts: InventoryParts,
  principal: PrincipalFacts,
  wanted: NewIncident,
): Promise<string> {
  const { door, clock, ids } = parts;
  const scope = door.authorize(principal, 'explore');
  const concerned = await Promise.all(wanted.resources.map(async (name) => await findMachine(scope, name)));
  const id = ids.next('incident');
  const [first, ...others] = concerned;
  // the decision is about one resource; the others are decided here, before anything is written
  for (const { row } of others)
    await door.perform(
      { principal, action: 'compute.manage', resource: row.id, purpose: null },
      async () => ({ result: undefined, details: { incident: id } }),
    );
  await door.perform(
    { principal, action: 'compute.manage', resource: first!.row.id, purpose: null },
    async (tx) => {
      const at = clock.now().getTime();
      await tx.insert(incident).values({
        id,
        facility: first!.row.facility,
        ...{ name: wanted.name, description: wanted.description, status: wanted.status, type: wanted.type },
        resolution: 'unresolved',
        startsAt: at,
        endsAt: wanted.endsAt === null ? null : Date.parse(wanted.endsAt),
        modifiedAt: at,
      });
      for (const { row } of concerned)
        await noteStatus(tx, parts, {
          machine: row.id,
          status: wanted.status,
          reason: wanted.name,
          incident: id,
        });
      return { result: undefined, details: { incident: id, resources: concerned.map(({ row }) => row.id) } };
    },
  );
  return id;
}

/** Ends an incident: its resources are up again. */
export async function resolveIncident(
  parts: InventoryParts,
  principal: PrincipalFacts,
  id: string,
): Promise<void> {
  const { door, clock } = parts;
  const { machines } = await findIncident(door.authorize(principal, 'explore'), id);
  await door.perform(
    { principal, action: 'compute.manage', resource: machines[0]!, purpose: null },
    async (tx) => {
      const at = clock.now().getTime();
      await tx
        .update(incident)
        .set({ resolution: 'completed', status: 'up', endsAt: at, modifiedAt: at })
        .where(eq(incident.id, id));
      for (const one of machines)
        await noteStatus(tx, parts, { machine: one, status: 'up', reason: 'resolved', incident: id });
      return { result: undefined, details: { incident: id } };
    },
  );
}
