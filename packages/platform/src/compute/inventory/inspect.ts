/** The inventory looks at what it can reach: hardware, limits and status, each with its source and age. */
import { and, asc, eq, isNotNull } from 'drizzle-orm';
import { platformPrincipal } from '../../door/index.ts';
import type { Executors } from '../executors.ts';
import type { Inspection } from '../ports.ts';
import { incident, machine, type Provenance, statusEvent } from '../tables.ts';
import { facilityScope } from './own-facility.ts';
import type { InventoryParts } from './parts.ts';
import { noteStatus } from './status.ts';
import type { MachineRow } from './store.ts';

const hour = 3_600_000;

/** What a look adds to a row; null where it says what is known already, and not long ago. */
function learnt(
  row: Pick<MachineRow, 'hardware' | 'limits' | 'provenance'>,
  seen: Inspection,
  source: Provenance['source'],
  at: number,
): Pick<MachineRow, 'hardware' | 'limits' | 'provenance'> | null {
  const hardware = { ...row.hardware, ...seen.hardware };
  const limits = { ...row.limits, ...seen.limits };
  const fields = [
    ...(seen.hardware === undefined ? [] : ['hardware']),
    ...(seen.limits === undefined ? [] : ['limits']),
  ];
  const same =
    JSON.stringify([sorted(hardware), sorted(limits)]) ===
    JSON.stringify([sorted(row.hardware), sorted(row.limits)]);
  const fresh = fields.every((field) => at - (row.provenance[field]?.at ?? 0) < hour);
  // what this process says of its own machine does not age
  if (same && (fresh || source === 'platform')) return null;
  const provenance = { ...row.provenance };
  for (const field of fields) provenance[field] = { source, at };
  return { hardware, limits, provenance };
}

const sorted = (value: object): [string, unknown][] =>
  Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

const sourceOf = (kind: string): Provenance['source'] =>
  kind === 'slurm' ? 'slurm' : kind === 'iri' ? 'iri' : 'platform';

/** Ids of the resources that did not answer, and whether all others said that they are up. */
export type Looked = { silent: ReadonlySet<string>; allUp: boolean };

/** Looks once at every resource that can be reached, all at the same time: one that does not answer holds up no other. */
export async function inspectAll(
  parts: InventoryParts,
  executors: Executors,
  warn: (error: unknown, name: string) => void,
): Promise<Looked> {
  const rows = await facilityScope(parts.door)
    .orm.select()
    .from(machine)
    .where(isNotNull(machine.access))
    .orderBy(asc(machine.id));
  const silent = new Set<string>();
  let allUp = true;
  await Promise.all(
    rows.map(async (row) => {
      try {
        const executor = await executors.of(row.id);
        const seen = (await executor.inspect?.()) ?? { status: row.status, reason: row.statusReason };
        allUp &&= seen.status === 'up';
        await enter(parts, row, seen);
      } catch (error) {
        silent.add(row.id);
        warn(error, row.name);
        const reason = error instanceof Error ? error.message.slice(0, 500) : 'it does not answer';
        await enter(parts, row, { status: 'unknown', reason });
      }
    }),
  );
  return { silent, allUp };
}

/** While an incident lasts, people have said how the resource is, and no look knows better. */
async function lastingIncident({ door }: InventoryParts, id: string): Promise<boolean> {
  const [found] = await facilityScope(door)
    .orm.select({ id: incident.id })
    .from(incident)
    .innerJoin(statusEvent, eq(statusEvent.incident, incident.id))
    .where(and(eq(statusEvent.machine, id), eq(incident.resolution, 'unresolved')))
    .limit(1);
  return found !== undefined;
}

async function enter(parts: InventoryParts, row: MachineRow, seen: Inspection): Promise<void> {
  const at = parts.clock.now().getTime();
  const status = (await lastingIncident(parts, row.id)) ? row.status : seen.status;
  const news = learnt(row, seen, sourceOf(row.access?.kind ?? ''), at);
  const same = row.status === status && (status !== 'unknown' || row.statusReason === seen.reason);
  if (news === null && same) return;
  await parts.door.perform(
    { principal: platformPrincipal, action: 'compute.manage', resource: row.id, purpose: null },
    async (tx) => {
      if (news !== null)
        await tx
          .update(machine)
          .set({ ...news, modifiedAt: at })
          .where(eq(machine.id, row.id));
      await noteStatus(tx, parts, { machine: row.id, status, reason: seen.reason });
      return { result: undefined, details: { machine: row.id, status } };
    },
  );
}
