import { idSchema, labelSchema, principalKindSchema, roleSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { App } from '../kernel/index.ts';
import type { Administration } from './administer.ts';
import {
  clearSchema,
  grantRoleSchema,
  newOrganisationSchema,
  newPrincipalSchema,
  newTokenSchema,
} from './model.ts';
import { principalOf } from './request.ts';

const tags = ['identity'];
const named = z.strictObject({ id: z.string(), name: z.string() });
const done = z.strictObject({ done: z.literal(true) });
const ok = { done: true as const };
const principalParams = z.strictObject({ id: idSchema('principal') });

export function identityRoutes(app: App, administration: Administration): void {
  app.get(
    '/v1/me',
    {
      schema: {
        tags,
        summary: 'Who you are, with your roles and clearance',
        response: {
          200: z.strictObject({
            id: z.string(),
            kind: principalKindSchema,
            organisation: z.string(),
            clearance: labelSchema,
            roles: z.array(
              z.strictObject({
                organisation: z.string(),
                role: roleSchema,
                expiresAt: z.number().optional(),
              }),
            ),
            tokenScopes: z.array(z.string()),
          }),
        },
      },
    },
    (request) => {
      const { id, kind, organisation, clearance, roles, tokenScopes } = principalOf(request);
      return { id, kind, organisation, clearance, roles: [...roles], tokenScopes: [...tokenScopes] };
    },
  );

  app.post(
    '/v1/organisations',
    {
      schema: {
        tags,
        summary: 'Create an organisation',
        body: newOrganisationSchema,
        response: { 201: named },
      },
    },
    async (request, reply) => {
      const made = await administration.createOrganisation(principalOf(request), request.body);
      return await reply.status(201).send(made);
    },
  );

  app.post(
    '/v1/principals',
    {
      schema: {
        tags,
        summary: 'Create a person, service or agent, without any clearance',
        body: newPrincipalSchema,
        response: { 201: named },
      },
    },
    async (request, reply) =>
      await reply.status(201).send(await administration.createPrincipal(principalOf(request), request.body)),
  );

  app.post(
    '/v1/principals/:id/roles',
    {
      schema: {
        tags,
        summary: 'Give a role in an organisation',
        params: principalParams,
        body: grantRoleSchema,
        response: { 200: done },
      },
    },
    async (request) => {
      await administration.grantRole(principalOf(request), request.params.id, request.body);
      return ok;
    },
  );

  app.put(
    '/v1/principals/:id/clearance',
    {
      schema: {
        tags,
        summary: 'Set what a member of your organisation may read (stewards)',
        params: principalParams,
        body: clearSchema,
        response: { 200: done },
      },
    },
    async (request) => {
      const by = principalOf(request);
      await administration.clear(by, request.params.id, by.organisation, request.body.clearance);
      return ok;
    },
  );

  app.post(
    '/v1/principals/:id/tokens',
    {
      schema: {
        tags,
        summary: 'Make a bearer token; its secret is shown once',
        params: principalParams,
        body: newTokenSchema,
        response: { 201: z.strictObject({ id: z.string(), secret: z.string(), expiresAt: z.string() }) },
      },
    },
    async (request, reply) => {
      const made = await administration.createToken(principalOf(request), request.params.id, request.body);
      return await reply.status(201).send(made);
    },
  );

  app.delete(
    '/v1/delegations/:id',
    {
      schema: {
        tags,
        summary: 'Revoke a delegation: background work under it stops before its next effect',
        params: z.strictObject({ id: idSchema('delegation') }),
        response: { 200: done },
      },
    },
    async (request) => {
      await administration.revokeDelegation(principalOf(request), request.params.id);
      return ok;
    },
  );

  app.delete(
    '/v1/principals/:id/tokens/:token',
    {
      schema: {
        tags,
        summary: 'Revoke a token',
        params: z.strictObject({ id: idSchema('principal'), token: idSchema('token') }),
        response: { 200: done },
      },
    },
    async (request) => {
      await administration.revokeToken(principalOf(request), request.params.id, request.params.token);
      return ok;
    },
  );
}
