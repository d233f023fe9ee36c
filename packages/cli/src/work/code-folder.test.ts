import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCodeFolder } from './code-folder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-code-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = async (path: string, text: string | Buffer = path): Promise<void> => {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), text);
};

test('the program is taken; what tools made, what is hidden, and links are not', async () => {
  const wanted = ['lib/help.py', 'train.py'];
  const others = [
    '.git/config',
    '.env',
    '.venv/bin/python',
    'venv/a.py',
    'lib/__pycache__/help.pyc',
    'old.pyc',
    'inputs/a',
  ];
  for (const path of [...wanted, ...others]) await put(path);
  await symlink('/etc/passwd', join(folder, 'passwd'));
  const { files, left, bytes } = await readCodeFolder(folder);
  expect(files.map(({ path }) => path)).toEqual(wanted);
  expect(files[1]).toEqual({ path: 'train.py', content: Buffer.from('train.py').toString('base64') });
  expect(left).toEqual(['passwd']);
  expect(bytes).toBe(wanted.join('').length);
});

test('a folder that is too large, or none, says what to do', async () => {
  await put('data.bin', Buffer.alloc(17 * 2 ** 20));
  await expect(readCodeFolder(folder)).rejects.toThrow(
    /more than 2000 files or 16 MiB, at data\.bin.*--data/,
  );
  await expect(readCodeFolder(join(folder, 'nowhere'))).rejects.toThrow(/no folder that can be read/);
});
