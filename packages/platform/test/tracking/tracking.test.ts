import { beforeAll, expect, test } from 'vitest';
import { type Person, person } from '../campaign-world.ts';
import { type Server, startServer } from '../noninterference/server.ts';
import { type Mlflow, type MlflowAnswer, mlflowOf } from './mlflow-client.ts';

const internal = { level: 'internal', categories: [] };
let server: Server;
let cleared: Mlflow;
let plain: Mlflow;
let token: string;
let steward: Person;

beforeAll(async () => {
  server = await startServer();
  steward = await person(server, 'steward', { roles: ['steward'] });
  const one = await person(server, 'cleared', { cleared: { by: steward, clearance: internal } });
  token = one.token;
  cleared = mlflowOf(server, token);
  plain = mlflowOf(server, (await person(server, 'plain')).token);
});

const points = (from: number, count: number, key = 'loss') =>
  Array.from({ length: count }, (_, at) => ({
    key,
    value: at / 3,
    timestamp: 1000 + from + at,
    step: from + at,
  }));
type History = { metrics: { value: number | string; step: number }[]; next_page_token?: string };

test('a batch that is sent again, by several at once, neither loses nor doubles a point', async () => {
  const run = await cleared.run(await cleared.experiment('retries'));
  const batches = Array.from({ length: 5 }, (_, at) => ({ run_id: run, metrics: points(at * 500, 1000) }));
  await Promise.all(
    [...batches, ...batches, ...batches].map((batch) => cleared.ask('POST', 'runs/log-batch', batch)),
  );
  const all: number[] = [];
  let page: History | undefined;
  do {
    const query = { run_id: run, metric_key: 'loss', max_results: '700' };
    const more = page?.next_page_token === undefined ? {} : { page_token: page.next_page_token };
    page = await cleared.ask<History>('GET', 'metrics/get-history', { ...query, ...more });
    all.push(...page.metrics.map(({ step }) => step));
  } while (page.next_page_token !== undefined);
  // Batches overlap by half, with other values at the same steps: both are points.
  expect(all).toHaveLength(5000);
  expect(new Set(all).size).toBe(3000);
  const rows = await server.query<{ count: number }>(
    'select count(*)::int as count from tracked_metric where run = $1',
    [run],
  );
  expect(rows[0]!.count).toBe(5000);
  type Run = { run: { data: { metrics: { key: string; step: number; value: number }[] } } };
  const shown = await cleared.ask<Run>('GET', 'runs/get', { run_id: run });
  expect(shown.run.data.metrics).toMatchObject([{ key: 'loss', step: 2999, value: 333 }]);
});

test('one entry of the ledger for a batch, which commits to it', async () => {
  const run = await cleared.run(await cleared.experiment('entries'));
  const count = async () =>
    (
      await server.query<{ count: number }>(
        `select count(*)::int as count from ledger_entry where action = 'tracking.log'`,
      )
    )[0]!.count;
  const before = await count();
  await cleared.ask('POST', 'runs/log-batch', { run_id: run, metrics: points(0, 1000) });
  expect(await count()).toBe(before + 1);
});

test('a batch is whole or not at all', async () => {
  const run = await cleared.run(await cleared.experiment('whole'));
  await cleared.ask('POST', 'runs/log-parameter', { run_id: run, key: 'a', value: '1' });
  const batch = {
    run_id: run,
    metrics: points(0, 10),
    params: [{ key: 'a', value: '2' }],
    tags: [{ key: 't', value: 'x' }],
  };
  expect(await cleared.code('POST', 'runs/log-batch', batch)).toBe('INVALID_PARAMETER_VALUE');
  const history = await cleared.ask<History>('GET', 'metrics/get-history', {
    run_id: run,
    metric_key: 'loss',
  });
  expect(history.metrics).toEqual([]);
});

