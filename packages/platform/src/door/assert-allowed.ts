import { GenesisError } from '@genesis/contracts';
import type { Door, WriteRequest } from './door.ts';

/**
 * Refuses before anything happens what later steps would refuse. A refusal is the door's own, so it is entered in the
 * ledger like any other, and what may not be known of is `not-found`; an allowed request leaves no trace here.
 */
export async function assertAllowed(door: Door, requests: readonly WriteRequest[]): Promise<void> {
  for (const request of requests) {
    const foreseen = await door.foresee(request);
    if (foreseen?.decision.effect === 'allow') continue;
    await door.perform(request, async () => {
      throw new GenesisError({
        code: 'conflict',
        message: 'What is allowed has changed in the meantime: try again.',
      });
    });
  }
}
