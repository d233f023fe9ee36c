import { GenesisError, idSchema } from '@genesis/contracts';
import { buildEndSessionUrl } from 'openid-client';
import { z } from 'zod';
import type { App } from '../../kernel/index.ts';
import { credentialOf, principalOf } from '../request.ts';
import type { SignInRouteParts } from './routes.ts';
import type { SignIn } from './sign-in.ts';

const tags = ['sign-in'];
const sessionList = z.strictObject({
  sessions: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.string(),
      agent: z.string(),
      createdAt: z.number(),
      lastSeenAt: z.number(),
      endsAt: z.number(),
      current: z.boolean(),
    }),
  ),
});

/** Where to end the session at the provider, as far as that can be told. Signing out here never waits for it. */
async function providerSignOut(signIn: SignIn, issuer: string): Promise<string | null> {
  const provider = signIn.providers.find(({ settings }) => settings.issuer === issuer);
  if (provider === undefined) return null;
  try {
    return await provider.reach(async (configuration) =>
      configuration.serverMetadata().end_session_endpoint === undefined
        ? null
        : buildEndSessionUrl(configuration).href,
    );
  } catch (error) {
    // The failure is logged, and the session here has ended.
    if (error instanceof GenesisError && error.transient) return null;
    throw error;
  }
}

/** Sessions: to see, to end, and to end one's own by signing out. */
export function sessionRoutes(app: App, { signIn, cookies }: SignInRouteParts): void {
  const { sessions } = signIn;
  const currentOf = async (credential: string | undefined) =>
    credential === undefined ? undefined : await sessions.describe(credential);

  app.post(
    '/v1/sign-out',
    {
      schema: {
        tags,
        summary: 'End the session of this request; says where to end it at the provider too',
        response: { 200: z.strictObject({ ended: z.string(), providerSignOut: z.string().nullable() }) },
      },
    },
    async (request, reply) => {
      const current = await currentOf(credentialOf(request));
      if (current === undefined) {
        const message = 'This request has a token, not a session. Revoke the token instead.';
        throw new GenesisError({ code: 'conflict', message });
      }
      await sessions.end(principalOf(request), current.id);
      cookies.clear(reply, 'session');
      return { ended: current.id, providerSignOut: await providerSignOut(signIn, current.issuer) };
    },
  );

  app.get(
    '/v1/sessions',
    { schema: { tags, summary: 'Your own sessions', response: { 200: sessionList } } },
    async (request) => {
      const current = await currentOf(credentialOf(request));
      const all = await sessions.list(principalOf(request).id);
      return { sessions: all.map((one) => ({ ...one, current: one.id === current?.id })) };
    },
  );

  app.get(
    '/v1/principals/:id/sessions',
    {
      schema: {
        tags,
        summary: 'Sessions of somebody (administrators)',
        params: z.strictObject({ id: idSchema('principal') }),
        response: { 200: sessionList },
      },
    },
    async (request) => {
      const current = await currentOf(credentialOf(request));
      const all = await sessions.listOf(principalOf(request), request.params.id);
      return { sessions: all.map((one) => ({ ...one, current: one.id === current?.id })) };
    },
  );

  app.delete(
    '/v1/sessions/:id',
    {
      schema: {
        tags,
        summary: 'End a session: your own, or as an administrator that of a member',
        params: z.strictObject({ id: idSchema('session') }),
        response: { 200: z.strictObject({ done: z.literal(true) }) },
      },
    },
    async (request) => {
      await sessions.end(principalOf(request), request.params.id);
      return { done: true as const };
    },
  );
}