test('NaN and infinities come back as they were sent', async () => {
  const run = await cleared.run(await cleared.experiment('odd numbers'));
  for (const [step, value] of ['NaN', 'Infinity', '-Infinity', 1e-320, -0.5].entries())
    await cleared.ask('POST', 'runs/log-metric', { run_id: run, key: 'odd', value, timestamp: 5, step });
  const { metrics } = await cleared.ask<History>('GET', 'metrics/get-history', {
    run_id: run,
    metric_key: 'odd',
  });
  expect(metrics.map(({ value }) => value)).toEqual(['NaN', 'Infinity', '-Infinity', 1e-320, -0.5]);
});

test('limits of MLflow', async () => {
  const run = await cleared.run(await cleared.experiment('limits'));
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value: 'v' }));
  const refused = [
    { metrics: points(0, 1001) },
    { params: many(101) },
    { tags: many(101) },
    { metrics: points(0, 1000), params: many(1) },
    { metrics: [{ key: 'x'.repeat(251), value: 1, timestamp: 0 }] },
    { metrics: [{ key: '../x', value: 1, timestamp: 0 }] },
    { metrics: [{ key: 'x', value: 1, timestamp: -1 }] },
    { metrics: [{ key: 'x', value: 'high', timestamp: 1 }] },
    { metrics: [{ key: 'x', value: 1, timestamp: 1e300 }] },
    { metrics: [{ key: 'x', value: 1 }] },
    {
      params: [
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
      ],
    },
    { tags: [{ key: 'genesis.run', value: 'run_x' }] },
    { metrics: 'x' },
  ];
  for (const batch of refused)
    expect(
      await cleared.code('POST', 'runs/log-batch', { run_id: run, ...batch }),
      JSON.stringify(batch).slice(0, 80),
    ).toBe('INVALID_PARAMETER_VALUE');
  await cleared.ask('POST', 'runs/log-batch', {
    run_id: run,
    params: [{ key: 'long', value: 'x'.repeat(7000) }],
  });
  type Run = { run: { data: { params: { value: string }[] } } };
  const shown = await cleared.ask<Run>('GET', 'runs/get', { run_id: run });
  expect(shown.run.data.params[0]!.value).toHaveLength(6000);
});

