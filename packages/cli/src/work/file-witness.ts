import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  addSignature,
  cosign,
  formatNote,
  formatVerifierKey,
  parseNote,
  signatureTypes,
  signerFromSeed,
} from '@genesis/evidence';
import { UsageError } from '../failure.ts';

/** A witness in a file: its signing seed, and the newest checkpoint of each ledger that it has seen. */
export type WitnessFile = {
  name: string;
  seed: string;
  ledgers: Record<string, { verifierKey: string; note: string }>;
};

const isWitness = (value: unknown): value is WitnessFile => {
  const { name, seed, ledgers } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof name === 'string' && typeof seed === 'string' && typeof ledgers === 'object' && ledgers !== null
  );
};

/** Reads a witness, or makes a new one where the file is missing. */
export async function readWitness(path: string): Promise<WitnessFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const name = `genesis.invalid/file-witness-${randomBytes(6).toString('hex')}`;
    return { name, seed: randomBytes(32).toString('base64'), ledgers: {} };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is not a witness file: it is not JSON`, { cause: error });
  }
  if (!isWitness(value))
    throw new UsageError(`${path} is not a witness file: expected name, seed and ledgers`);
  return value;
}

/** The checkpoint of a ledger that a witness has seen last; undefined where it has seen none. */
export async function witnessedNote(path: string, origin: string): Promise<string | undefined> {
  return (await readWitness(path)).ledgers[origin]?.note;
}

/** Writes a witness: only its owner can read it, and never half of it. */
export async function writeWitness(path: string, witness: WitnessFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(witness, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(temporary, path);
}

const signerOf = ({ name, seed }: WitnessFile) =>
  signerFromSeed(name, signatureTypes.cosignature, Buffer.from(seed, 'base64'));

/** The key that checks its cosignatures. */
export const witnessKey = (witness: WitnessFile): string => formatVerifierKey(signerOf(witness).key);

/** The note with the cosignature of the witness, at this time. */
export function cosignNote(witness: WitnessFile, note: string, now: Date): string {
  const parsed = parseNote(note);
  const signature = cosign(parsed.text, signerOf(witness), Math.floor(now.getTime() / 1000));
  return formatNote(addSignature(parsed, signature));
}
