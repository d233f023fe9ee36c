import { GenesisError } from '@genesis/contracts';
import { createRemoteJWKSet, type JWTVerifyGetKey, customFetch as joseFetch } from 'jose';
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  type ServerMetadata,
} from 'openid-client';
import type { Clock, Log } from '../../kernel/index.ts';
import { createBoundedFetch, type FetchLimits, usualLimits } from './bounded-fetch.ts';
import { providerFailure } from './provider-failure.ts';
import type { ProviderSettings } from './settings.ts';

/** Signatures that count. All are asymmetric: whoever can check one cannot make one. */
export const signatureAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Seconds by which the clocks of provider and platform may differ. */
export const toleranceSeconds = 5;

/** How long what a provider says of itself is kept, and how soon after a failure it is asked again. */
const freshMs = 3_600_000;
const pauseMs = 2_000;

export interface Provider {
  readonly settings: ProviderSettings;
  /** Does something with the provider. What goes wrong becomes a GenesisError without a secret, and is logged. */
  reach<T>(use: (configuration: Configuration) => Promise<T>): Promise<T>;
  /** The keys that its tokens are signed with: kept for ten minutes, asked for at most twice a minute. */
  keys(): Promise<JWTVerifyGetKey>;
}

type Known = { configuration: Configuration; keys: JWTVerifyGetKey; at: number };

export function createProvider(
  settings: ProviderSettings,
  parts: { clock: Clock; log: Log; limits?: FetchLimits },
): Provider {
  const { clock, log, limits = usualLimits } = parts;
  const { title, clientId, clientSecret } = settings;
  const issuer = new URL(settings.issuer);
  const boundedFetch = createBoundedFetch(limits);
  const options = {
    [customFetch]: (url: string, init: unknown) => boundedFetch(url, init as RequestInit),
    timeout: limits.milliseconds / 1000,
    // Loopback only: the fetch refuses every other address without TLS.
    execute: issuer.protocol === 'http:' ? [allowInsecureRequests] : [],
  };
  let known: Known | undefined;
  let asking: Promise<Known> | undefined;
  let failed: { error: unknown; at: number } | undefined;

  function authenticationFor({ token_endpoint_auth_methods_supported: methods }: ServerMetadata) {
    if (clientSecret === undefined) return None();
    return methods === undefined || methods.includes('client_secret_basic')
      ? ClientSecretBasic(clientSecret)
      : ClientSecretPost(clientSecret);
  }

  async function discover(): Promise<Known> {
    const found = (await discovery(issuer, clientId, {}, None(), options)).serverMetadata();
    if (found.issuer !== settings.issuer) {
      // The same address in another spelling would be another issuer in tokens and accounts.
      const message = `It calls itself ${found.issuer}: write exactly that as its issuer.`;
      throw new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 60 });
    }
    for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
      if (found[name] === undefined) {
        const message = `It does not say its ${name}.`;
        throw new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 60 });
      }
    }
    const offered = found.id_token_signing_alg_values_supported ?? ['RS256'];
    const server = {
      ...found,
      id_token_signing_alg_values_supported: offered.filter((one) => signatureAlgorithms.includes(one)),
    } as unknown as ServerMetadata;
    const client = { [clockTolerance]: toleranceSeconds };
    const configuration = new Configuration(server, clientId, client, authenticationFor(server));
    configuration[customFetch] = options[customFetch];
    configuration.timeout = options.timeout;
    for (const extend of [...options.execute, enableNonRepudiationChecks]) extend(configuration);
    const keys = createRemoteJWKSet(new URL(server.jwks_uri as string), {
      timeoutDuration: limits.milliseconds,
      cooldownDuration: 30_000,
      cacheMaxAge: 600_000,
      [joseFetch]: boundedFetch,
    });
    return { configuration, keys, at: clock.now().getTime() };
  }

  async function current(): Promise<Known> {
    const now = clock.now().getTime();
    if (known !== undefined && now - known.at < freshMs) return known;
    if (failed !== undefined && now - failed.at < pauseMs) throw failed.error;
    asking ??= discover().finally(() => {
      asking = undefined;
    });
    try {
      known = await asking;
      failed = undefined;
      return known;
    } catch (error) {
      failed = { error, at: clock.now().getTime() };
      throw error;
    }
  }

  function fail(error: unknown): never {
    const failure = providerFailure(title, error);
    log.warn({ provider: settings.name }, failure.message);
    throw failure;
  }

  return {
    settings,
    async reach(use) {
      try {
        return await use((await current()).configuration);
      } catch (error) {
        return fail(error);
      }
    },
    async keys() {
      try {
        return (await current()).keys;
      } catch (error) {
        return fail(error);
      }
    },
  };
}