test('curves, thinned, with the first and the last point', async () => {
  const run = await cleared.run(await cleared.experiment('curves'));
  for (let at = 0; at < 3; at++)
    await cleared.ask('POST', 'runs/log-batch', { run_id: run, metrics: points(at * 1000, 1000) });
  const query = { run_ids: run, metric_key: 'loss', max_results: '100' };
  const { metrics } = await cleared.ask<History>('GET', 'metrics/get-history-bulk-interval', query);
  expect(metrics.length).toBeLessThanOrEqual(102);
  expect([metrics[0]!.step, metrics.at(-1)!.step]).toEqual([0, 2999]);
  const part = await cleared.ask<History>('GET', 'metrics/get-history-bulk-interval', {
    ...query,
    start_step: '10',
    end_step: '20',
  });
  expect(part.metrics.map(({ step }) => step)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  const picture = await cleared.send('GET', `/v1/tracking/runs/${run}/curves.svg`);
  expect(picture.headers['content-type']).toContain('image/svg+xml');
  expect(picture.text).toContain('<title');
});

test('what is hidden answers as what does not exist, everywhere', async () => {
  const experiment = await cleared.experiment('hidden one');
  const run = await cleared.run(experiment);
  await cleared.ask(
    'PUT',
    `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts/a.txt`,
    'secret',
  );
  await cleared.ask('POST', 'registered-models/create', { name: 'hidden name' });
  type Logged = { model: { info: { model_id: string } } };
  const logged = await cleared.ask<Logged>('POST', 'logged-models', { experiment_id: experiment, name: 'm' });
  const model = logged.model.info.model_id;
  const other = (id: string) => id.replace(/.{6}$/, '000000');
  const asks = (e: string, r: string, m: string, name: string): [string, string, (object | string)?][] => [
    ['GET', 'experiments/get', { experiment_id: e }],
    ['POST', 'experiments/update', { experiment_id: e, new_name: 'x' }],
    ['POST', 'experiments/delete', { experiment_id: e }],
    ['POST', 'experiments/set-experiment-tag', { experiment_id: e, key: 'a', value: 'b' }],
    ['GET', 'experiments/get-by-name', { experiment_name: name }],
    ['POST', 'runs/create', { experiment_id: e }],
    ['GET', 'runs/get', { run_id: r }],
    ['POST', 'runs/log-batch', { run_id: r, metrics: points(0, 1) }],
    ['POST', 'runs/log-parameter', { run_id: r, key: 'a', value: '1' }],
    ['POST', 'runs/set-tag', { run_id: r, key: 'a', value: '1' }],
    ['POST', 'runs/delete', { run_id: r }],
    ['POST', 'runs/search', { experiment_ids: [e] }],
    ['POST', 'runs/search', { experiment_ids: [e], filter: `run_id = '${r}'` }],
    ['POST', 'runs/log-inputs', { run_id: r, models: [{ model_id: m }] }],
    ['GET', 'metrics/get-history', { run_id: r, metric_key: 'loss' }],
    ['GET', 'metrics/get-history-bulk-interval', { run_ids: r, metric_key: 'loss' }],
    ['GET', 'artifacts/list', { run_id: r }],
    ['GET', `logged-models/${m}`],
    ['PATCH', `logged-models/${m}`, { status: 'LOGGED_MODEL_READY' }],
    ['POST', 'logged-models/search', { experiment_ids: [e] }],
    ['GET', 'registered-models/get', { name }],
    ['DELETE', 'registered-models/delete', { name }],
    ['POST', 'model-versions/create', { name, source: `mlflow-artifacts:/${e}/${r}/artifacts/a.txt` }],
    ['GET', `/api/2.0/mlflow-artifacts/artifacts/${e}/${r}/artifacts/a.txt`],
    ['PUT', `/api/2.0/mlflow-artifacts/artifacts/${e}/${r}/artifacts/b.txt`, 'x'],
    ['DELETE', `/api/2.0/mlflow-artifacts/artifacts/${e}/${r}/artifacts/a.txt`],
    ['GET', '/api/2.0/mlflow-artifacts/artifacts', { path: `${e}/${r}/artifacts` }],
    ['GET', `/v1/tracking/runs/${r}`],
    ['GET', `/v1/tracking/runs/${r}/curves`],
    ['GET', `/v1/tracking/runs/${r}/curves.svg`],
  ];
  const hidden = asks(experiment, run, model, 'hidden name');
  const unknown = asks(other(experiment), other(run), other(model), 'unknown name');
  const seen = ({ status, text }: MlflowAnswer): string => {
    let all = `${status} ${text.replaceAll(/"requestId":"[^"]*"/g, '')}`;
    for (const id of [experiment, run, model]) all = all.replaceAll(id, 'ID').replaceAll(other(id), 'ID');
    return all.replaceAll(/hidden name|unknown name/g, 'NAME');
  };
  for (const [at, [method, path, content]] of hidden.entries()) {
    const [, otherPath, otherContent] = unknown[at]!;
    const ours = seen(await plain.send(method, path, content));
    expect(ours, `${method} ${path}`).toBe(seen(await plain.send(method, otherPath, otherContent)));
    expect(ours).not.toContain('secret');
  }
  // A hidden name takes no name from others, and adds nothing to what they list.
  type Listed = { experiments?: { name: string }[]; registered_models?: { name: string }[] };
  const listed = await plain.ask<Listed>('POST', 'experiments/search', { max_results: 1000 });
  expect(listed.experiments?.map(({ name }) => name)).not.toContain('hidden one');
  expect(await plain.experiment('hidden one')).not.toBe(experiment);
  await plain.ask('POST', 'registered-models/create', { name: 'hidden name' });
  const names = await plain.ask<Listed>('GET', 'registered-models/search', {});
  expect(names.registered_models?.map(({ name }) => name)).toEqual(['hidden name']);
});

test('a label that is asked for, and one that is not the to be had', async () => {
  const tags = [{ key: 'genesis.label', value: 'internal' }];
  const id = await cleared.experiment('with a label', tags);
  type Shown = { experiment: { tags: { key: string; value: string }[] } };
  const shown = await cleared.ask<Shown>('GET', 'experiments/get', { experiment_id: id });
  expect(shown.experiment.tags).toContainEqual(tags[0]);
  expect(await plain.code('POST', 'experiments/create', { name: 'too high', tags })).toBe(
    'PERMISSION_DENIED',
  );
  const wrong = [{ key: 'genesis.label', value: 'topmost' }];
  expect(await cleared.code('POST', 'experiments/create', { name: 'x', tags: wrong })).toBe(
    'INVALID_PARAMETER_VALUE',
  );
});

test('a version raises the label of its name to that of its artifacts', async () => {
  const open = [{ key: 'genesis.label', value: 'public' }];
  const run = await cleared.run(
    await cleared.experiment('source of a version', [{ key: 'genesis.label', value: 'internal' }]),
  );
  await cleared.ask('POST', 'registered-models/create', { name: 'joined', tags: open });
  expect((await plain.send('GET', 'registered-models/get', { name: 'joined' })).status).toBe(200);
  await cleared.ask('POST', 'model-versions/create', { name: 'joined', source: `runs:/${run}/model` });
  expect((await plain.send('GET', 'registered-models/get', { name: 'joined' })).status).toBe(404);
  for (const source of [
    'file:///etc/passwd',
    's3://bucket/x',
    '/etc',
    `runs:/${run}/../../x`,
    'mlflow-artifacts://host/x',
    'models:/lgm_x/y',
  ])
    expect(await cleared.code('POST', 'model-versions/create', { name: 'joined', source }), source).toBe(
      'INVALID_PARAMETER_VALUE',
    );
});

test('paths of artifacts lead nowhere else', async () => {
  const experiment = await cleared.experiment('paths');
  const run = await cleared.run(experiment);
  const base = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts`;
  const bad = [
    '../x',
    '%2e%2e/x',
    '%2e%2e%2fx',
    'a/%2e%2e/%2e%2e/x',
    'a%5c..%5cx',
    'a%00b',
    'a%23b',
    'a//b',
    './a',
    '%2fetc%2fpasswd',
  ];
  for (const path of bad) {
    const answer = await cleared.send('PUT', `${base}/${path}`, 'x');
    expect([400, 404], `${path}: ${answer.text}`).toContain(answer.status);
  }
  const rows = await server.query<{ path: string }>('select path from tracking_artifact where owner = $1', [
    run,
  ]);
  expect(rows).toEqual([]);
  await cleared.ask('PUT', `${base}/${'long'.repeat(60)}/a%20b.txt`, 'fine');
  const listing = await cleared.ask<{ files: { path: string }[] }>('GET', 'artifacts/list', { run_id: run });
  expect(listing.files).toEqual([{ path: 'long'.repeat(60), is_dir: true }]);
  expect(await cleared.code('PUT', `${base}/${'long'.repeat(60)}`, 'a folder is no file')).toBe(
    'RESOURCE_ALREADY_EXISTS',
  );
  for (const path of [
    '../..',
    `${experiment}`,
    `${experiment}/${run}`,
    `${experiment}/${run}/artifacts/../..`,
  ])
    expect(
      (await cleared.send('GET', '/api/2.0/mlflow-artifacts/artifacts', { path })).status,
    ).toBeGreaterThanOrEqual(400);
});

test('a file is handed out as bytes that no browser shows', async () => {
  const experiment = await cleared.experiment('bytes');
  const run = await cleared.run(experiment);
  const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts/page.html`;
  await cleared.ask('PUT', path, '<script>1</script>');
  const answer = await cleared.send('GET', path);
  expect(answer.text).toBe('<script>1</script>');
  expect(answer.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment',
    'x-content-type-options': 'nosniff',
  });
});

