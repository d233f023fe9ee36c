import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { formatVerifierKey, signatureTypes, signerFromSeed } from '@genesis/evidence';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'genesis-demo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** No home folder, no credentials: what the command needs it makes in its own folder. */
const env = { PATH: process.env['PATH'], HOME: '' };
const launcher = join(import.meta.dirname, '..', 'bin', 'genesis.mjs');
const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [launcher, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });

async function genesis(
  ...args: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = start(...args);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit'),
  ]);
  return { status: status as number | null, stdout, stderr };
}

const lastLine = (output: string): unknown => JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
const serversIn = (place: string): string[] =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('server.ts') && line.includes(place));

type Found = {
  campaign: string;
  arms: { name: string; budget: number; best: number | null }[];
  hypotheses: { statement: string; verdict: string; independence: string; confidence: number }[];
  model: string;
  crate: string;
  key: string;
  report: string;
  seconds: number;
};
let found: Found;
let shown: string;

beforeAll(async () => {
  const run = await genesis('demo', '--quick', '--folder', 'demo', '--json', '--seed', 'test');
  expect(run.status, run.stderr).toBe(0);
  found = lastLine(run.stdout) as Found;
  shown = run.stderr;
}, 240_000);

test('the demonstration ends with one object that says what was found', () => {
  expect(Object.keys(found)).toEqual([
    'campaign',
    'arms',
    'hypotheses',
    'model',
    'crate',
    'key',
    'report',
    'seconds',
  ]);
  expect(found.arms.map(({ name, budget }) => [name, budget])).toEqual([
    ['clever', 8],
    ['random', 8],
  ]);
  for (const { best } of found.arms) expect(best).toBeGreaterThan(0);
  expect(found.hypotheses).toHaveLength(2);
  for (const { verdict, independence, confidence, statement } of found.hypotheses) {
    expect(['supported', 'refuted', 'inconclusive']).toContain(verdict);
    expect(independence).toBe('prospective');
    expect(confidence).toBe(0.9);
    expect(statement).toContain('Stated confidence: 0.9');
  }
  expect(shown).toContain('Achieving AI-Driven Autonomous Laboratories');
  expect(shown).toMatch(/26 {2}\w/);
});

test('the report is one page that names the campaign and loads nothing', () => {
  const page = readFileSync(found.report, 'utf8');
  expect(page).toMatch(/^<!doctype html>/i);
  expect(page).toContain('Silica spheres of 300 nm');
  expect(page).toContain('<svg');
  expect(page).not.toMatch(/<script|(?:src|href)="https?:/i);
});

test('credentials are for their owner only, and no server stays behind', () => {
  expect(statSync(join(folder, 'demo', 'credentials.json')).mode & 0o777).toBe(0o600);
  expect(serversIn(folder)).toEqual([]);
});

test('the crate verifies under its key; without a key its origin is unproven', async () => {
  const good = await genesis('verify', found.crate, '--key', found.key, '--json');
  expect(good.status, good.stderr).toBe(0);
  expect(lastLine(good.stdout)).toMatchObject({ ok: true, status: 'verified', campaignId: found.campaign });
  const unproven = await genesis('verify', found.crate);
  expect(unproven.status).toBe(3);
  expect(unproven.stdout).toContain('origin unproven');
});

test('another key fails, even under the same name', async () => {
  const [name = ''] = readFileSync(found.key, 'utf8').split('+');
  const other = signerFromSeed(name, signatureTypes.ed25519, Buffer.alloc(32, 7));
  const path = join(folder, 'other.key');
  writeFileSync(path, `${formatVerifierKey(other.key)}\n`);
  const wrong = await genesis('verify', found.crate, '--key', path);
  expect(wrong.status).toBe(1);
  expect(wrong.stdout).toContain('FAILED');
});

test('a changed byte fails, and what is no crate says so', async () => {
  const bytes = readFileSync(found.crate);
  const at = bytes.indexOf('"value":') + '"value":'.length;
  expect(at).toBeGreaterThan(100);
  bytes[at] = bytes[at] === 0x31 ? 0x32 : 0x31;
  const path = join(folder, 'changed.zip');
  writeFileSync(path, bytes);
  expect((await genesis('verify', path, '--key', found.key)).status).toBe(1);
  writeFileSync(path, 'not a crate');
  expect((await genesis('verify', path)).status).toBe(2);
  expect((await genesis('verify', join(folder, 'missing.zip'))).stderr).toContain('there is no such file');
});

test('Ctrl-C ends it cleanly, and its server too', async () => {
  const child = start('demo', '--folder', 'interrupted', '--budget', '200', '--repeats', '20');
  const stderr = text(child.stderr!);
  let output = '';
  for await (const chunk of child.stdout!) {
    output += String(chunk);
    if (!output.includes('two arms') || child.killed) continue;
    child.kill('SIGINT');
  }
  const status = child.exitCode ?? ((await once(child, 'exit')) as [number])[0];
  expect(status, await stderr).toBe(130);
  expect(serversIn(join(folder, 'interrupted'))).toEqual([]);
});

test.each([
  [
    ['demo', '--table', 'missing.csv', '--objective', 'y', '--maximize'],
    /missing\.csv: there is no such file/,
  ],
  [['demo', '--table', 'missing.csv', '--objective', 'y'], /exactly one of --maximize/],
  [['demo', '--maximize'], /--maximize needs --table/],
  [['campaign', 'list', '--url', 'http://127.0.0.1:9'], /Nothing answers at .*genesis serve/],
  [['campaign', 'list', '--url', 'elsewhere'], /address "elsewhere" is not valid/],
])('%j fails in plain words', async (args, message) => {
  const run = await genesis(...args);
  expect(run.status).toBeGreaterThan(0);
  expect(run.stderr).toMatch(message);
  expect(run.stderr).not.toMatch(/\n\s+at /);
});
