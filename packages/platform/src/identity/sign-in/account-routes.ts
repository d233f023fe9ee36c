import { idSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { App } from '../../kernel/index.ts';
import { principalOf } from '../request.ts';
import type { SignInRouteParts } from './routes.ts';

const tags = ['sign-in'];
const done = z.strictObject({ done: z.literal(true) });
const ok = { done: true as const };
const params = z.strictObject({ id: idSchema('principal') });

/** Who is who at a provider, and who is shut out. */
export function accountRoutes(app: App, { signIn: { administration } }: SignInRouteParts): void {
  app.post(
    '/v1/principals/:id/account-links',
    {
      schema: {
        tags,
        summary: 'Name who an existing principal is at a provider: by subject, or by a verified e-mail, once',
        params,
        body: z.strictObject({
          provider: z.string().max(40),
          subject: z.string().min(1).max(255).optional(),
          email: z.email().max(320).optional(),
        }),
        response: { 201: z.strictObject({ id: z.string(), expiresAt: z.string() }) },
      },
    },
    async (request, reply) => {
      const made = await administration.nameLink(principalOf(request), request.params.id, request.body);
      return await reply.status(201).send(made);
    },
  );

  app.delete(
    '/v1/principals/:id/account',
    {
      schema: {
        tags,
        summary: 'Unlink an account, with its sessions; the principal stays',
        params,
        response: { 200: done },
      },
    },
    async (request) => {
      await administration.unlink(principalOf(request), request.params.id);
      return ok;
    },
  );

  app.put(
    '/v1/principals/:id/disabled',
    {
      schema: {
        tags,
        summary: 'Shut somebody out, or let them in again',
        params,
        body: z.strictObject({ disabled: z.boolean() }),
        response: { 200: done },
      },
    },
    async (request) => {
      await administration.disable(principalOf(request), request.params.id, request.body.disabled);
      return ok;
    },
  );
}
