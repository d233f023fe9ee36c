import { chown, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobSpecSchema } from '@genesis/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalExecutor, type LocalExecutor } from './local-executor.ts';
import { sandboxMissing } from './sandbox-for-tests.ts';

const missing = await sandboxMissing();

let base: string;
let root: string;
let executor: LocalExecutor;
const isRoot = process.getuid?.() === 0;
const owner = isRoot ? 1_900_065_600 : process.getuid!();

const own = async (path: string): Promise<void> => {
  if (isRoot) await chown(path, owner, owner);
};

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'genesis-workspace-'));
  root = join(base, 'project');
  await mkdir(join(root, 'deep', 'inside'), { recursive: true });
  await writeFile(join(base, 'secret'), 'what nobody may read');
  await writeFile(join(root, 'deep', 'given.txt'), 'given\n', { mode: 0o600 });
  for (const path of ['', 'deep', 'deep/inside', 'deep/given.txt']) await own(join(root, path));
});
afterEach(async () => {
  await executor.close();
  await rm(base, { recursive: true, force: true });
});

const run = async (name: string, script: string, directory = '') => {
  const handle = await executor.launch(
    jobSpecSchema.parse({
      ...{ name, executable: '/bin/sh', arguments: ['-c', script], workspace: { root, directory } },
      resources: { memoryBytes: 2 ** 26, outputBytes: 2 ** 16, durationSeconds: 30 },
    }),
  );
  return await handle.wait();
};

describe.each([
  ['in the sandbox', false],
  ['without one', true],
])('%s', (_name, unsandboxed) => {
  beforeEach(async ({ skip }) => {
    skip(!unsandboxed && missing !== null, missing ?? '');
    executor = await createLocalExecutor({
      stagingRoot: join(base, 'jobs'),
      ...(unsandboxed ? { allowUnsandboxed: true, bubblewrapPlaces: [] } : {}),
    });
  });

  test('a job works in the folder at its own path, and what it leaves stays there', async () => {
    const outcome = await run('one', 'cat given.txt > inside/copy.txt; pwd > where.txt', 'deep');
    expect(outcome).toMatchObject({ state: 'succeeded', outputs: [] });
    expect(await readFile(join(root, 'deep/inside/copy.txt'), 'utf8')).toBe('given\n');
    expect(await readFile(join(root, 'deep/where.txt'), 'utf8')).toBe(`${root}/deep\n`);
  });

  test('a folder that is a link, or not there, is refused before anything starts', async () => {
    await symlink('..', join(root, 'out'));
    await symlink('deep', join(root, 'alias'));
    await expect(run('two', 'touch ran', 'out')).rejects.toThrow('leads through a link');
    await expect(run('three', 'touch ran', 'alias/inside')).rejects.toThrow('leads through a link');
    await expect(run('four', 'touch ran', 'deep/none')).rejects.toThrow('no such folder');
    await expect(run('five', 'touch ran', 'deep/given.txt')).rejects.toThrow('expected a folder');
    expect(await readdir(root)).not.toContain('ran');
  });
});

test('in the sandbox nothing beside the workspace is there, and a link in it leads nowhere', async ({
  skip,
}) => {
  skip(missing !== null, missing ?? '');
  executor = await createLocalExecutor({ stagingRoot: join(base, 'jobs') });
  await symlink('../secret', join(root, 'link'));
  const outcome = await run('six', 'cat link; cat ../secret; ls -a .. > seen; cat seen; test $? = 0');
  expect(outcome.state).toBe('succeeded');
  expect((await readFile(join(root, 'seen'), 'utf8')).split('\n').sort()).toEqual(['', '.', '..', 'project']);
});
