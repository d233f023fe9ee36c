/**
 * Writes through the door against the same rows without decision and ledger entry, in turns, on a real embedded
 * PostgreSQL that waits for the disk, with the sequencer numbering and signing every second as in production.
 *
 * Usage: node packages/platform/bench/perform.ts [--quick] [--json]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signatureTypes, signerFromSeed } from '@genesis/evidence';
import { dataset } from '../src/catalog/tables.ts';
import { rowOf } from '../src/door/facts.ts';
import { createDoor, resource } from '../src/door/index.ts';
import { createIds, createLog, openDatabase, systemClock } from '../src/kernel/index.ts';
import { createSequencer } from '../src/ledger/index.ts';
import { bottom, type PrincipalFacts, type ResourceFacts, unrestricted } from '../src/policy/index.ts';

/** The share of the bare rate that the platform promises. */
const promisedShare = 0.5;
const promisedCallers = 16;

const organisation = 'org_00000000000000000000000000';
const principal: PrincipalFacts = {
  id: 'prn_00000000000000000000000000',
  kind: 'person',
  organisation,
  clearance: bottom,
  roles: [{ organisation, role: 'researcher' }],
  tokenScopes: ['*'],
};

export type PerformFigures = {
  callers: number;
  rounds: number;
  /** Medians over the rounds, by the clock. */
  writesPerSecond: number;
  barePerSecond: number;
  /** Median over the rounds of our rate over the bare one beside it. */
  share: number;
  /** The same with one caller: how the cost grows with the callers. */
  shareOfOneCaller: number;
  promisedShare: number;
  holds: boolean;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Acts a second of `callers` that act one after the other, each for `seconds`. */
async function rate(callers: number, seconds: number, act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() - start < seconds * 1000) {
        await act();
        done += 1;
      }
    }),
  );
  return (done * 1000) / (performance.now() - start);
}

/** Seven rounds of two seconds each way (three of half a second when quick), after one that warms up. */
export async function measurePerform({ quick = false } = {}): Promise<PerformFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'genesis-bench-perform-'));
  const log = createLog({ level: 'error' });
  const database = await openDatabase({ dataFolder: folder, log });
  const clock = systemClock;
  const ids = createIds(clock);
  const signer = signerFromSeed('bench.invalid/perform', signatureTypes.ed25519, Buffer.alloc(32, 7));
  const sequencer = createSequencer(database, signer, clock, log);
  try {
    const door = createDoor({ database, clock, ids });
    const fresh = () => {
      const id = ids.next('dataset');
      const facts: ResourceFacts = {
        ...{ id, kind: 'dataset', organisation, label: bottom },
        conditions: { ...unrestricted, licences: ['CC0-1.0'] },
      };
      return { facts, row: { id, name: `table ${id}`, description: 'measured', source: 'bench' } };
    };
    const ours = async () => {
      const { facts, row } = fresh();
      await door.perform(
        { principal, action: 'dataset.create', resource: { create: facts }, purpose: null },
        async (tx) => {
          await tx.insert(dataset).values(row);
          return { result: row.id, details: { name: row.name } };
        },
      );
    };
    const bare = async () => {
      const { facts, row } = fresh();
      await database.transaction(async (tx) => {
        await tx.insert(resource).values(rowOf(facts, principal.id, clock.now().getTime()));
        await tx.insert(dataset).values(row);
      });
    };
    sequencer.start(1000);
    const rounds = quick ? 3 : 7;
    const seconds = quick ? 0.5 : 2;
    const compare = async (callers: number, times: number) => {
      const pairs: { ours: number; bare: number }[] = [];
      for (let round = -1; round < times; round++) {
        // Each goes first as often as the other; what one left to number is not charged to the other.
        const pair = { ours: 0, bare: 0 };
        for (const which of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
          pair[which] = await rate(callers, seconds, which === 'ours' ? ours : bare);
          await sequencer.flush();
        }
        if (round >= 0) pairs.push(pair);
      }
      return {
        ours: median(pairs.map((pair) => pair.ours)),
        bare: median(pairs.map((pair) => pair.bare)),
        share: median(pairs.map((pair) => pair.ours / pair.bare)),
      };
    };
    const many = await compare(promisedCallers, rounds);
    const one = await compare(1, 3);
    return {
      callers: promisedCallers,
      rounds,
      writesPerSecond: Math.round(many.ours),
      barePerSecond: Math.round(many.bare),
      share: many.share,
      shareOfOneCaller: one.share,
      promisedShare,
      holds: many.share >= promisedShare,
    };
  } finally {
    await sequencer.stop();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const flags = new Set(process.argv.slice(2));
  const figures = await measurePerform({ quick: flags.has('--quick') });
  console.table({
    'writes through the door a second': { value: figures.writesPerSecond },
    'the same rows without decision and entry': { value: figures.barePerSecond },
    [`share, ${figures.callers} callers`]: { value: Number(figures.share.toFixed(3)) },
    'share, one caller': { value: Number(figures.shareOfOneCaller.toFixed(3)) },
    promised: { value: figures.promisedShare },
  });
  console.log(figures.holds ? 'The promise holds.' : 'The promise does NOT hold.');
  if (flags.has('--json')) console.log(JSON.stringify(figures));
  if (!figures.holds) process.exitCode = 1;
}
