import { dataOf, type GenesisClient } from '@genesis/client';
import {
  type Checkpoint,
  leafHash,
  MalformedError,
  openNote,
  parseCheckpoint,
  type VerifierKey,
  verifyConsistency,
  verifyInclusion,
} from '@genesis/evidence';
import { StepError } from '../failure.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');

/** A signed checkpoint whose signature holds. */
export type Signed = { note: string; checkpoint: Checkpoint; witnesses: string[] };

/**
 * Reads a checkpoint and checks its signature.
 *
 * @throws StepError when the key has not signed it
 */
export function openCheckpoint(note: string, key: VerifierKey): Signed {
  try {
    const opened = openNote(note, [key]);
    const witnesses = opened.signatures.map(({ name }) => name).filter((name) => name !== key.name);
    return { note, checkpoint: parseCheckpoint(opened.text), witnesses };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new StepError(`The checkpoint does not hold: ${error.message}`);
  }
}

export async function serverKey(client: GenesisClient, signal: AbortSignal): Promise<string> {
  return dataOf(await client.api.GET('/v1/ledger/key', { signal })).verifierKey;
}

/** A fresh checkpoint of the server over everything that is committed. */
export async function freshCheckpoint(
  client: GenesisClient,
  key: VerifierKey,
  signal: AbortSignal,
): Promise<Signed> {
  const { note } = dataOf(await client.api.POST('/v1/ledger/checkpoint', { signal }));
  return openCheckpoint(note, key);
}

/** The proof that a tree of one size grew into one of another; empty where there is nothing to prove. */
export async function consistencyProof(
  client: GenesisClient,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<string[]> {
  if (from === 0 || from >= to) return [];
  const query = { from, to };
  return dataOf(await client.api.GET('/v1/ledger/consistency', { params: { query }, signal })).proof;
}

/**
 * Checks that a ledger only grew since an earlier checkpoint.
 *
 * @throws StepError when it forks from it
 */
export async function assertGrew(
  client: GenesisClient,
  before: Checkpoint,
  now: Checkpoint,
  signal: AbortSignal,
  kind: 'earlier' | 'witnessed' = 'earlier',
): Promise<void> {
  const forks = (why: string) =>
    new StepError(`The ledger ${now.origin} FORKS from the ${kind} checkpoint: ${why}.`);
  if (before.origin !== now.origin) throw forks(`that one is of ${before.origin}`);
  if (now.size < before.size) throw forks(`it has ${now.size} entries, and had ${before.size} then`);
  const proof = (await consistencyProof(client, before.size, now.size, signal)).map(bytes);
  if (!verifyConsistency(before.size, now.size, before.root, now.root, proof)) {
    throw forks(`no proof leads from the tree of ${before.size} entries to the one of ${now.size}`);
  }
}

/** An entry with the proof that a checkpoint covers it, checked here. */
export async function provenEntry(client: GenesisClient, id: string, key: VerifierKey, signal: AbortSignal) {
  const params = { path: { id } };
  const proven = dataOf(await client.api.GET('/v1/ledger/entries/{id}/proof', { params, signal }));
  const { checkpoint } = openCheckpoint(proven.checkpoint, key);
  const leaf = leafHash(Buffer.from(proven.body));
  const holds = verifyInclusion(
    proven.index,
    checkpoint.size,
    leaf,
    proven.proof.map(bytes),
    checkpoint.root,
  );
  if (!holds)
    throw new StepError(`The proof of entry ${id} does not hold: the server does not have it where it says.`);
  return { ...proven, size: checkpoint.size };
}
