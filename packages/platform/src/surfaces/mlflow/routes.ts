import { z } from 'zod';
import type { App } from '../../kernel/index.ts';
import type { TrackingParts } from '../../tracking/index.ts';
import { artifactRoutes } from './artifacts.ts';
import { answerError, noEndpoint } from './errors.ts';
import { experimentOperations } from './experiments.ts';
import { loggedModelOperations } from './logged-models.ts';
import { metricOperations } from './metrics.ts';
import { type CallerOf, register } from './operation.ts';
import { registryOperations } from './registry.ts';
import { runOperations } from './runs.ts';
import { otherOperations } from './unsupported.ts';

const operations = [
  ...experimentOperations,
  ...runOperations,
  ...metricOperations,
  ...loggedModelOperations,
  ...registryOperations,
  ...otherOperations,
];

/**
 * MLflow's tracking REST API, as its Python client calls it, over the tracking of this Genesis: `MLFLOW_TRACKING_URI` is the
 * address of the platform, `MLFLOW_TRACKING_TOKEN` a token of its own. Everything else about tracking stays behind the door.
 */
export function mlflowRoutes(app: App, parts: TrackingParts, callerOf: CallerOf): void {
  app.register((scope, _options, done) => {
    const inner = scope as unknown as App;
    inner.setErrorHandler(answerError);
    inner.removeContentTypeParser('application/json');
    const parseJson = inner.getDefaultJsonParser('error', 'error');
    inner.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, parsed) => {
      // Clients send no body, and say that it is JSON, where they have nothing to say.
      if (body === '') parsed(null, undefined);
      else void parseJson(request, String(body), parsed);
    });
    for (const operation of operations) register(inner, parts, callerOf, operation);
    const schema = { hide: true, params: z.any(), querystring: z.any() };
    for (const path of ['/api/2.0/mlflow/*', '/api/3.0/mlflow/*']) {
      inner.get(path, { schema }, noEndpoint);
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const)
        inner.route({ method, url: path, schema: { ...schema, body: z.any() }, handler: noEndpoint });
    }
    done();
  });
  artifactRoutes(app, parts, callerOf);
}
