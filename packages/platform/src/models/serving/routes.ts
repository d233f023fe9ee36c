import { designSchema, idSchema, invalidField, labelSchema, type Space } from '@genesis/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Door } from '../../door/index.ts';
import { principalOf } from '../../identity/index.ts';
import type { App } from '../../kernel/index.ts';
import type { Models } from '../models.ts';
import { assertDesigns, type Predict } from '../predict.ts';
import { tableOfArrow } from './read-arrow.ts';
import { readAll, tableOfCsv, tableOfRows } from './read-body.ts';
import type { Serving } from './serving.ts';
import { mostRows, type Table } from './table.ts';

const tags = ['models'];
const params = z.strictObject({ id: idSchema('model') });
const number = z.number().nullable();

const body = z.strictObject({
  /** For what a training run left: an object of names and values for each row. */
  rows: z.array(z.unknown()).min(1).max(mostRows).optional(),
  /** Units of inputs by name. One that is not the model's is refused; nothing is converted. */
  units: z.record(z.string(), z.string()).default({}),
  /** For a surrogate of a campaign. */
  designs: z.array(designSchema).min(1).max(10_000).optional(),
});

const answer = z.strictObject({
  /** Of a surrogate. */
  objective: z.string().optional(),
  unit: z.string().nullable().optional(),
  /** Of what a training run left. */
  model: z.string().optional(),
  name: z.string().optional(),
  version: z.int().optional(),
  label: labelSchema.optional(),
  output: z
    .strictObject({
      name: z.string(),
      unit: z.string().nullable(),
      categories: z.array(z.string()).nullable(),
    })
    .optional(),
  level: number.optional(),
  predictions: z.array(
    z.strictObject({
      mean: number.optional(),
      value: z.union([z.number(), z.string()]).nullable().optional(),
      sd: number.optional(),
      low: number.optional(),
      high: number.optional(),
      probabilities: z.array(number).optional(),
      /** Inputs beyond the range of the training data. */
      outside: z.array(z.string()).optional(),
    }),
  ),
});

const readers: Readonly<Record<string, (bytes: Buffer) => Table>> = {
  'text/csv': tableOfCsv,
  'application/vnd.apache.arrow.stream': tableOfArrow,
  'application/vnd.apache.arrow.file': tableOfArrow,
};
const typeOf = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
const json = (payload: unknown): string => JSON.stringify(payload);

/** Starting and stopping to serve, and predictions of every kind of model. */
export function servingRoutes(
  app: App,
  parts: { models: Models; door: Door; predict: Predict; serving: Serving },
): void {
  const { models, door, predict, serving } = parts;
  const tables = new WeakMap<object, Table>();

  for (const [path, act, summary] of [
    ['/v1/models/:id/serve', serving.start, 'Serve a version: from now on it answers predictions'],
    ['/v1/models/:id/serve/stop', serving.stop, 'Stop serving a version'],
  ] as const)
    app.post(
      path,
      { schema: { tags, summary, params, response: { 200: z.strictObject({ served: z.boolean() }) } } },
      async (request) => await act(principalOf(request), request.params.id),
    );

  app.post(
    '/v1/models/:id/predict',
    {
      // Tables come as streams; what validates JSON sees an empty object in their place.
      preValidation: async (request) => {
        const read = Object.hasOwn(readers, typeOf(request)) ? readers[typeOf(request)] : undefined;
        if (read === undefined) return;
        tables.set(request, read(await readAll(request.body as unknown as AsyncIterable<Uint8Array>)));
        request.body = { units: {} };
      },
      schema: {
        tags,
        summary: 'Predictions with their uncertainty, from JSON, CSV or an Arrow stream',
        params,
        body,
        response: { 200: answer },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const { rows, units, designs } = request.body;
      if (designs === undefined) {
        if (rows === undefined && !tables.has(request))
          throw invalidField('body.rows', 'give rows, or designs for a surrogate of a campaign');
        const table = tables.get(request) ?? tableOfRows(rows ?? [], units);
        const said = await serving.predict(principal, id, table);
        return await reply.serializer(json).send(said as never);
      }
      await door.use(principal, 'model.predict', id, 'infer', { designs: designs.length });
      const { row } = await models.find(door.authorize(principal, 'infer'), id);
      if (row.kind !== 'surrogate')
        throw invalidField('body.designs', 'this model was left by a training run: give rows');
      const artifact = await models.artifact(row);
      assertDesigns(artifact.config['space'] as Space, designs);
      const predictions = await predict(artifact, designs);
      return { objective: row.trainedOn.objective, unit: row.trainedOn.unit, predictions };
    },
  );
}
