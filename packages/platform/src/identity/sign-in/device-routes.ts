import { idSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { App } from '../../kernel/index.ts';
import type { SignInRouteParts } from './routes.ts';

const tags = ['sign-in'];

/** Sign-in without a browser of one's own: a code to enter elsewhere, and an answer to wait for. */
export function deviceRoutes(app: App, { signIn }: SignInRouteParts): void {
  app.post(
    '/v1/sign-in/:provider/device',
    {
      schema: {
        tags,
        summary: 'Begin to sign in with a code that is entered in a browser elsewhere',
        params: z.strictObject({ provider: z.string().max(40) }),
        response: {
          201: z.strictObject({
            id: z.string(),
            secret: z.string(),
            userCode: z.string(),
            verificationUri: z.string(),
            verificationUriComplete: z.string().optional(),
            expiresInSeconds: z.number(),
            intervalSeconds: z.number(),
          }),
        },
      },
      config: { public: true },
    },
    async (request, reply) => {
      const begun = await signIn.device.begin(signIn.provider(request.params.provider));
      return await reply.status(201).send(begun);
    },
  );

  app.post(
    '/v1/sign-in/:provider/device/:id',
    {
      schema: {
        tags,
        summary: 'Ask whether the code was entered; then the answer has a bearer token, shown this once',
        params: z.strictObject({ provider: z.string().max(40), id: idSchema('signIn') }),
        body: z.strictObject({ secret: z.string().max(100) }),
        response: {
          200: z.discriminatedUnion('state', [
            z.strictObject({ state: z.literal('pending') }),
            z.strictObject({
              state: z.literal('signed-in'),
              token: z.string(),
              name: z.string(),
              endsAt: z.number(),
            }),
          ]),
        },
      },
      config: { public: true },
    },
    async (request) => {
      const { provider, id } = request.params;
      const agent = request.headers['user-agent'] ?? '';
      const done = await signIn.device.poll(signIn.provider(provider), id, request.body.secret, agent);
      if (done === undefined) return { state: 'pending' as const };
      return { state: 'signed-in' as const, token: done.secret, name: done.name, endsAt: done.endsAt };
    },
  );
}
