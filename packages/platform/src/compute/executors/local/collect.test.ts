import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectOutputs } from './collect.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'genesis-collect-'));
  await mkdir(join(root, 'job'));
  await mkdir(join(root, 'outputs'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const job = (path: string): string => join(root, 'job', path);
const collect = async (limitBytes = 10_000_000) => {
  const folder = await open(join(root, 'job'), 'r');
  try {
    return await collectOutputs(folder, join(root, 'outputs'), limitBytes);
  } finally {
    await folder.close();
  }
};

test('files come out byte by byte, in the order of their paths, with their hashes', async () => {
  const content = randomBytes(3_000_000);
  await mkdir(job('b/c'), { recursive: true });
  await writeFile(job('b/c/large'), content);
  await writeFile(job('a'), '');
  const { outputs, refused, overLimit } = await collect();
  expect(outputs).toEqual([
    { path: 'a', bytes: 0, sha256: createHash('sha256').update('').digest('hex') },
    { path: 'b/c/large', bytes: 3_000_000, sha256: createHash('sha256').update(content).digest('hex') },
  ]);
  expect([refused, overLimit]).toEqual([[], false]);
  expect((await readFile(join(root, 'outputs/b/c/large'))).equals(content)).toBe(true);
});

test('links are named and not followed, to files, folders and nothing', async () => {
  await writeFile(join(root, 'secret'), 'secret');
  await symlink(join(root, 'secret'), job('file'));
  await symlink(root, job('folder'));
  await symlink('/nowhere', job('nothing'));
  const { outputs, refused } = await collect();
  expect(outputs).toEqual([]);
  expect(refused.map(({ path, reason }) => `${path}: ${reason}`).sort()).toEqual([
    'file: a link',
    'folder: a link',
    'nothing: a link',
  ]);
});

test('the limit holds for all files together, sparse ones by their length', async () => {
  await writeFile(job('a'), 'x'.repeat(600));
  await writeFile(job('b'), 'x'.repeat(400));
  expect((await collect(1_000)).overLimit).toBe(false);
  await rm(join(root, 'outputs'), { recursive: true });
  await writeFile(job('sparse'), '');
  await truncate(job('sparse'), 2 ** 40);
  const { overLimit, outputs } = await collect(1_000);
  expect(overLimit).toBe(true);
  expect(outputs.map(({ path }) => path)).not.toContain('sparse');
});

test('what belongs to the executor is no output', async () => {
  await mkdir(job('.scratch'));
  await writeFile(job('.scratch/cache'), 'x');
  await symlink('/inputs', job('inputs'));
  await mkdir(job('results/.scratch'), { recursive: true });
  await writeFile(job('results/.scratch/kept'), 'x');
  const { outputs, refused } = await collect();
  expect(outputs.map(({ path }) => path)).toEqual(['results/.scratch/kept']);
  expect(refused).toEqual([]);
});

test('folders nested without end are refused', async () => {
  await mkdir(job('d/'.repeat(80)), { recursive: true });
  const { refused } = await collect();
  expect(refused.map(({ reason }) => reason)).toEqual(['nested too deep']);
});
