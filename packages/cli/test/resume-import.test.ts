import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'genesis-resume-'));
const serverFile = fileURLToPath(new URL('../../platform/src/server.ts', import.meta.url));
const launcher = join(import.meta.dirname, '..', 'bin', 'genesis.mjs');
let server: ChildProcess;
let url = '';
let token = '';

const startServer = async (port: string): Promise<void> => {
  const flags = ['--data-folder', join(folder, 'data'), '--port', port, '--log-level', 'error'];
  server = spawn(process.execPath, [serverFile, ...flags, '--until-stdin-closes'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(server.stdout!), 'line')) as [string];
  ({ url } = JSON.parse(line) as { url: string });
};
const ask = async <T>(bearer: string, path: string, body?: object): Promise<T> => {
  const answer = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as T;
};
const offsetOf = async (id: string): Promise<number> => {
  const headers = { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' };
  const answer = await fetch(`${url}/v1/imports/${id}/upload`, { method: 'HEAD', headers });
  return Number(answer.headers.get('upload-offset'));
};
const genesis = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [launcher, ...args, '--json'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: '', GENESIS_URL: url, GENESIS_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

beforeAll(async () => {
  await startServer('0');
  const admin = readFileSync(join(folder, 'data', 'admin.token'), 'utf8').trim();
  const { organisation } = await ask<{ organisation: string }>(admin, '/v1/me');
  const person = { kind: 'person', name: 'researcher', organisation };
  const { id } = await ask<{ id: string }>(admin, '/v1/principals', person);
  await ask(admin, `/v1/principals/${id}/roles`, { organisation, role: 'researcher' });
  ({ secret: token } = await ask<{ secret: string }>(admin, `/v1/principals/${id}/tokens`, { name: 'test' }));
});
afterAll(async () => {
  server.stdin!.end();
  await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

test('an import goes on after the command was killed, and through a restart of the server', async () => {
  const rows = Array.from({ length: 3_000_000 }, (_, i) => `${i},${(i * 7919) % 10_007}`);
  const bytes = Buffer.from(`x,y\n${rows.join('\n')}\n`);
  writeFileSync(join(folder, 'big.csv'), bytes);
  const first = genesis('dataset', 'import', 'big.csv');
  let said = '';
  first.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await expect.poll(() => said, { interval: 20 }).toMatch(/--resume upl_/);
  const id = /--resume (upl_\w+)/.exec(said)![1]!;
  await expect.poll(() => offsetOf(id), { interval: 20 }).toBeGreaterThan(0);
  first.kill('SIGKILL');
  await once(first, 'exit');
  const stands = await offsetOf(id);
  expect(stands).toBeLessThan(bytes.length);

  writeFileSync(join(folder, 'other.csv'), Buffer.concat([bytes, Buffer.from('1,1\n')]));
  const other = genesis('dataset', 'import', 'other.csv', '--resume', id);
  const [why, [refused]] = await Promise.all([text(other.stdout!), once(other, 'exit')]);
  expect(refused).toBe(2);
  expect(why).toContain('is not the file whose sending was begun');

  const second = genesis('dataset', 'import', 'big.csv', '--resume', id);
  const outcome = Promise.all([text(second.stdout!), text(second.stderr!), once(second, 'exit')]);
  server.kill('SIGKILL');
  await once(server, 'exit');
  await pause(1_500);
  await startServer(new URL(url).port);
  const [answer, errors, [status]] = await outcome;
  expect(status, errors).toBe(0);
  const { version } = JSON.parse(answer.trim().split('\n').at(-1)!) as { version: string };
  const { sha256 } = await ask<{ sha256: string }>(token, `/v1/versions/${version}`);
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
}, 240_000);
