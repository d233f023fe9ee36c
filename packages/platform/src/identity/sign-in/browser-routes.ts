import { GenesisError } from '@genesis/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type App, toOutgoing } from '../../kernel/index.ts';
import { attemptSeconds } from './browser-flow.ts';
import { refusedPage, signedInPage } from './pages.ts';
import type { SignInRouteParts } from './routes.ts';

const tags = ['sign-in'];
const params = z.strictObject({ provider: z.string().max(40) });

const showPage = (reply: FastifyReply, status: number, html: string): FastifyReply =>
  reply
    .status(status)
    .type('text/html; charset=utf-8')
    .serializer((text: unknown) => String(text))
    .send(html);

/** People are here, not programs: what is refused becomes a page with the same status. */
async function orRefusal(
  request: FastifyRequest<{ Params: { provider: string } }>,
  reply: FastifyReply,
  act: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof GenesisError) || error.failure.code === 'internal') throw error;
    const { status, failure } = toOutgoing(error, request as FastifyRequest);
    const again = `/v1/sign-in/${encodeURIComponent(request.params.provider)}`;
    return showPage(reply, status, refusedPage(failure.message, again));
  }
}

/** Sign-in with a browser: there, back, and a page that says who one is. */
export function browserRoutes(app: App, { signIn, cookies, base }: SignInRouteParts): void {
  app.get(
    '/v1/sign-in',
    {
      schema: {
        tags,
        summary: 'The providers that one can sign in with',
        response: {
          200: z.strictObject({
            providers: z.array(z.strictObject({ name: z.string(), title: z.string() })),
          }),
        },
      },
      config: { public: true },
    },
    () => ({ providers: signIn.providers.map(({ settings: { name, title } }) => ({ name, title })) }),
  );

  app.get(
    '/v1/sign-in/:provider',
    {
      schema: {
        tags,
        summary: 'Begin to sign in with a browser: redirects to the provider',
        params,
        querystring: z.strictObject({ return: z.string().max(600).optional() }),
      },
      config: { public: true },
    },
    async (request, reply) =>
      await orRefusal(request, reply, async () => {
        const provider = signIn.provider(request.params.provider);
        const { location, cookie } = await signIn.browser.begin(provider, base(), request.query.return);
        cookies.set(reply, 'sign-in', cookie, attemptSeconds);
        return reply.redirect(location, 303);
      }),
  );

  app.get(
    '/v1/sign-in/:provider/callback',
    {
      // What comes here is the provider's to define; only text of a bounded size is taken.
      schema: { hide: true, params, querystring: z.record(z.string().max(100), z.string().max(4096)) },
      config: { public: true },
    },
    async (request, reply) =>
      await orRefusal(request, reply, async () => {
        const agent = request.headers['user-agent'] ?? '';
        const cookie = cookies.read(request, 'sign-in');
        cookies.clear(reply, 'sign-in');
        const provider = signIn.provider(request.params.provider);
        const done = await signIn.browser.complete(provider, base(), request.query, cookie, agent);
        cookies.set(reply, 'session', done.secret, Math.floor((done.endsAt - Date.now()) / 1000));
        if (done.returnPath !== '') return reply.redirect(base() + done.returnPath, 303);
        return showPage(reply, 200, signedInPage(done.name, new Date(done.endsAt)));
      }),
  );
}
