import { type ExecutionOutcome, GenesisError, type WhenSpent } from '@genesis/contracts';
import { and, eq, isNull, ne, or, sql } from 'drizzle-orm';
import type { WriteTx } from '../../door/index.ts';
import { isSpent, type Size, unitsOf } from '../placement/cost.ts';
import { allocation, charge, machine, userAllocation, waitRecord } from '../tables.ts';

/** What a run may take at most, or has taken, in seconds. */
type Amount = { coreSeconds: number; gpuSeconds: number; nodeSeconds: number };

type Ended = Pick<ExecutionOutcome, 'usage' | 'startedAt' | 'failureClass'>;
type Asked = Size;

/** What a run takes in a time: everything that it asked for, whether it kept it busy or not, as schedulers count. */
const amountOf = (asked: Asked, seconds = asked.durationSeconds): Amount => ({
  coreSeconds: asked.cpuCores * asked.nodes * seconds,
  gpuSeconds: asked.gpus * asked.nodes * seconds,
  nodeSeconds: asked.nodes * seconds,
});

/** What a run belongs to; opaque ids of higher domains among it. */
export type Belongs = { project: string | null; campaign: string | null; challenge: string | null };

export type NewCharge = Belongs & {
  run: string;
  attempt: number;
  machine: string;
  principal: string;
  asked: Asked;
};

/**
 * Reserves what a run may take on a resource, under the lock of the allocation that pays for it: of two runs that race
 * for the rest of a budget only one gets it. An attempt that has reserved before keeps what it has.
 *
 * @throws GenesisError `exhausted` where the allocation, or the member's part of it, does not hold that much, and
 *   `unavailable` where it may when others have ended
 */
export async function reserve(
  tx: WriteTx,
  wanted: NewCharge,
  now: number,
): Promise<{ warning: string | null }> {
  const { asked, ...rest } = wanted;
  const amount = amountOf(asked);
  const [place] = await tx.select().from(machine).where(eq(machine.id, wanted.machine));
  if (place === undefined) throw new Error(`there is no resource ${wanted.machine}`);
  const units = unitsOf(place.price, asked);
  const budget = units > 0 ? await budgetOf(tx, wanted, place.name, now) : null;
  let warning: string | null = null;
  if (budget !== null) {
    warning = whenShort(budget, await takenFrom(tx, budget.id, wanted), units, place.name);
    await assertMemberHas(tx, budget.id, wanted, units, place.name);
  }
  await tx
    .insert(charge)
    .values({ ...rest, ...amount, units, allocation: budget?.id ?? null, startedAt: now })
    .onConflictDoNothing();
  await tx
    .insert(waitRecord)
    .values({
      ...{ run: wanted.run, attempt: wanted.attempt, machine: wanted.machine, submittedAt: now },
      ...{ nodes: asked.nodes, cores: asked.cpuCores * asked.nodes, durationSeconds: asked.durationSeconds },
    })
    .onConflictDoNothing();
  return { warning };
}

const rounded = (units: number): string => String(Number(units.toPrecision(4)));

type Taken = { settled: number; reserved: number };

/**
 * What follows when an allocation does not hold what a run may take: a warning where it only warns. Where it would hold
 * it but for what others have reserved and will hardly use, the run waits for them; else it is spent.
 */
function whenShort(
  { granted, whenSpent }: { granted: number; whenSpent: WhenSpent },
  { settled, reserved }: Taken,
  units: number,
  name: string,
): string | null {
  if (!isSpent({ granted, used: settled + reserved, whenSpent }, units)) return null;
  const left = rounded(Math.max(0, granted - settled));
  const message = `The allocation on ${name} has ${left} units left, and this may take ${rounded(units)}.`;
  if (whenSpent === 'warn') return message;
  if (!isSpent({ granted, used: settled, whenSpent }, units))
    throw new GenesisError({
      code: 'unavailable',
      message: `${message} Other runs have reserved ${rounded(reserved)} of it; this one waits for them.`,
      retryAfterSeconds: 5,
    });
  throw new GenesisError({
    code: 'exhausted',
    what: 'budget',
    message: `${message} Ask for less time or fewer cores, or have an operator raise the allocation.`,
  });
}

