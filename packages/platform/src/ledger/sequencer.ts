import {
  appendLeaf,
  type CompactTree,
  compactRoot,
  formatCheckpoint,
  formatNote,
  type Hash,
  type NodeCoordinate,
  type NodeReader,
  readCompactTree,
  type Signer,
  type StoredNode,
  signNote,
} from '@genesis/evidence';
import { sql } from 'drizzle-orm';
import type { Clock, Database, Log, Tx } from '../kernel/index.ts';
import { readNodes } from './nodes.ts';

/** Entries numbered in one transaction: bounds its length, not the rate. */
const batchSize = 5_000;
/** Any constant will do, as long as every process of an instance uses the same. */
const leaseKey = 7_216_001;

export interface Sequencer {
  /** Numbers everything committed so far and returns the signed checkpoint that covers it. */
  flush(): Promise<{ size: number; note: string }>;
  /** Numbers new entries at least once in each interval until `stop`. */
  start(intervalMs: number): void;
  stop(): Promise<void>;
}

type Signed = { size: number; note: string };

/** A reader of nodes that are all asked for at once: one query for all of them, on the connection of the transaction. */
function inOneQuery(fetch: (nodes: NodeCoordinate[]) => Promise<Hash[]>): NodeReader {
  const wanted: NodeCoordinate[] = [];
  let answer: Promise<Hash[]> | undefined;
  return async (level, index) => {
    const place = wanted.push({ level, index }) - 1;
    answer ??= Promise.resolve().then(() => fetch(wanted));
    return (await answer)[place]!;
  };
}

type Waiting = { id: string; leaf: Buffer };

/**
 * Numbers committed entries in one order for all processes: whoever holds the lease (an advisory lock of the
 * transaction) appends the next batch, stores the new tree nodes and signs the new size. Cost: O(1) hashes an entry.
 */
export function createSequencer(database: Database, signer: Signer, clock: Clock, log: Log): Sequencer {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();

  async function sizeOf(tx: Tx): Promise<number> {
    const { rows } = await tx.execute<{ size: number }>(
      sql`select coalesce(max(seq) + 1, 0)::bigint as size from ledger_entry`,
    );
    return Number(rows[0]?.size ?? 0);
  }

  async function appendBatch(tx: Tx, start: CompactTree, waiting: readonly Waiting[]): Promise<CompactTree> {
    let tree = start;
    const stored: StoredNode[] = [];
    for (const { leaf } of waiting) {
      const next = appendLeaf(tree, leaf);
      tree = next.tree;
      stored.push(...next.completed.filter((node) => node.level > 0));
    }
    const ids = waiting.map((entry) => entry.id);
    await tx.execute(sql`
      update ledger_entry set seq = numbered.seq
      from (select id, ${start.size}::bigint + place - 1 as seq
            from unnest(${sql.param(ids)}::text[]) with ordinality as ids(id, place)) as numbered
      where ledger_entry.id = numbered.id`);
    if (stored.length > 0) {
      await tx.execute(sql`
        insert into ledger_node (level, index, hash)
        select * from unnest(
          ${sql.param(stored.map((node) => node.level))}::smallint[],
          ${sql.param(stored.map((node) => node.index))}::bigint[],
          ${sql.param(stored.map((node) => `\\x${Buffer.from(node.hash).toString('hex')}`))}::bytea[])`);
    }
    return tree;
  }

  async function sign(tx: Tx, tree: CompactTree): Promise<string> {
    const known = await tx.execute<{ note: string }>(
      sql`select note from ledger_checkpoint where size = ${tree.size}`,
    );
    const before = known.rows[0]?.note;
    if (before !== undefined) return before;
    const text = formatCheckpoint({
      origin: signer.key.name,
      size: tree.size,
      root: compactRoot(tree),
      extensions: [],
    });
    const note = formatNote(signNote(text, signer));
    await tx.execute(
      sql`insert into ledger_checkpoint (size, note, at) values (${tree.size}, ${note}, ${clock.now().getTime()})`,
    );
    return note;
  }

  async function step(): Promise<{ size: number; note: string; full: boolean }> {
    return await database.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${leaseKey})`);
      const { rows: waiting } = await tx.execute<Waiting>(
        sql`select id, leaf from ledger_entry where seq is null order by inserted limit ${batchSize}`,
      );
      const size = await sizeOf(tx);
      const start = await readCompactTree(
        size,
        inOneQuery((nodes) => readNodes(tx, nodes)),
      );
      const tree = waiting.length === 0 ? start : await appendBatch(tx, start, waiting);
      return { size: tree.size, note: await sign(tx, tree), full: waiting.length === batchSize };
    });
  }

  async function run(): Promise<Signed> {
    for (;;) {
      const { size, note, full } = await step();
      if (!full) return { size, note };
    }
  }

  let current: Promise<Signed> | undefined;
  let next: Promise<Signed> | undefined;

  /** One run at a time in this process; everybody who asks meanwhile shares the one after it, which covers them all. */
  function flush(): Promise<Signed> {
    if (current === undefined) {
      current = run().finally(() => {
        current = next;
        next = undefined;
      });
      return current;
    }
    next ??= current.then(run, run).finally(() => {
      current = next;
      next = undefined;
    });
    return next;
  }

  async function tick(): Promise<void> {
    const { rows } = await database.orm.execute(sql`select 1 from ledger_entry where seq is null limit 1`);
    if (rows.length > 0) await flush();
  }

  return {
    flush,
    start(intervalMs) {
      timer = setInterval(() => {
        running = running.then(tick).catch((error: unknown) => {
          log.error(
            { err: error },
            'numbering of ledger entries failed; it is tried again at the next interval',
          );
        });
      }, intervalMs);
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
