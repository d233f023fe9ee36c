import { GenesisError, type Purpose } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { asGenesisError } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { RunParts } from './parts.ts';
import { findRun } from './store.ts';
import { run } from './tables.ts';

/** Says for people why a run waits, when it is tried again because of something that passes. */
export async function noteWait(
  parts: RunParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose,
  error: unknown,
): Promise<void> {
  const known = asGenesisError(error);
  if (!(known instanceof GenesisError) || known.failure.code !== 'unavailable') return;
  await note(parts, principal, id, purpose, known.message.slice(0, 2000));
}

/** Says for people what a run waits for, once. */
export async function note(
  parts: RunParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose,
  waitsFor: string,
): Promise<void> {
  const row = await findRun(parts.door.authorize(principal, purpose), id);
  if (row.waitsFor === waitsFor) return;
  await parts.door.perform({ principal, action: 'run.execute', resource: id, purpose }, async (tx) => {
    await tx.update(run).set({ waitsFor }).where(eq(run.id, id));
    return { result: undefined, details: { run: id, waitsFor } };
  });
}
