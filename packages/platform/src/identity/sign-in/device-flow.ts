import { randomBytes } from 'node:crypto';
import { GenesisError } from '@genesis/contracts';
import { genericGrantRequest, initiateDeviceAuthorization, ResponseBodyError } from 'openid-client';
import type { Accounts } from './accounts.ts';
import type { Attempts } from './attempts.ts';
import { claimsOf } from './claims.ts';
import { enterPerson, type SignedIn } from './enter.ts';
import type { Provider } from './provider.ts';
import type { Sessions } from './sessions.ts';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
/** A provider may allow less time, and no more counts. */
const mostSeconds = 1800;

type Kept = { deviceCode: string };

export type DeviceSignIn = {
  /** With `secret`, what the command line asks with. */
  id: string;
  secret: string;
  userCode: string;
  verificationUri: string;
  verificationUriComplete: string | undefined;
  expiresInSeconds: number;
  intervalSeconds: number;
};

const over = (message: string): GenesisError => new GenesisError({ code: 'unauthenticated', message });

/** An address that a person is to open: nothing but a web page. */
function webPage(text: string): string {
  const protocol = URL.parse(text)?.protocol;
  if (protocol === 'https:' || protocol === 'http:') return text;
  const message = 'The provider named no web page for its device sign-in.';
  throw new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 60 });
}

/**
 * RFC 8628, with the platform as the device: the secret of the client and the device code stay here, and the provider
 * is asked no more often than it allows, however often the command line asks.
 */
export function createDeviceFlow(parts: { accounts: Accounts; sessions: Sessions; attempts: Attempts }) {
  const { attempts } = parts;
  return {
    async begin(provider: Provider): Promise<DeviceSignIn> {
      const { name, title, scopes } = provider.settings;
      const answer = await provider.reach(async (configuration) => {
        if (configuration.serverMetadata().device_authorization_endpoint === undefined) {
          const message = `"${title}" has no device sign-in. Sign in with a browser, or use a token.`;
          throw new GenesisError({ code: 'unsupported', message });
        }
        return await initiateDeviceAuthorization(configuration, { scope: scopes.join(' ') });
      });
      const secret = randomBytes(32).toString('base64url');
      const expiresInSeconds = Math.min(Math.max(answer.expires_in, 1), mostSeconds);
      const intervalSeconds = Math.min(Math.max(Math.ceil(answer.interval ?? 5), 1), 60);
      const kept: Kept = { deviceCode: answer.device_code };
      const complete = answer.verification_uri_complete;
      const page = webPage(answer.verification_uri);
      const id = await attempts.begin({
        ...{ kind: 'device', provider: name, secret, kept, intervalSeconds },
        lifetimeSeconds: expiresInSeconds,
      });
      return {
        ...{
          id,
          secret,
          userCode: answer.user_code,
          verificationUri: page,
          expiresInSeconds,
          intervalSeconds,
        },
        verificationUriComplete: complete === undefined ? undefined : webPage(complete),
      };
    },

    /** The session once the person has agreed; undefined while that is open. */
    async poll(provider: Provider, id: string, secret: string, agent: string): Promise<SignedIn | undefined> {
      const kept = await attempts.poll<Kept>(provider.settings.name, id, secret);
      if (kept === 'wait') return undefined;
      if (kept === undefined)
        throw over('This sign-in is unknown, was finished already, or took too long. Begin again.');
      const claims = await provider.reach(async (configuration) => {
        try {
          const answer = await genericGrantRequest(configuration, deviceGrant, {
            device_code: kept.deviceCode,
          });
          return await claimsOf(configuration, answer);
        } catch (error) {
          const code = error instanceof ResponseBodyError ? error.error : undefined;
          if (code === 'authorization_pending') return undefined;
          if (code === 'slow_down') {
            await attempts.slowDown(id);
            return undefined;
          }
          if (code === 'access_denied' || code === 'expired_token') {
            await attempts.forget(id);
            throw over(
              code === 'access_denied' ? 'The sign-in was refused at the provider.' : 'The code has expired.',
            );
          }
          throw error;
        }
      });
      if (claims === undefined) return undefined;
      await attempts.forget(id);
      return await enterPerson(parts, provider, claims, 'command-line', agent);
    },
  };
}
