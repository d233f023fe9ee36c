import { expect, test } from 'vitest';
import { dialectOf } from './facilities.ts';

const launch = '/compute/job/{resource_id}';
const key = { post: { parameters: [{ name: 'idempotency-key', in: 'header' }] } };

test('routes, methods and keys are read out of the document of a facility', () => {
  const v2 = dialectOf('here', 'v2', {
    paths: {
      [`/api/v2${launch}`]: key,
      '/api/v2/filesystem/view/{resource_id}': { post: {} },
      '/api/v2/filesystem/viewer/{resource_id}': { post: {} },
      [`/api/v1${launch}`]: { post: {} },
    },
  });
  expect(v2).toMatchObject({ version: 'v2', idempotencyKey: true, listsJobs: true, pieceBytes: 5_242_880 });
  expect(v2.routes.view).toEqual({ method: 'POST', path: '/api/v2/filesystem/view/{resource_id}' });
  expect(v2.routes.rm).toBeNull();
  // paths may be told below the address of the server
  const v1 = dialectOf('here', 'v1', {
    paths: { [launch]: { post: {} }, '/filesystem/rm/{id}': { delete: {} } },
  });
  expect(v1.idempotencyKey).toBe(false);
  expect(v1.routes.launchJob).toEqual({ method: 'POST', path: `/api/v1${launch}` });
  expect(v1.routes.rm).toEqual({ method: 'DELETE', path: '/api/v1/filesystem/rm/{id}' });
});

test('what is known of a facility by its name is added', () => {
  expect(dialectOf('api.alcf.anl.gov', 'v1', { paths: {} }).neededAttributes).toEqual(['filesystems']);
  expect(dialectOf('api.iri.nersc.gov', 'v2', { paths: {} }).listsJobs).toBe(false);
});
