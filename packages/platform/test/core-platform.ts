import type { Label } from '@genesis/contracts';
import { signatureTypes, signerFromSeed } from '@genesis/evidence';
import { createDoor } from '../src/door/index.ts';
import { type Clock, createIds, createLog } from '../src/kernel/index.ts';
import { createLedgerLog, createSequencer } from '../src/ledger/index.ts';
import { type PrincipalFacts, type ResourceFacts, unrestricted } from '../src/policy/index.ts';
import { freshDatabase } from './test-database.ts';

/** A clock that a test moves. */
export function handClock(start = Date.UTC(2026, 0, 1)): Clock & { advance(milliseconds: number): void } {
  let now = start;
  return {
    now: () => new Date(now),
    sleep: async () => undefined,
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}

/** Door and ledger over a real database, without anything above them. */
export async function corePlatform() {
  const database = await freshDatabase();
  const clock = handClock();
  const ids = createIds(clock);
  const signer = signerFromSeed('test.example/log', signatureTypes.ed25519, Buffer.alloc(32, 1));
  const cosigner = signerFromSeed('test.example/witness', signatureTypes.cosignature, Buffer.alloc(32, 2));
  const sequencer = createSequencer(database, signer, clock, createLog({ level: 'error' }));
  const ledger = createLedgerLog({ database, clock, sequencer, signer, cosigner });
  return { database, clock, ids, sequencer, ledger, door: createDoor({ database, clock, ids }) };
}

export const home = 'org_home';

export const researcher = (clearance: Label = { level: 'public', categories: [] }): PrincipalFacts => ({
  id: `prn_${clearance.level}${clearance.categories.join('')}`,
  kind: 'person',
  organisation: home,
  clearance,
  roles: [{ organisation: home, role: 'researcher' }],
  tokenScopes: ['*'],
});

export const campaignFacts = (id: string, label: Label): ResourceFacts => ({
  kind: 'campaign',
  id,
  organisation: home,
  label,
  conditions: unrestricted,
});
