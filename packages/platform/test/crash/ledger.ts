import { openNote, parseCheckpoint, parseVerifierKey, verifyConsistency } from '@genesis/evidence';
import { call } from './client.ts';
import { Lost } from './scenario.ts';

export type Checkpoint = { size: number; root: Uint8Array };

/** The ledger continues every tree that was ever signed. */
export async function checkLedger(
  server: { url: string },
  token: string,
  last: Checkpoint | undefined,
): Promise<Checkpoint> {
  const { verifierKey } = await call<{ verifierKey: string }>(server.url, token, 'GET', '/v1/ledger/key');
  const { note } = await call<{ note: string }>(server.url, token, 'POST', '/v1/ledger/checkpoint');
  const now = parseCheckpoint(openNote(note, [parseVerifierKey(verifierKey)]).text);
  if (last !== undefined) {
    const path = `/v1/ledger/consistency?from=${last.size}&to=${now.size}`;
    const { proof } = await call<{ proof: string[] }>(server.url, token, 'GET', path);
    const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
    if (!verifyConsistency(last.size, now.size, last.root, now.root, hashes)) {
      throw new Lost(`the ledger of size ${now.size} does not continue that of size ${last.size}`);
    }
  }
  return now;
}
