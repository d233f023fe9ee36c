import { conditionsSchema, idSchema, labelSchema, sha256Schema } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../../door/index.ts';
import { idempotencyOf, principalOf } from '../../identity/index.ts';
import { type App, type Cursors, pageOf, pageQuery, toPage } from '../../kernel/index.ts';
import type { Catalog } from '../catalog.ts';
import { jobView } from '../views.ts';
import { harvestKinds, harvestRequestSchema, harvestStates } from './model.ts';
import type { RemoteRow, SourceRow } from './store.ts';

const tags = ['harvest'];
const count = z.int().min(0);
const governed = {
  organisation: z.string().nullable(),
  label: labelSchema,
  conditions: conditionsSchema,
};

const sourceView = z.strictObject({
  id: z.string(),
  url: z.string(),
  kind: z.enum(harvestKinds),
  ...governed,
  state: z.enum(harvestStates),
  /** Harvests so far, the one in progress included. */
  runs: count,
  counts: z.strictObject({ seen: count, added: count, changed: count, vanished: count }),
  /** Why the newest harvest failed. */
  failure: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
});

const remoteView = z.strictObject({
  id: z.string(),
  source: z.string(),
  /** The address that it was read from. */
  origin: z.string(),
  remoteId: z.string(),
  name: z.string(),
  description: z.string(),
  publisher: z.string(),
  keywords: z.array(z.string()),
  licences: z.array(z.string()),
  /** Who may use it, in the words of the other catalog. */
  access: z.string(),
  page: z.string().nullable(),
  modified: z.string().nullable(),
  files: z.array(
    z.strictObject({
      name: z.string(),
      url: z.string(),
      mediaType: z.string().nullable(),
      bytes: count.nullable(),
      sha256: sha256Schema.nullable(),
    }),
  ),
  ...governed,
  hash: sha256Schema,
  harvestedAt: z.string(),
  /** When a whole harvest did not find it any more. */
  vanishedAt: z.string().nullable(),
});

const time = (at: number): string => new Date(at).toISOString();
const timeOrNull = (at: number | null): string | null => (at === null ? null : time(at));

const viewSource = ({ facts, source }: SourceRow): z.output<typeof sourceView> => ({
  ...{ id: source.id, url: source.url, kind: source.kind, state: source.state, runs: source.run },
  ...{ organisation: facts.organisation, label: facts.label, conditions: facts.conditions },
  ...{
    counts: source.counts,
    failure: source.failure && { code: source.failure.code, message: source.failure.message },
  },
  ...{ startedAt: timeOrNull(source.startedAt), endedAt: timeOrNull(source.endedAt) },
});

const viewRemote = ({ facts, remote }: RemoteRow): z.output<typeof remoteView> => ({
  ...{ id: remote.id, source: remote.source, origin: remote.origin, ...remote.record },
  ...{ organisation: facts.organisation, label: facts.label, conditions: facts.conditions },
  ...{ hash: remote.hash, harvestedAt: time(remote.harvestedAt), vanishedAt: timeOrNull(remote.vanishedAt) },
});

const position = z.strictObject({ harvestedAt: z.number(), id: z.string() });
const sourceParams = z.strictObject({ id: idSchema('harvest') });
const remoteParams = z.strictObject({ id: idSchema('remote') });

/** Other catalogs and what they say. Their data stays there until somebody fetches a file. */
export function harvestRoutes(app: App, parts: { catalog: Catalog; door: Door; cursors: Cursors }): void {
  const { catalog, door, cursors } = parts;

  app.post(
    '/v1/harvests',
    {
      schema: {
        tags,
        summary: 'Register a catalog to harvest; nothing is asked there yet',
        body: harvestRequestSchema,
        response: { 201: sourceView },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const id = await catalog.addSource(principal, request.body, idempotencyOf(request));
      return await reply
        .status(201)
        .send(viewSource(await catalog.findSource(door.authorize(principal, 'explore'), id)));
    },
  );

  app.get(
    '/v1/harvests',
    {
      schema: {
        tags,
        summary: 'Catalogs that are harvested, newest first',
        response: { 200: z.strictObject({ items: z.array(sourceView) }) },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), 'explore');
      const rows = await catalog.listSources(scope);
      await door.noteUse(
        scope,
        'dataset.read',
        rows.map(({ facts }) => facts),
      );
      return { items: rows.map(viewSource) };
    },
  );

  app.get(
    '/v1/harvests/:id',
    {
      schema: { tags, summary: 'How far a harvest is', params: sourceParams, response: { 200: sourceView } },
    },
    async (request) =>
      viewSource(
        await catalog.findSource(door.authorize(principalOf(request), 'explore'), request.params.id),
      ),
  );

  app.post(
    '/v1/harvests/:id/run',
    {
      schema: {
        tags,
        summary: 'Harvest a catalog: descriptions only, in the background',
        params: sourceParams,
        response: { 202: sourceView },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      await catalog.runSource(principal, id, idempotencyOf(request));
      return await reply
        .status(202)
        .send(viewSource(await catalog.findSource(door.authorize(principal, 'explore'), id)));
    },
  );

  app.get(
    '/v1/remote-datasets',
    {
      schema: {
        tags,
        summary: 'Datasets of other catalogs that you may know of, the newest news first',
        querystring: z.strictObject({
          ...pageQuery,
          source: idSchema('harvest').exactOptional(),
          vanished: z.enum(['true', 'false']).default('false'),
        }),
        response: { 200: pageOf(remoteView) },
      },
    },
    async (request) => {
      const { limit, cursor, source, vanished } = request.query;
      const scope = door.authorize(principalOf(request), 'explore');
      const rows = await catalog.listRemotes(scope, {
        limit: limit + 1,
        vanished: vanished === 'true',
        ...(source === undefined ? {} : { source }),
        ...(cursor === undefined ? {} : { after: cursors.decode('remotes', cursor, position) }),
      });
      await door.noteUse(
        scope,
        'dataset.read',
        rows.slice(0, limit).map(({ facts }) => facts),
      );
      return toPage(rows, limit, viewRemote, ({ remote }) =>
        cursors.encode('remotes', { harvestedAt: remote.harvestedAt, id: remote.id }),
      );
    },
  );

  app.get(
    '/v1/remote-datasets/:id',
    {
      schema: {
        tags,
        summary: 'A dataset of another catalog, as it was harvested',
        params: remoteParams,
        response: { 200: remoteView },
      },
    },
    async (request) => viewRemote(await catalog.showRemote(principalOf(request), request.params.id)),
  );

  app.post(
    '/v1/remote-datasets/:id/fetch',
    {
      schema: {
        tags,
        summary: 'Import a file of a remote dataset, under its label and conditions',
        params: remoteParams,
        body: z.strictObject({
          /** Its place in the list of files, from 0. */
          file: z.int().min(0).default(0),
          name: z.string().trim().min(1).max(200).exactOptional(),
        }),
        response: { 202: jobView },
      },
    },
    async (request, reply) =>
      await reply
        .status(202)
        .send(
          await catalog.fetchRemote(
            principalOf(request),
            { remote: request.params.id, ...request.body },
            idempotencyOf(request),
          ),
        ),
  );
}
