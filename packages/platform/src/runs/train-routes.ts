import { jobResourcesSchema, mostCodeBytes, ownTrainingSchema, relativePathSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../door/index.ts';
import { idempotencyOf, principalOf } from '../identity/index.ts';
import type { App } from '../kernel/index.ts';
import { capabilityName } from './kits/kits.ts';
import type { KitEnvironments } from './kits/prepare.ts';
import type { Kit } from './kits/read-kit.ts';
import { findCapability } from './registry.ts';
import type { Runs } from './runs.ts';
import { submitRunSchema } from './submit-run.ts';

const tags = ['kits'];

const trainSchema = submitRunSchema
  .omit({ capability: true, input: true, purpose: true, model: true })
  .extend({ program: ownTrainingSchema });
/** Base64 takes a third more; the rest is the request itself. */
const mostRequestBytes = Math.ceil((mostCodeBytes * 4) / 3) + 2 * 2 ** 20;

const kitView = z.strictObject({
  name: z.string(),
  version: z.string(),
  summary: z.string(),
  python: z.string(),
  capabilities: z.array(
    z.strictObject({
      /** By this name it is run. */
      capability: z.string(),
      summary: z.string(),
      input: z.record(z.string(), z.unknown()),
      datasets: z.array(z.strictObject({ name: relativePathSchema, summary: z.string() })),
      resources: jobResourcesSchema,
    }),
  ),
  environment: z.strictObject({
    state: z.enum(['ready', 'making', 'absent', 'impossible']),
    key: z.string().nullable(),
    lines: z.array(z.string()),
    problem: z.string().nullable(),
  }),
});

export function trainRoutes(
  app: App,
  { runs, door, environments }: { runs: Runs; door: Door; environments: KitEnvironments },
): void {
  const { kits } = environments;
  const view = async (kit: Kit): Promise<z.output<typeof kitView>> => {
    const { name, version, summary, python, capabilities } = kit.manifest;
    return {
      ...{ name, version, summary, python },
      capabilities: capabilities.map((one) => ({
        ...{ capability: capabilityName(name, one.name), summary: one.summary, input: one.input },
        ...{ datasets: one.datasets, resources: one.resources },
      })),
      environment: await environments.look(kit),
    };
  };

  app.post(
    '/v1/runs/train',
    {
      bodyLimit: mostRequestBytes,
      schema: {
        tags: ['runs'],
        summary:
          'Train with a program of your own on granted data, for the purpose "train"; the same Idempotency-Key gives the same run',
        body: trainSchema,
        response: { 201: z.strictObject({ id: z.string(), repeated: z.boolean() }) },
      },
    },
    async (request, reply) => {
      const key = idempotencyOf(request)?.key;
      return await reply.status(201).send(await runs.train(principalOf(request), request.body, key));
    },
  );

  app.get(
    '/v1/kits',
    {
      schema: {
        tags,
        summary: 'Kits of Python programs, and whether their environments are there',
        response: { 200: z.strictObject({ items: z.array(kitView), problems: z.array(z.string()) }) },
      },
    },
    async () => ({
      items: await Promise.all(kits.list().map(view)),
      problems: [...kits.problems()],
    }),
  );

  const params = z.strictObject({ name: z.string().min(1).max(100) });
  app.get(
    '/v1/kits/:name',
    {
      schema: {
        tags,
        summary: 'A kit, with what is going on in making its environment',
        params,
        response: { 200: kitView },
      },
    },
    async (request) => await view(environments.kitOf(request.params.name)),
  );

  app.post(
    '/v1/kits/:name/prepare',
    {
      schema: {
        tags,
        summary: 'Make the environment of a kit now, and not with its first run; it goes on after the answer',
        params,
        response: { 200: kitView },
      },
    },
    async (request) => {
      const kit = environments.kitOf(request.params.name);
      const [first] = kit.manifest.capabilities;
      const principal = principalOf(request);
      const name = capabilityName(kit.manifest.name, first!.name);
      const { row } = await findCapability(door.authorize(principal, 'explore'), name);
      await door.use(principal, 'capability.read', row.id, 'explore', { prepare: kit.manifest.name });
      environments.prepare(kit);
      return await view(kit);
    },
  );
}