/** The allocation that pays, locked until the transaction ends. */
async function budgetOf(tx: WriteTx, wanted: NewCharge, name: string, now: number) {
  const [row] =
    wanted.project === null
      ? []
      : await tx
          .select()
          .from(allocation)
          .where(and(eq(allocation.project, wanted.project), eq(allocation.machine, wanted.machine)))
          .for('update');
  const over = row !== undefined && row.endsAt !== null && row.endsAt <= now;
  if (row !== undefined && !over) return row;
  const why =
    wanted.project === null
      ? 'names no project'
      : over
        ? "is after the end of its project's allocation"
        : 'belongs to a project without an allocation there';
  throw new GenesisError({
    code: 'exhausted',
    what: 'budget',
    message: `Time on ${name} costs allocation units, and this run ${why}. Name a project that has an allocation there.`,
  });
}

/** Units of an allocation, or of a member's part of it, without those of one attempt. */
async function takenFrom(
  tx: WriteTx,
  id: string,
  except: Pick<NewCharge, 'run' | 'attempt'>,
  principal?: string,
): Promise<Taken> {
  const [row] = await tx
    .select({
      settled: sql<number>`coalesce(sum(${charge.units}) filter (where ${charge.settledAt} is not null), 0)::float8`,
      reserved: sql<number>`coalesce(sum(${charge.units}) filter (where ${charge.settledAt} is null), 0)::float8`,
    })
    .from(charge)
    .where(
      and(
        eq(charge.allocation, id),
        or(ne(charge.run, except.run), ne(charge.attempt, except.attempt)),
        principal === undefined ? undefined : eq(charge.principal, principal),
      ),
    );
  return row ?? { settled: 0, reserved: 0 };
}

async function assertMemberHas(
  tx: WriteTx,
  id: string,
  wanted: NewCharge,
  units: number,
  name: string,
): Promise<void> {
  const [own] = await tx
    .select()
    .from(userAllocation)
    .where(and(eq(userAllocation.allocation, id), eq(userAllocation.principal, wanted.principal)));
  if (own === undefined) return;
  const taken = await takenFrom(tx, id, wanted, wanted.principal);
  whenShort({ granted: own.granted, whenSpent: 'stop' }, taken, units, name);
}

/** Counts what a run used that was neither placed nor reserved: work in the platform itself. Once for each attempt. */
export async function countUse(
  tx: WriteTx,
  wanted: NewCharge & { seconds: number },
  now: number,
): Promise<void> {
  const { asked, seconds, ...rest } = wanted;
  await tx
    .insert(charge)
    .values({ ...rest, ...amountOf(asked, seconds), units: 0, startedAt: now, settledAt: now })
    .onConflictDoNothing();
}

/** How long it ran, and when it began: null where it never did. */
export type Used = { asked: Asked; seconds: number; startedAt: number | null };

/**
 * Replaces what a run reserved by what it used: what it asked for, for as long as it ran. Once: what is settled stays.
 * `null`: nobody knows how long it ran, and what it reserved stays counted. `only` is one of several attempts or jobs.
 */
export async function settle(
  tx: WriteTx,
  run: string,
  used: Used | null,
  now: number,
  only?: number,
): Promise<void> {
  const rows = await tx
    .select({ attempt: charge.attempt, price: machine.price })
    .from(charge)
    .innerJoin(machine, eq(machine.id, charge.machine))
    .where(
      and(
        ...[eq(charge.run, run), isNull(charge.settledAt)],
        only === undefined ? undefined : eq(charge.attempt, only),
      ),
    );
  for (const { attempt, price } of rows) {
    const took =
      used === null
        ? {}
        : {
            ...amountOf(used.asked, used.seconds),
            units: unitsOf(price, { ...used.asked, durationSeconds: used.seconds }),
          };
    await tx
      .update(charge)
      .set({ ...took, settledAt: now })
      .where(and(eq(charge.run, run), eq(charge.attempt, attempt)));
    const began = used?.startedAt ?? null;
    await tx
      .update(waitRecord)
      .set({
        waitedSeconds: sql`greatest(0, (${began ?? now} - ${waitRecord.submittedAt}) / 1000.0)`,
        started: began !== null,
      })
      .where(and(eq(waitRecord.run, run), eq(waitRecord.attempt, attempt)));
  }
}

/** What a job used, by how it ended. One that ended before it began has used nothing, and its wait is not over. */
export function usedBy(asked: Asked, { usage, startedAt, failureClass }: Ended): Used {
  const began = failureClass === 'F6_HPC_QUEUE' ? null : Date.parse(startedAt);
  return { asked, seconds: usage.wallSeconds, startedAt: began };
}
