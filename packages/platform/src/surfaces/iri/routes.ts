import type { Jobs, Projects } from '../../compute/index.ts';
import type { Door } from '../../door/index.ts';
import type { App } from '../../kernel/index.ts';
import { accountOperations } from './account.ts';
import { computeOperations } from './compute.ts';
import { facilityOperations } from './facility.ts';
import { filesystemOperations } from './filesystem.ts';
import { register } from './operation.ts';
import { statusOperations } from './status.ts';
import { storageOperations } from './storage.ts';
import { taskOperations } from './task.ts';
import type { FileTasks } from './tasks/index.ts';
import { asV1, toUrns } from './v1.ts';

type Parts = { door: Door; jobs: Jobs; projects: Projects; tasks: FileTasks };

/**
 * The DOE IRI Facility API over the inventory, the projects and the jobs of this Genesis: version 2 at `/api/v2`, and
 * version 1 at `/api/v1` for clients that know no other.
 */
export function iriRoutes(app: App, parts: Parts): void {
  const operations = [
    ...facilityOperations,
    ...statusOperations,
    ...accountOperations(parts),
    ...computeOperations(parts),
    ...filesystemOperations(parts),
    ...storageOperations(parts),
    ...taskOperations(parts),
  ];
  app.register((inner, _options, done) => {
    // Only here: a form elsewhere is refused for its type.
    inner.removeContentTypeParser('application/json');
    inner.addContentTypeParser('multipart/form-data', (_request, payload, parsed) => parsed(null, payload));
    const parseJson = inner.getDefaultJsonParser('error', 'error');
    inner.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, parsed) => {
      // Clients send no body, and say that it is JSON, where the contract lets it be left out.
      if (body === '') parsed(null, undefined);
      else void parseJson(request, String(body), parsed);
    });
    inner.addHook('preValidation', (request, _reply, next) => {
      if (request.url.startsWith('/api/v1/'))
        for (const given of [request.query, request.body])
          if (typeof given === 'object' && given !== null) toUrns(given as Record<string, unknown>);
      next();
    });
    for (const operation of operations) {
      register(inner as unknown as App, parts.door, { version: 'v2', operation });
      if (!operation.path.startsWith('/storage/'))
        register(inner as unknown as App, parts.door, asV1(operation));
    }
    done();
  });
  app.get('/api/v2/openapi.json', { schema: { hide: true }, config: { public: true } }, () =>
    documentOf(app.swagger() as Document),
  );
}

type Document = { paths: Record<string, unknown>; [field: string]: unknown };

/** The part of the OpenAPI document that is about this API. */
const documentOf = (whole: Document): Document => ({
  ...whole,
  paths: Object.fromEntries(Object.entries(whole.paths).filter(([path]) => path.startsWith('/api/v2/'))),
});
