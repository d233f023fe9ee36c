import { setTimeout as pause } from 'node:timers/promises';
import {
  GenesisError,
  type JobResources,
  type Label,
  type PlacementPlan,
  type PlacementRequest,
} from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { findMachine, reserve } from '../compute/index.ts';
import type { ReadScope } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { RunParts } from './parts.ts';
import { findRun, governingFacts, type RunRow } from './store.ts';
import { run } from './tables.ts';

/** Of the resources that were looked at, those that a ledger entry names. */
const mostNamed = 20;

/** Rejections that pass by themselves: the run waits for them. */
const passing = new Set(['down', 'unreachable', 'too-many-jobs']);

/** The chosen resource; where there is none, an error that says of each one why. */
function chosenOf(plan: PlacementPlan): string {
  if (plan.chosen !== null) return plan.chosen;
  // what nobody asked for is no news
  const asked = plan.considered.filter(({ rejections }) =>
    rejections.every(({ code }) => code !== 'not-among'),
  );
  const told = asked
    .slice(0, mostNamed)
    .map(({ name, rejections }) => `${name}: ${rejections.map(({ message }) => message).join('; ')}`);
  const why = told.length === 0 ? 'no resource is known to you' : told.join('. ');
  const waits = asked.some(({ rejections }) => rejections.every(({ code }) => passing.has(code)));
  if (waits)
    throw new GenesisError({
      code: 'unavailable',
      message: `No resource can take the run just now. ${why}`,
      retryAfterSeconds: 10,
    });
  const spent = asked.some(({ rejections }) =>
    rejections.every(
      ({ code }) => passing.has(code) || code === 'no-allocation' || code === 'allocation-spent',
    ),
  );
  if (spent)
    throw new GenesisError({
      code: 'exhausted',
      what: 'budget',
      message: `No resource can take the run. ${why}`,
    });
  throw new GenesisError({ code: 'unsupported', message: `No resource can take the run. ${why}` });
}

/** How often, and how far apart, it is looked whether what others have reserved is free again. */
const looks = 20;
const lookAfterMs = 500;

/**
 * Waits some seconds for what others have reserved, which is often free a moment later. What takes longer is left to
 * the queue, which tries again with growing pauses.
 */
async function whenFree<T>(reserving: () => Promise<T>): Promise<T> {
  for (let look = 1; ; look += 1) {
    try {
      return await reserving();
    } catch (error) {
      const passes = error instanceof GenesisError && error.failure.code === 'unavailable';
      if (!passes || look === looks) throw error;
      await pause(lookAfterMs * (0.5 + Math.random()));
    }
  }
}

export type Placed = { machine: string };

type Wanted = { attempt: number; asked: JobResources; data?: PlacementRequest['data']; folders?: boolean };
type PlacingParts = Pick<RunParts, 'door' | 'clock' | 'compute'>;

/** Where a run of which it is not decided could go. */
async function planFor(
  { door, compute }: PlacingParts,
  principal: PrincipalFacts,
  scope: ReadScope,
  row: RunRow,
  { asked, data = [], folders = false }: Wanted,
) {
  const facts = await governingFacts(scope, row);
  // What machines there are is asked for the person, not for the delegation: that names the things it works on, and a
  // person who loses sight of a machine loses it here too.
  const { delegation: _confined, ...person } = principal;
  const inventory = door.authorize(person, scope.purpose);
  const { environments } = facts.conditions;
  const among = [...row.among];
  const request = { label: facts.label, resources: asked, among, environments, data, folders };
  const plan = row.machine === null ? await compute.plan(inventory, request, row.project) : null;
  return { inventory, plan };
}

/** Throws as `placeRun` does where no place could take a run; nothing is reserved or recorded. */
export async function assertPlace(
  parts: PlacingParts,
  principal: PrincipalFacts,
  scope: ReadScope,
  row: RunRow,
  wanted: Wanted,
): Promise<void> {
  const { plan } = await planFor(parts, principal, scope, row, wanted);
  if (plan !== null) chosenOf(plan);
}

/**
 * Where an attempt of a run goes: decided once, reserved in the budget that pays, and entered in the ledger with the
 * plan before anything is submitted. Called again, it says the same.
 *
 * @throws GenesisError `unavailable` when every place that could take it is down or full: it waits and may be tried again
 */
export async function placeRun(
  parts: PlacingParts,
  principal: PrincipalFacts,
  scope: ReadScope,
  id: string,
  wanted: Wanted,
): Promise<Placed> {
  const { door, clock } = parts;
  const { attempt, asked } = wanted;
  const row = await findRun(scope, id);
  const { inventory, plan } = await planFor(parts, principal, scope, row, wanted);
  const machine = row.machine ?? chosenOf(plan!);
  const place = await findMachine(inventory, machine);
  const enter = () =>
    door.perform(
      {
        principal,
        action: 'run.execute',
        resource: row.governedBy,
        purpose: scope.purpose,
        destination: (place.row.authority as Label | null) ?? undefined,
        destinationNames: [place.row.name, place.row.id],
      },
      async (tx) => {
        const [locked] = await tx
          .select({ machine: run.machine })
          .from(run)
          .where(eq(run.id, id))
          .for('update');
        const chosen = locked?.machine ?? machine;
        const { warning } = await reserve(
          tx,
          {
            ...{ run: id, attempt, machine: chosen, principal: row.submittedBy },
            ...{ project: row.project, campaign: row.campaign, challenge: row.challenge },
            asked,
          },
          clock.now().getTime(),
        );
        if (locked?.machine === null)
          await tx.update(run).set({ machine: chosen, plan, waitsFor: null }).where(eq(run.id, id));
        return {
          result: { machine: chosen },
          details: {
            run: id,
            attempt,
            machine: chosen,
            warning,
            plan: plan === null ? null : shortened(plan),
          },
        };
      },
    );
  const { result } = await whenFree(enter);
  return result;
}

const shortened = ({ chosen, considered }: PlacementPlan) => ({
  chosen,
  looked: considered.length,
  considered: considered.slice(0, mostNamed),
});
