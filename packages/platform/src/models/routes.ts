import { idSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../door/index.ts';
import { principalOf } from '../identity/index.ts';
import type { App } from '../kernel/index.ts';
import { cardOf } from './card.ts';
import type { Models } from './models.ts';
import { modelView, view } from './views.ts';

const tags = ['models'];
const params = z.strictObject({ id: idSchema('model') });

export function modelRoutes(app: App, parts: { models: Models; door: Door }): void {
  const { models, door } = parts;

  app.get(
    '/v1/models',
    {
      schema: {
        tags,
        summary: 'The newest models that you may see',
        querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
        response: { 200: z.strictObject({ items: z.array(modelView) }) },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), 'infer');
      const found = await models.list(scope, request.query.limit);
      await door.noteUse(
        scope,
        'model.read',
        found.map(({ facts }) => facts),
      );
      return { items: found.map(({ row, facts }) => view(row, facts)) };
    },
  );

  app.get(
    '/v1/models/:id',
    { schema: { tags, summary: 'A model version', params, response: { 200: modelView } } },
    async (request) => {
      const { scope } = await door.use(principalOf(request), 'model.read', request.params.id, 'infer');
      const { row, facts } = await models.find(scope, request.params.id);
      return view(row, facts);
    },
  );

  app.get(
    '/v1/models/:id/card',
    {
      schema: {
        tags,
        summary: 'The model card, as Markdown with front matter',
        params,
        produces: ['text/markdown'],
      },
    },
    async (request, reply) => {
      const { scope } = await door.use(principalOf(request), 'model.read', request.params.id, 'infer');
      const { row, facts } = await models.find(scope, request.params.id);
      return await reply.type('text/markdown; charset=utf-8').send(cardOf(row, facts));
    },
  );
}
