import { GenesisError, invalidField } from '@genesis/contracts';
import {
  addSignature,
  assembleProof,
  cosign,
  formatNote,
  type Hash,
  MalformedError,
  type NodeCoordinate,
  openNote,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  planConsistency,
  planInclusion,
  type Signer,
  type VerifierKey,
  verifyConsistency,
} from '@genesis/evidence';
import { and, asc, count, eq, inArray } from 'drizzle-orm';
import type { Clock, Database, Tx } from '../kernel/index.ts';
import { readNodes } from './nodes.ts';
import type { Sequencer } from './sequencer.ts';
import { ledgerCheckpoint, ledgerCosignature, ledgerDetail, ledgerEntry, witnessedLog } from './tables.ts';

/** An entry with the proof that it is in the tree of a checkpoint. */
export type ProvenEntry = { id: string; seq: number; body: string; inclusion: Hash[]; size: number };

/** A checkpoint with our cosignature, and the key that checks it. */
export type Witnessed = { note: string; witnessKey: VerifierKey };

export interface LedgerLog {
  /** The key under which checkpoints are signed. */
  readonly key: VerifierKey;
  /** A signed checkpoint over everything committed so far, with the cosignatures that it has. */
  checkpoint(): Promise<{ size: number; note: string }>;
  /** The stored checkpoint of exactly this size. */
  checkpointAt(size: number): Promise<string | undefined>;
  /** Proofs that entries are in the tree of `size`; O(log n) hashes each, two queries for all of them. */
  prove(entries: readonly string[], size: number): Promise<ProvenEntry[]>;
  /** Proof that the tree of `oldSize` is a prefix of that of `newSize`. */
  consistency(oldSize: number, newSize: number): Promise<Hash[]>;
  /** The salts and details behind commitments, where they still exist, by entry. */
  details(entries: readonly string[]): Promise<Map<string, { salt: Buffer; details: unknown }>>;
  /** How many entries say that an act on a thing was allowed. */
  countAllowed(action: string, resource: string): Promise<number>;
  /** Hashes of complete subtrees, in the order asked for. */
  readNodes(nodes: readonly NodeCoordinate[]): Promise<Hash[]>;
  /** Stores a witness's cosignature over one of our checkpoints after checking it against the witness's key. */
  addCosignature(tx: Tx, note: string, verifierKey: string): Promise<void>;
  /**
   * Acts as a witness for another log: checks that `note` extends what was last witnessed for its origin, then cosigns.
   *
   * @throws GenesisError `conflict` when the log forked from what was witnessed before
   */
  witness(tx: Tx, note: string, verifierKey: string, proof: readonly Hash[]): Promise<Witnessed>;
}

type Parts = { database: Database; clock: Clock; sequencer: Sequencer; signer: Signer; cosigner: Signer };

