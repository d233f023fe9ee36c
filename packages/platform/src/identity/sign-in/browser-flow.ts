import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { GenesisError, invalidField } from '@genesis/contracts';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { Accounts } from './accounts.ts';
import type { Attempts } from './attempts.ts';
import { claimsOf } from './claims.ts';
import { enterPerson, type SignedIn } from './enter.ts';
import type { Provider } from './provider.ts';
import type { Sessions } from './sessions.ts';

/** Seconds that a person has at the provider. */
export const attemptSeconds = 600;

type Kept = { nonce: string; verifier: string; returnPath: string };

const begun = (): GenesisError =>
  new GenesisError({
    code: 'unauthenticated',
    message:
      'This sign-in was not begun in this browser, was finished already, or took too long. Begin again.',
  });

/**
 * A path of this platform to go on to. Anything that a browser could read as another site is refused.
 *
 * @throws GenesisError `invalid-input`
 */
function checkedReturnPath(path: string | undefined, base: string): string {
  if (path === undefined) return '';
  const plain = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}$|^\/$/.test(path);
  if (!plain || URL.parse(path, base)?.origin !== base)
    throw invalidField('return', 'expected a path of this platform, for example /campaigns');
  return path;
}

/** Authorization code with PKCE. Each sign-in belongs to the browser that began it, to one provider, and to one use. */
export function createBrowserFlow(parts: {
  accounts: Accounts;
  sessions: Sessions;
  attempts: Attempts;
  /** Signs the cookie. */
  key: Buffer;
}) {
  const { attempts, key } = parts;
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('base64url');
  const redirectUri = (base: string, { settings }: Provider): string =>
    `${base}/v1/sign-in/${settings.name}/callback`;

  /** Attempt id and binding secret of a cookie that this platform signed. */
  function open(cookie: string | undefined): { id: string; binding: string } | undefined {
    const [id = '', binding = '', mac = ''] = cookie?.split('.') ?? [];
    const wanted = Buffer.from(sign(`${id}.${binding}`));
    const given = Buffer.from(mac);
    return wanted.length === given.length && timingSafeEqual(wanted, given) ? { id, binding } : undefined;
  }

  return {
    /** Where to send the browser, and the cookie that it must come back with. */
    async begin(
      provider: Provider,
      base: string,
      wantedPath: string | undefined,
    ): Promise<{ location: string; cookie: string }> {
      const returnPath = checkedReturnPath(wantedPath, base);
      const [nonce, verifier, state] = [randomNonce(), randomPKCECodeVerifier(), randomState()];
      const binding = randomBytes(32).toString('base64url');
      const challenge = await calculatePKCECodeChallenge(verifier);
      const location = await provider.reach(async (configuration) =>
        buildAuthorizationUrl(configuration, {
          redirect_uri: redirectUri(base, provider),
          scope: provider.settings.scopes.join(' '),
          response_type: 'code',
          code_challenge: challenge,
          code_challenge_method: 'S256',
          state,
          nonce,
        }),
      );
      const kept: Kept = { nonce, verifier, returnPath };
      const id = await attempts.begin({
        ...{ kind: 'browser', provider: provider.settings.name, kept },
        secret: `${binding} ${state}`,
        lifetimeSeconds: attemptSeconds,
      });
      return { location: location.href, cookie: `${id}.${binding}.${sign(`${id}.${binding}`)}` };
    },

    /** Checks what the provider sent the browser back with; the attempt is used up before anything is redeemed. */
    async complete(
      provider: Provider,
      base: string,
      query: Readonly<Record<string, string>>,
      cookie: string | undefined,
      agent: string,
    ): Promise<SignedIn & { returnPath: string }> {
      const opened = open(cookie);
      const state = query['state'];
      if (opened === undefined || state === undefined) throw begun();
      const secret = `${opened.binding} ${state}`;
      const kept = await attempts.take<Kept>('browser', provider.settings.name, opened.id, secret);
      if (kept === undefined) throw begun();
      const url = new URL(redirectUri(base, provider));
      url.search = new URLSearchParams(query).toString();
      const claims = await provider.reach(async (configuration) => {
        const answer = await authorizationCodeGrant(configuration, url, {
          pkceCodeVerifier: kept.verifier,
          expectedState: state,
          expectedNonce: kept.nonce,
          idTokenExpected: true,
        });
        return await claimsOf(configuration, answer);
      });
      const signedIn = await enterPerson(parts, provider, claims, 'browser', agent);
      return { ...signedIn, returnPath: kept.returnPath };
    },
  };
}
