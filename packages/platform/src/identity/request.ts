import { GenesisError, invalidField } from '@genesis/contracts';
import type { FastifyRequest } from 'fastify';
import { type App, type Idempotency, idempotencyKeySchema, requestHash } from '../kernel/index.ts';
import { bottom, type PrincipalFacts } from '../policy/index.ts';
import type { Authenticator } from './ports.ts';

type Bearer = {
  principal: PrincipalFacts;
  credential: string | undefined;
  again: () => Promise<PrincipalFacts | undefined>;
};
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

/** How browsers show who they are. */
export interface BrowserCredentials {
  /** The secret of the session cookie of a request. */
  read(request: FastifyRequest): string | undefined;
  /** The origin of this platform as browsers know it. */
  origin(): string;
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A page of another site can make a browser send its cookies, but not another Origin than its own. */
const fromOwnPage = ({ method, headers }: FastifyRequest, browser: BrowserCredentials): boolean =>
  safeMethods.has(method) || (headers.origin !== undefined && headers.origin === browser.origin());

const refusal = (request: FastifyRequest, cookie: string | undefined, own: boolean): GenesisError => {
  const message =
    request.headers.authorization !== undefined
      ? 'This token is malformed, unknown, expired or revoked. Sign in again, or ask an administrator for a new one.'
      : cookie === undefined
        ? 'Sign in, or send a token: "Authorization: Bearer genesis_tok_...". Its file is named when the server starts.'
        : own
          ? 'Your session has ended. Sign in again.'
          : 'This request does not come from a page of this platform, so its cookie does not count.';
  return new GenesisError({ code: 'unauthenticated', message });
};

/**
 * From now on every request of the app must carry a valid bearer token or, where `browser` says how, the cookie of a
 * session; to public routes it may carry none. With a token a cookie is not looked at.
 */
export function requireAuthentication(
  app: App,
  authenticator: Authenticator,
  browser?: BrowserCredentials,
): void {
  app.addHook('onRequest', async (request) => {
    const header = request.headers.authorization;
    const cookie = header === undefined ? browser?.read(request) : undefined;
    const own = browser !== undefined && fromOwnPage(request, browser);
    const bearer = header?.startsWith('Bearer ') === true ? header.slice('Bearer '.length) : undefined;
    const credential = header === undefined && own ? cookie : bearer;
    const again = async () =>
      credential === undefined ? undefined : await authenticator.authenticate(credential);
    const principal = await again();
    if (principal !== undefined) bearers.set(request, { principal, credential, again });
    else if (header === undefined && request.routeOptions.config.public === true)
      bearers.set(request, { principal: anonymous, credential: undefined, again: async () => anonymous });
    else throw refusal(request, cookie, own);
  });
}

/** The secret that the request was authenticated by. */
export const credentialOf = (request: FastifyRequest): string | undefined => bearers.get(request)?.credential;

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
