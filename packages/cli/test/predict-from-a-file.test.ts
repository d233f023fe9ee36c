import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../src/main.ts';

const id = 'mdl_01jd8x3k2v9q7r5t1w4y6z8abc';
const asked: { type: string | undefined; body: string }[] = [];
let kind = 'registered';
let server: Server;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-cli-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => {
      if (request.method === 'POST') asked.push({ type: request.headers['content-type'], body });
      const predictions = [{ value: 1 }, { value: 2 }];
      const said = { output: { name: 'strength', unit: 'MPa', categories: null }, level: null, predictions };
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify(request.method === 'POST' ? said : { id, kind }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function predict(csv: string): Promise<string> {
  const file = join(folder, 'rows.csv');
  await writeFile(file, csv);
  let text = '';
  const sink = {
    write: (piece: string) => {
      text += piece;
      return true;
    },
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const status = await main(['model', 'predict', id, '--csv', file], {
    ...{ stdout: sink as never, stderr: sink as never, folder: '/' },
    ...{ stdin: (async function* () {})(), env: { GENESIS_URL: url, GENESIS_TOKEN: 'x' } },
    signal: new AbortController().signal,
  });
  expect([status, text]).toEqual([0, text]);
  return text;
}

test('rows of a file go out as texts with their units, whatever a spreadsheet made of them', async () => {
  const text = await predict('\u{feff}"grade"; carbon [%]\r\n304 ;0.2\r\n"316L, new";.5\r\n;\r\n');
  expect(asked.pop()).toEqual({
    type: 'text/csv',
    body: 'grade,carbon [%]\n304,0.2\n"316L, new",.5\n',
  });
  expect(text).toContain('strength (MPa)');
});

test('rows for a surrogate go out as designs, numbers where they look like some', async () => {
  kind = 'surrogate';
  await predict('teos,solvent\n0.2,water\n0.3,oil\n');
  const { type, body } = asked.pop()!;
  expect(type).toBe('application/json');
  expect(JSON.parse(body)).toEqual({
    designs: [
      { teos: 0.2, solvent: 'water' },
      { teos: 0.3, solvent: 'oil' },
    ],
  });
});