test('hostile bodies cost an error of their own', async () => {
  const run = await cleared.run(await cleared.experiment('hostile'));
  const bodies: [string, number][] = [
    ['{"run_id": ', 400],
    [`{"run_id": "${run}", "__proto__": {"x": 1}}`, 400],
    [`${'['.repeat(5000)}${']'.repeat(5000)}`, 400],
    [`{"run_id": "${run}", "key": "a\\u0000", "value": "b"}`, 400],
    [`{"run_id": "${run}", "key": "a", "value": "${'x'.repeat(17 * 1024 * 1024)}"}`, 413],
  ];
  for (const [body, status] of bodies) {
    const answer = await fetch(`${server.url}/api/2.0/mlflow/runs/set-tag`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    expect(answer.status, body.slice(0, 60)).toBe(status);
    expect(Object.keys((await answer.json()) as object)).toEqual(['error_code', 'message']);
  }
  for (const filter of [
    "tags.a LIKE '\\'",
    "tags.a LIKE '%\\\\%'",
    `name = '${'x'.repeat(30_000)}'`,
    'metrics.a > 1e999',
  ])
    expect(
      (await cleared.send('POST', 'runs/search', { experiment_ids: ['0'], filter })).status,
      filter.slice(0, 40),
    ).toBeLessThan(500);
});

test('without a token, with a wrong one, and off the paths', async () => {
  const nobody = mlflowOf(server, undefined);
  expect(await nobody.code('GET', 'experiments/get', { experiment_id: '0' })).toBe('UNAUTHENTICATED');
  expect(await mlflowOf(server, 'genesis_tok_x').code('GET', 'runs/get', { run_id: 'x' })).toBe(
    'UNAUTHENTICATED',
  );
  expect(await cleared.code('GET', 'no/such')).toBe('ENDPOINT_NOT_FOUND');
  expect(await cleared.code('POST', '/api/3.0/mlflow/traces', {})).toBe('NOT_IMPLEMENTED');
  expect(await cleared.code('POST', '/api/2.0/mlflow-artifacts/mpu/create/x', {})).toBe('NOT_IMPLEMENTED');
});

test('the code of a model is never loaded: bytes that would harm are kept and given back', async () => {
  const experiment = await cleared.experiment('pickles');
  const run = await cleared.run(experiment);
  const harm = "cos\nsystem\n(S'touch /tmp/should-not-be'\ntR.";
  const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts/model/model.pkl`;
  await cleared.ask('PUT', path, harm);
  await cleared.ask('POST', 'registered-models/create', { name: 'pickled' });
  await cleared.ask('POST', 'model-versions/create', { name: 'pickled', source: `runs:/${run}/model` });
  expect((await cleared.send('GET', path)).text).toBe(harm);
});

test('whoever may only read stores no bytes', async () => {
  const experiment = await cleared.experiment('looked at');
  const run = await cleared.run(experiment);
  const auditor = await person(server, 'auditor', {
    roles: ['auditor'],
    cleared: { by: steward, clearance: internal },
  });
  const reader = mlflowOf(server, auditor.token);
  await reader.ask('GET', 'runs/get', { run_id: run });
  const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts/a.txt`;
  expect(await reader.code('PUT', path, 'bytes')).toBe('PERMISSION_DENIED');
  expect(await reader.code('POST', 'runs/log-batch', { run_id: run, metrics: points(0, 1) })).toBe(
    'PERMISSION_DENIED',
  );
  expect(await reader.code('POST', 'experiments/create', { name: 'of an auditor' })).toBe(
    'PERMISSION_DENIED',
  );
});
