import { GenesisError, invalidField } from '@genesis/contracts';
import type { FastifyRequest } from 'fastify';
import { type App, type Idempotency, idempotencyKeySchema, requestHash } from '../kernel/index.ts';
import { bottom, type PrincipalFacts } from '../policy/index.ts';
import type { Authenticator } from './ports.ts';

type Bearer = { principal: PrincipalFacts; again: () => Promise<PrincipalFacts | undefined> };
const bearers = new WeakMap<object, Bearer>();

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no token: it shows what is public, and with a token what its holder may see. */
    public?: boolean;
  }
}

/** Somebody without a token: may read and fetch what is public of the catalog, read what is public of the inventory, and nothing else. */
const anonymous: PrincipalFacts = {
  id: 'anonymous',
  kind: 'service',
  organisation: 'anonymous',
  clearance: bottom,
  roles: [],
  tokenScopes: ['compute.read', 'dataset.read', 'dataset.export', 'card.read'],
};

/** Whether nobody stands behind a request. What such a principal may not see is entered nowhere: anybody could fill the ledger. */
export const isAnonymous = (principal: PrincipalFacts): boolean => principal === anonymous;

/** From now on every request of the app must carry a valid bearer token; to public routes it may carry none. */
export function requireAuthentication(app: App, authenticator: Authenticator): void {
  app.addHook('onRequest', async (request) => {
    const header = request.headers.authorization;
    if (header === undefined && request.routeOptions.config.public === true) {
      bearers.set(request, { principal: anonymous, again: async () => anonymous });
      return;
    }
    const bearer = header?.startsWith('Bearer ') === true ? header.slice('Bearer '.length) : undefined;
    const principal = bearer === undefined ? undefined : await authenticator.authenticate(bearer);
    if (principal === undefined) {
      const message =
        header === undefined
          ? 'Send a token: "Authorization: Bearer genesis_tok_...". Its file is named when the server starts.'
          : 'This token is malformed, unknown, expired or revoked. Ask an administrator for a new one.';
      throw new GenesisError({ code: 'unauthenticated', message });
    }
    bearers.set(request, { principal, again: () => authenticator.authenticate(bearer as string) });
  });
}

/** What makes a repetition of this request known: its `Idempotency-Key`, for its principal. Undefined without one. */
export function idempotencyOf(request: FastifyRequest): Idempotency | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = idempotencyKeySchema.safeParse(header);
  if (!key.success) throw invalidField('Idempotency-Key', 'expected 1 to 200 visible ASCII characters');
  const { id } = principalOf(request);
  return { principal: id, key: key.data, hash: requestHash(request.method, request.url, request.body) };
}

/** Who sent the request. */
export function principalOf(request: FastifyRequest): PrincipalFacts {
  const bearer = bearers.get(request);
  if (bearer === undefined) throw new GenesisError({ code: 'unauthenticated', message: 'Send a token.' });
  return bearer.principal;
}

/**
 * Who sent the request, as they are now: for answers that go on for long. A token that was revoked or has expired since,
 * and a clearance or role that was taken away, count from the next look.
 */
export async function principalNow(request: FastifyRequest): Promise<PrincipalFacts> {
  const principal = await bearers.get(request)?.again();
  if (principal === undefined)
    throw new GenesisError({ code: 'unauthenticated', message: 'This token is no longer valid.' });
  return principal;
}