export function createLedgerLog({ database, clock, sequencer, signer, cosigner }: Parts): LedgerLog {
  const { orm } = database;

  async function cosigned(size: number, note: string): Promise<string> {
    const rows = await orm
      .select()
      .from(ledgerCosignature)
      .where(eq(ledgerCosignature.size, size))
      .orderBy(asc(ledgerCosignature.witness), asc(ledgerCosignature.verifierKey));
    return rows.reduce((text, row) => {
      const signature = parseNote(row.line).signatures[0];
      return signature === undefined ? text : formatNote(addSignature(parseNote(text), signature));
    }, note);
  }

  async function checkpointAt(size: number): Promise<string | undefined> {
    const [row] = await orm.select().from(ledgerCheckpoint).where(eq(ledgerCheckpoint.size, size));
    return row === undefined ? undefined : await cosigned(size, row.note);
  }

  async function prove(entries: readonly string[], size: number): Promise<ProvenEntry[]> {
    const { rows } = await database.pool.query<{ id: string; seq: number | null; body: string }>(
      'select id, seq, body from ledger_entry where id = any($1) order by seq',
      [[...entries]],
    );
    const proven = rows.map((row) => {
      if (row.seq === null || row.seq >= size) {
        throw new GenesisError({
          code: 'conflict',
          message: `Entry ${row.id} is not in the tree of size ${size} yet; take a new checkpoint first.`,
        });
      }
      return { id: row.id, seq: row.seq, body: row.body, plan: planInclusion(row.seq, size) };
    });
    if (proven.length < new Set(entries).size) {
      throw new GenesisError({ code: 'not-found', message: 'The ledger has no entry with this id.' });
    }
    const hashes = await readNodes(
      orm,
      proven.flatMap((entry) => entry.plan.nodes),
    );
    let read = 0;
    return proven.map(({ plan, ...entry }) => {
      const own = hashes.slice(read, read + plan.nodes.length);
      read += plan.nodes.length;
      return { ...entry, size, inclusion: assembleProof(plan, own) };
    });
  }

  async function consistency(oldSize: number, newSize: number): Promise<Hash[]> {
    const plan = planConsistency(oldSize, newSize);
    return assembleProof(plan, await readNodes(orm, plan.nodes));
  }

  async function addCosignature(tx: Tx, note: string, verifierKey: string): Promise<void> {
    const key = given('verifierKey', () => parseVerifierKey(verifierKey));
    const opened = given('note', () => openNote(note, [key]));
    const { size } = given('note', () => parseCheckpoint(opened.text));
    const ours = await checkpointAt(size);
    if (ours === undefined || parseNote(ours).text !== opened.text) {
      throw invalidField('note', 'it is not a checkpoint of this ledger');
    }
    const line = opened.signatures.find((one) => one.name === key.name && one.keyId === key.keyId);
    if (line === undefined) throw invalidField('note', 'it holds no signature by the given key');
    await tx
      .insert(ledgerCosignature)
      .values({
        size,
        witness: key.name,
        verifierKey,
        line: formatNote({ text: opened.text, signatures: [line] }),
      })
      .onConflictDoNothing();
  }

  async function witness(
    tx: Tx,
    note: string,
    verifierKey: string,
    proof: readonly Hash[],
  ): Promise<Witnessed> {
    const key = given('verifierKey', () => parseVerifierKey(verifierKey));
    const opened = given('note', () => openNote(note, [key]));
    const next = given('note', () => parseCheckpoint(opened.text));
    const [last] = await tx
      .select()
      .from(witnessedLog)
      .where(eq(witnessedLog.origin, next.origin))
      .for('update');
    if (last !== undefined) {
      const before = parseCheckpoint(parseNote(last.note).text);
      if (last.verifierKey !== verifierKey)
        throw forked(next.origin, 'it is signed by another key than before');
      if (next.size < before.size) {
        throw forked(next.origin, `it has ${next.size} entries, and ${before.size} were witnessed`);
      }
      if (!verifyConsistency(before.size, next.size, before.root, next.root, proof)) {
        throw forked(next.origin, `no proof shows that it continues the tree of size ${before.size}`);
      }
    }
    const at = clock.now().getTime();
    const value = { origin: next.origin, verifierKey, size: next.size, note, at };
    await tx
      .insert(witnessedLog)
      .values(value)
      .onConflictDoUpdate({ target: witnessedLog.origin, set: value });
    const signature = cosign(opened.text, cosigner, Math.floor(at / 1000));
    return { note: formatNote(addSignature(parseNote(note), signature)), witnessKey: cosigner.key };
  }

  return {
    key: signer.key,
    checkpointAt,
    prove,
    consistency,
    addCosignature,
    witness,
    async checkpoint() {
      const { size, note } = await sequencer.flush();
      return { size, note: await cosigned(size, note) };
    },
    async details(entries) {
      const rows = await orm
        .select()
        .from(ledgerDetail)
        .where(inArray(ledgerDetail.entry, [...entries]));
      return new Map(rows.map(({ entry, salt, details }) => [entry, { salt, details }]));
    },
    async countAllowed(action, resource) {
      const [row] = await orm
        .select({ entries: count() })
        .from(ledgerEntry)
        .where(
          and(
            eq(ledgerEntry.resource, resource),
            eq(ledgerEntry.action, action),
            eq(ledgerEntry.effect, 'allow'),
          ),
        );
      return row?.entries ?? 0;
    },
    readNodes: (nodes) => readNodes(orm, nodes),
  };
}

/** What somebody sent and cannot be read is their mistake, and named. */
function given<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw invalidField(field, error.message, { cause: error });
  }
}

const forked = (origin: string, why: string): GenesisError =>
  new GenesisError({
    code: 'conflict',
    message: `The ledger ${origin} forks from what was witnessed: ${why}.`,
  });
