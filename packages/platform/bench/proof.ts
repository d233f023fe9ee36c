/**
 * Inclusion proofs from the real ledger: entries in PostgreSQL, numbered and signed by the sequencer, then proofs of
 * entries at random, each checked against the signed checkpoint.
 *
 * Usage: node packages/platform/bench/proof.ts [--quick] [--json]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  leafHash,
  openNote,
  parseCheckpoint,
  signatureTypes,
  signerFromSeed,
  verifyInclusion,
} from '@genesis/evidence';
import { createLog, openDatabase, systemClock } from '../src/kernel/index.ts';
import { createLedgerLog, createSequencer } from '../src/ledger/index.ts';

const promisedMilliseconds = 5;

export type ProofFigures = {
  entries: number;
  /** Rows written in bulk, then numbered, hashed into the tree and signed by the sequencer, in seconds. */
  insertSeconds: number;
  sequenceSeconds: number;
  /** Milliseconds of one proof, for each size on the way: how the cost grows. */
  sizes: { entries: number; p50: number; p99: number }[];
  p50: number;
  p99: number;
  promisedMilliseconds: number;
  holds: boolean;
};

const seconds = async (act: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await act();
  return (performance.now() - start) / 1000;
};

/** 500 proofs each at 10,000, 100,000 and 1,000,000 entries; at 5,000 and 50,000 when quick. */
export async function measureProofs({ quick = false } = {}): Promise<ProofFigures> {
  const steps = quick ? [5_000, 50_000] : [10_000, 100_000, 1_000_000];
  const folder = await mkdtemp(join(tmpdir(), 'genesis-bench-proof-'));
  const log = createLog({ level: 'error' });
  const database = await openDatabase({ dataFolder: folder, log });
  const clock = systemClock;
  const seed = (byte: number) => Buffer.alloc(32, byte);
  const signer = signerFromSeed('bench.invalid/proof', signatureTypes.ed25519, seed(7));
  const cosigner = signerFromSeed('bench.invalid/witness', signatureTypes.cosignature, seed(8));
  const sequencer = createSequencer(database, signer, clock, log);
  const ledger = createLedgerLog({ database, clock, sequencer, signer, cosigner });
  try {
    let [size, insertSeconds, sequenceSeconds] = [0, 0, 0];
    const sizes: ProofFigures['sizes'] = [];
    for (const entries of steps) {
      const from = size;
      // The leaf is SHA-256 of a zero byte and the body (RFC 6962), here computed by the database.
      insertSeconds += await seconds(() =>
        database.pool.query(
          `insert into ledger_entry (id, body, leaf, actor, action, resource, effect, at)
           select id, body, sha256('\\x00'::bytea || convert_to(body, 'UTF8')), 'prn_bench', 'dataset.read', null, 'allow', at
           from generate_series($1::bigint, $2::bigint) as at,
             lateral (select 'ent_bench' || lpad(at::text, 20, '0') as id) as named,
             lateral (select '{"action":"dataset.read","id":"' || id || '","v":1}' as body) as written`,
          [from, entries - 1],
        ),
      );
      let note = '';
      sequenceSeconds += await seconds(async () => {
        ({ size, note } = await ledger.checkpoint());
      });
      if (size !== entries) throw new Error(`the ledger has ${size} entries instead of ${entries}`);
      const { root } = parseCheckpoint(openNote(note, [ledger.key]).text);
      await database.pool.query('analyze ledger_entry, ledger_node');
      const times: number[] = [];
      for (let i = -50; i < 500; i++) {
        const id = `ent_bench${String(Math.floor(Math.random() * entries)).padStart(20, '0')}`;
        const start = performance.now();
        const [proven] = await ledger.prove([id], size);
        // The first ones open connections and warm the caches.
        if (i >= 0) times.push(performance.now() - start);
        const { seq, body, inclusion } = proven!;
        if (!verifyInclusion(seq, size, leafHash(Buffer.from(body)), inclusion, root))
          throw new Error(`the proof of ${id} does not hold`);
      }
      times.sort((a, b) => a - b);
      sizes.push({ entries, p50: times[250]!, p99: times[495]! });
    }
    const { entries, p50, p99 } = sizes.at(-1)!;
    const holds = p50 < promisedMilliseconds;
    return { entries, insertSeconds, sequenceSeconds, sizes, p50, p99, promisedMilliseconds, holds };
  } finally {
    await sequencer.stop();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const flags = new Set(process.argv.slice(2));
  const figures = await measureProofs({ quick: flags.has('--quick') });
  console.table(
    figures.sizes.map(({ entries, p50, p99 }) => ({
      entries,
      'median, ms': p50.toFixed(2),
      '99th percentile, ms': p99.toFixed(2),
    })),
  );
  console.log(
    `Loaded in ${figures.insertSeconds.toFixed(1)} s and numbered in ${figures.sequenceSeconds.toFixed(1)} s. ` +
      `The promise is a median under ${promisedMilliseconds} ms: ${figures.holds ? 'it holds' : 'it does NOT hold'}.`,
  );
  if (flags.has('--json')) console.log(JSON.stringify(figures));
  if (!figures.holds) process.exitCode = 1;
}
