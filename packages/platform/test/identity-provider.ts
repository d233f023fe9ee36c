import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

/** Somebody who can sign in at the test provider, by the login alone. `claims` are told as they are. */
export type TestAccount = { login: string; claims: Record<string, unknown> };
/** A client without redirect addresses is a service. */
export type TestClient = { id: string; secret: string; redirectUris?: string[] };
type TokenAnswer = Record<string, unknown> & { id_token?: string };

export type TestIdentityProvider = {
  issuer: string;
  /** Signs with the provider's own key: for tokens that it would never issue. */
  sign: (claims: JWTPayload, header?: { kid?: string; typ?: string }) => Promise<string>;
  /** The public key, as its JWKS has it. */
  publicKey: Record<string, unknown>;
  /** Changes what the token endpoint answers, until it is set to undefined. */
  tamper: { answer: ((answer: TokenAnswer) => Promise<TokenAnswer> | TokenAnswer) | undefined };
  /** How often each path was asked for. */
  asked: Map<string, number>;
  /** A JWT access token for a service, by client credentials; without an audience an opaque one. */
  serviceToken(client: TestClient, audience?: string): Promise<string>;
  close(): Promise<void>;
};

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const loginPage = (action: string): string => `<!doctype html>
<html lang="en"><head><title>Sign in</title></head><body><main><h1>Sign in at the test provider</h1>
<form method="post" action="${action}"><label>Login <input name="login" autofocus></label> <button type="submit">Sign in</button></form>
</main></body></html>`;

async function readForm(request: AsyncIterable<Buffer>): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

/** Everything that a client asks for is granted: consent is not what is tested. */
async function grantAll(ctx: {
  oidc: {
    client?: { clientId: string } | undefined;
    session?: { accountId?: string | undefined; grantIdFor(client: string): string | undefined } | undefined;
    provider: Provider;
  };
}) {
  const { client, session, provider } = ctx.oidc;
  const accountId = session?.accountId;
  if (client === undefined || accountId === undefined) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId });
  grant.addOIDCScope('openid profile email groups');
  await grant.save();
  return grant;
}

/**
 * A real OpenID provider on this machine: a login page with one field (`login`) and a button, no consent page, device
 * sign-in, client credentials, one RSA key. Scopes: openid, profile (name), email, groups.
 */
export async function startIdentityProvider(options: {
  accounts: readonly TestAccount[];
  clients: readonly TestClient[];
  port?: number;
}): Promise<TestIdentityProvider> {
  const accounts = new Map(options.accounts.map(({ login, claims }) => [login, claims]));
  const pair = await generateKeyPair('RS256', { extractable: true });
  const kid = 'test-key';
  const key = { ...(await exportJWK(pair.privateKey)), kid, alg: 'RS256', use: 'sig' };
  const publicKey = { ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256', use: 'sig' };
  const asked = new Map<string, number>();
  const tamper: TestIdentityProvider['tamper'] = { answer: undefined };

  const server = createServer();
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const provider = new Provider(issuer, {
    clients: options.clients.map(({ id, secret, redirectUris }) => ({
      client_id: id,
      client_secret: secret,
      redirect_uris: redirectUris ?? [],
      response_types: redirectUris === undefined ? [] : ['code'],
      grant_types: redirectUris === undefined ? ['client_credentials'] : ['authorization_code', deviceGrant],
    })),
    findAccount: (_ctx, sub) => {
      const claims = accounts.get(sub);
      return claims && { accountId: sub, claims: () => ({ ...claims, sub }) };
    },
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    scopes: ['openid', 'profile', 'email', 'groups'],
    jwks: { keys: [key as never] },
    cookies: { keys: ['a key for tests'] },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: (ctx) => grantAll(ctx as never),
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => [],
        getResourceServerInfo: (_ctx, audience) => ({
          scope: '',
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: {
      AccessToken: 600,
      ClientCredentials: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
      Grant: 600,
      DeviceCode: 600,
    },
  });
  provider.use(async (ctx, next) => {
    await next();
    const { oidc } = ctx as unknown as { oidc?: { route: string } };
    if (oidc?.route === 'token' && tamper.answer !== undefined && ctx.status === 200)
      ctx.body = await tamper.answer(ctx.body as TokenAnswer);
  });
  const answer = provider.callback();

  server.on('request', (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    if (!path.startsWith('/interaction/')) {
      void answer(request, response);
      return;
    }
    void (async () => {
      const login = request.method === 'POST' ? (await readForm(request)).get('login') : null;
      if (login !== null && accounts.has(login)) {
        await provider.interactionFinished(request, response, { login: { accountId: login } });
        return;
      }
      response.writeHead(200, { 'content-type': 'text/html' }).end(loginPage(path));
    })().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });

  return {
    issuer,
    publicKey,
    tamper,
    asked,
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, ...header }).sign(pair.privateKey),
    async serviceToken({ id, secret }, audience) {
      const form = new URLSearchParams({ grant_type: 'client_credentials' });
      if (audience !== undefined) form.set('resource', audience);
      const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64');
      const given = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: form,
      });
      const { access_token: token, ...rest } = (await given.json()) as { access_token?: string };
      if (token === undefined) throw new Error(`no token: ${JSON.stringify(rest)}`);
      return token;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
