import { availableParallelism, totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { PlacementPlan, PlacementRequest } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { type Door, platformPrincipal, type ReadScope } from '../door/index.ts';
import type { Clock, Ids, Log } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { createExecutors, type OpenExecutor } from './executors.ts';
import { inspectAll, type Looked } from './inventory/inspect.ts';
import { ensureOwnFacility, facilityScope } from './inventory/own-facility.ts';
import { putMachine } from './inventory/register.ts';
import { findMachine, listMachines } from './inventory/store.ts';
import { loadWorld } from './load-world.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { place } from './placement/place.ts';
import type { Executor } from './ports.ts';
import { machine } from './tables.ts';

export interface Compute {
  /** The executor of a resource. Throws `unavailable` where it cannot be reached now. */
  executorOf(machine: string): Promise<Executor>;
  /** Where a run should go, and why; nothing is submitted or reserved. */
  plan(scope: ReadScope, request: PlacementRequest, project: string | null): Promise<PlacementPlan>;
  /** The platform's own machine. */
  local(): string;
  /** Looks at every resource now. */
  inspect(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export type ComputeParts = { door: Door; clock: Clock; ids: Ids; log: Log; open: OpenExecutor };

const inspectEveryMs = 60_000;
/** Runs may wait for what is not up, and its outage be short. */
const inspectAgainMs = 10_000;

/** Resources, and what reaches them. */
export function createCompute(parts: ComputeParts): Compute {
  const { door, log } = parts;
  let looked: Looked = { silent: new Set(), allUp: true };
  let local: string | undefined;
  const stopping = new AbortController();
  let looking: Promise<void> = Promise.resolve();

  const executors = createExecutors({
    accessOf: async (id) => {
      const [row] = await facilityScope(door)
        .orm.select({ access: machine.access })
        .from(machine)
        .where(eq(machine.id, id));
      return row?.access ?? null;
    },
    open: parts.open,
  });

  // one look at a time: one that began while something was away, and ends late, says nothing against a newer one
  const inspect = oneAtATime(async (): Promise<void> => {
    looked = await inspectAll(parts, executors, (error, name) =>
      log.warn({ err: error, resource: name }, 'A resource does not answer'),
    );
  });

  async function lookAgainAndAgain(): Promise<void> {
    while (!stopping.signal.aborted) {
      await inspect().catch((error: unknown) =>
        log.warn({ err: error }, 'The inventory cannot be looked at'),
      );
      const isWell = looked.allUp && looked.silent.size === 0;
      await pause(isWell ? inspectEveryMs : inspectAgainMs, undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
    }
  }

  return {
    executorOf: (id) => executors.of(id),
    async plan(scope, request, project) {
      const named = await Promise.all(
        request.among.map(async (name) => (await findMachine(scope, name)).row.id),
      );
      const wanted = { ...request, among: named };
      return place(
        wanted,
        await loadWorld(scope, {
          project,
          silent: looked.silent,
          now: parts.clock.now(),
          label: request.label,
        }),
      );
    },
    local() {
      if (local === undefined) throw new Error('the inventory has not been started');
      return local;
    },
    inspect,
    async start() {
      await ensureOwnFacility(parts);
      local = await ensureLocal(parts, platformPrincipal);
      looking = lookAgainAndAgain();
    },
    async close() {
      stopping.abort();
      await looking;
      await executors.close();
    },
  };
}

/** The platform's own machine is a resource from the first start. */
async function ensureLocal(parts: ComputeParts, principal: PrincipalFacts): Promise<string> {
  const known = await listMachines(parts.door.authorize(principal, 'explore'));
  const own = known.find(({ row }) => row.access?.kind === 'local');
  if (own !== undefined) return own.row.id;
  const { id } = await putMachine(
    parts,
    principal,
    {
      ...{
        name: 'local',
        description: 'The machine that Genesis runs on.',
        type: 'compute:node',
        group: null,
      },
      ...{ site: null, authority: null, label: { level: 'public', categories: [] } },
      hardware: {
        ...{ nodes: 1, coresPerNode: availableParallelism(), memoryPerNode: totalmem() },
        ...{ acceleratorsPerNode: 0, acceleratorType: null },
      },
      limits: { durationSeconds: null, nodes: 1, jobs: null },
      price: { coreHour: 0, gpuHour: 0, nodeHour: 0 },
      ...{ near: [], access: { kind: 'local' } },
    },
    'platform',
  );
  return id;
}
