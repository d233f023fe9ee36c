import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { PrincipalDirectory } from '../../door/index.ts';
import { unvouched } from '../../door/index.ts';
import type { Clock } from '../../kernel/index.ts';
import { bottom, type PrincipalFacts } from '../../policy/index.ts';
import type { Authenticator } from '../ports.ts';
import type { Accounts } from './accounts.ts';
import type { Provider } from './provider.ts';
import { signatureAlgorithms, toleranceSeconds } from './provider.ts';
import { providerFailure } from './provider-failure.ts';
import type { ServiceClient } from './settings.ts';

const mostCharacters = 8_192;

/** The issuer and the type of what looks like a JWT, before anything in it is believed. */
function looksLike(bearer: string): { issuer: string; type: string } | undefined {
  if (bearer.length > mostCharacters || bearer.split('.').length !== 3) return undefined;
  try {
    const { iss } = decodeJwt(bearer);
    const { typ } = decodeProtectedHeader(bearer);
    return iss === undefined ? undefined : { issuer: iss, type: (typ ?? '').toLowerCase() };
  } catch {
    return undefined;
  }
}

/**
 * The mapped client that got the token for itself; a token on behalf of a person is nobody's here. One that is bound to
 * a key (`cnf`) counts only with a proof of that key, which is not taken here.
 */
function clientOf(clients: readonly ServiceClient[], claims: JWTPayload): ServiceClient | undefined {
  if (claims['cnf'] !== undefined) return undefined;
  const id = claims['client_id'] ?? claims['azp'];
  return clients.find(({ clientId, subject }) => clientId === id && claims.sub === (subject ?? clientId));
}

/**
 * Access tokens that a provider issued to a mapped service (client credentials): signature by its published keys,
 * issuer, audience, time, type and algorithm are checked on every request. Opaque tokens are not asked about.
 */
export function createServiceAuthenticator(parts: {
  providers: readonly Provider[];
  accounts: Accounts;
  directory: PrincipalDirectory;
  clock: Clock;
}): Authenticator {
  const { providers, accounts, directory, clock } = parts;

  async function verified(
    provider: Provider,
    bearer: string,
    audience: string,
  ): Promise<JWTPayload | undefined> {
    const keys = await provider.keys();
    try {
      const { payload } = await jwtVerify(bearer, keys, {
        issuer: provider.settings.issuer,
        audience,
        algorithms: signatureAlgorithms,
        clockTolerance: toleranceSeconds,
        currentDate: clock.now(),
        requiredClaims: ['exp', 'iat', 'sub'],
      });
      return payload;
    } catch (error) {
      const unreachable = error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError);
      // Of a token that fails a check the caller learns no more than of an unknown one.
      if (!unreachable && error.code !== errors.JOSEError.code) return undefined;
      throw providerFailure(
        provider.settings.title,
        unreachable ? error : new Error('its keys are not understood'),
      );
    }
  }

  return {
    async authenticate(bearer): Promise<PrincipalFacts | undefined> {
      const shape = looksLike(bearer);
      const provider = providers.find(({ settings }) => settings.issuer === shape?.issuer);
      const services = provider?.settings.services;
      if (shape === undefined || provider === undefined || services === undefined) return undefined;
      const types =
        services.tokenType === 'at+jwt' ? ['at+jwt', 'application/at+jwt'] : ['at+jwt', 'jwt', ''];
      if (!types.includes(shape.type)) return undefined;
      const claims = await verified(provider, bearer, services.audience);
      const client = claims && clientOf(services.clients, claims);
      if (client === undefined) return undefined;
      const { name, organisation, roles, platformRoles, clearance = bottom } = client;
      const known = await accounts.enter(
        provider.settings,
        {
          issuer: provider.settings.issuer,
          subject: client.subject ?? client.clientId,
          ...{ kind: 'service', name, verifiedEmail: undefined },
        },
        { organisation, roles, platformRoles, clearance },
      );
      const facts = await directory.load(known.principal);
      if (facts === undefined) return undefined;
      return { ...(known.uncleared ? unvouched(facts, false) : facts), tokenScopes: ['*'] };
    },
  };
}
