import { GenesisError } from '@genesis/contracts';
import type { Accounts } from './accounts.ts';
import { personOf } from './claims.ts';
import { type Claims, mapClaims } from './mapping.ts';
import type { Provider } from './provider.ts';
import type { SessionKind, Sessions } from './sessions.ts';

export type SignedIn = { secret: string; endsAt: number; name: string };

/** From checked claims to a session: map, link, apply, begin. Who belongs to no organisation does not come in. */
export async function enterPerson(
  { accounts, sessions }: { accounts: Accounts; sessions: Sessions },
  provider: Provider,
  claims: Claims,
  kind: SessionKind,
  agent: string,
): Promise<SignedIn> {
  const identity = personOf(provider, claims);
  const gift = mapClaims(provider.settings.mapping, claims);
  if (gift === 'none' || gift === 'several') {
    await accounts.leave(identity);
    const belongs =
      gift === 'none' ? 'that you belong to no organisation' : 'that you belong to several organisations';
    const message = `You signed in at "${provider.settings.title}", but what it says of you means ${belongs} here. Ask your operator, who maps claims to organisations.`;
    throw new GenesisError({ code: 'unauthenticated', message });
  }
  const known = await accounts.enter(provider.settings, identity, gift);
  return await sessions.begin(known, kind, agent);
}
