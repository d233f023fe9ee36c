import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { main } from '../src/main.ts';

const run = 'run_01jd8x3k2v9q7r5t1w4y6z8abc';
const model = 'mdl_01jd8x3k2v9q7r5t1w4y6z8abc';
let server: Server | undefined;
afterEach(() => server?.close());

const ended = (outputs: string[], status = 'succeeded') => ({
  run: {
    ...{ id: run, capability: 'cap_1', status, outcome: null, waitsFor: null, resource: null },
    ...{ label: { level: 'public', categories: [] }, sandboxed: true, createdAt: '', endedAt: '' },
  },
  output: { files: { exitCode: 0, outputs: outputs.map((path) => ({ path, bytes: 1 })) } },
  ...{ attempts: [], plan: null, usage: { coreHours: 0, gpuHours: 0, nodeHours: 0, units: 0 } },
});

/** A server that has trained already; its model is in the list from the `registeredAt`-th look on. */
async function training(over: object, registeredAt: number): Promise<{ url: string; looks: () => number }> {
  let looks = 0;
  const answers: [string, () => unknown][] = [
    [`/v1/runs/${run}/logs`, () => undefined],
    [`/v1/runs/${run}`, () => over],
    ['/v1/runs', () => ({ id: run, repeated: false })],
    ['/v1/kits/', () => ({ capabilities: [{ capability: 'scattering-train', datasets: [] }] })],
    ['/v1/models', () => ({ items: ++looks >= registeredAt ? [{ id: model, run }] : [] })],
  ];
  server = createServer((request, response) => {
    const answer = answers.find(([path]) => request.url?.startsWith(path))?.[1]();
    if (answer === undefined)
      response
        .setHeader('content-type', 'text/event-stream')
        .end('event: end\ndata: {"status":"succeeded"}\n\n');
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, looks: () => looks };
}

async function trained(url: string, ...more: string[]) {
  let stdout = '';
  const sink = {
    write: (text: string) => {
      stdout += text;
      return true;
    },
  };
  const status = await main(['train', 'scattering', ...more], {
    ...{ stdout: sink as never, stderr: { write: () => true } as never, folder: '/' },
    ...{ stdin: (async function* () {})(), env: { GENESIS_URL: url, GENESIS_TOKEN: 'x' } },
    signal: new AbortController().signal,
  });
  return { status, stdout };
}

test('a training waits for its model to be registered, and tells it', async () => {
  const { url, looks } = await training(ended(['model/model.json']), 3);
  const { status, stdout } = await trained(url);
  expect(status).toBe(0);
  expect(looks()).toBe(3);
  expect(stdout).toContain(`Model ${model}: genesis model show ${model}`);
  const json = await trained(url, '--json');
  expect(JSON.parse(json.stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ model });
});

test('a training that left no model, or failed, waits for none', async () => {
  for (const over of [ended(['weights.bin']), ended(['model/model.json'], 'failed')]) {
    const { url, looks } = await training(over, 1);
    const { stdout } = await trained(url, '--json');
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ model: null });
    expect(looks()).toBe(0);
    server?.close();
  }
});
