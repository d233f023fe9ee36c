import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  changeMode,
  changeOwner,
  checksum,
  compress,
  copy,
  download,
  extract,
  fileType,
  head,
  list,
  makeFolder,
  makeLink,
  move,
  remove,
  statOf,
  tail,
  upload,
  view,
} from './index.ts';
import { createProject } from './project-for-tests.ts';

let project: Awaited<ReturnType<typeof createProject>>;
beforeEach(async () => {
  project = await createProject();
});
afterEach(() => project.remove());
const put = (path: string, content: string) => upload(project.root, path, Buffer.from(content));
const text = async (bytes: Promise<Buffer>) => (await bytes).toString();

describe('reading', () => {
  test('what was uploaded is downloaded, viewed and hashed', async () => {
    await makeFolder(project.root, 'a/b', true);
    await put('a/b/f.txt', '0123456789');
    expect(await text(download(project.root, 'a/b/f.txt'))).toBe('0123456789');
    expect(await text(view(project.root, 'a//./b/f.txt', 3, 4))).toBe('456');
    expect(await checksum(project.root, 'a/b/f.txt')).toBe(
      createHash('sha256').update('0123456789').digest('hex'),
    );
  });

  test.each([
    [{ lines: 2 }, false, '1\n2\n', '3\n4'],
    [{ bytes: 3 }, false, '1\n2', '3\n4'],
    [{ lines: 1 }, true, '1\n2\n3\n', '2\n3\n4'],
    [{ bytes: 1 }, true, '1\n2\n3\n', '\n2\n3\n4'],
    [{ lines: 0 }, false, '', ''],
    [{ lines: 9 }, false, '1\n2\n3\n4', '1\n2\n3\n4'],
    [{}, false, '1\n2\n3\n4', '1\n2\n3\n4'],
  ])('head and tail of four lines with %j, the rest instead: %s', async (amount, rest, first, last) => {
    await put('f', '1\n2\n3\n4');
    expect(await text(head(project.root, 'f', amount, rest))).toBe(first);
    expect(await text(tail(project.root, 'f', amount, rest))).toBe(last);
  });

  test('tail counts a last line that ends', async () => {
    await put('f', '1\n2\n3\n');
    expect(await text(tail(project.root, 'f', { lines: 1 }))).toBe('3\n');
  });

  test('lists names, kinds, sizes and links', async () => {
    await makeFolder(project.root, 'd/e', true);
    await put('d/e/f', 'x');
    await put('d/.hidden', 'x');
    await makeLink(project.root, 'd/e/f', 'd/l');
    const names = async (options: Parameters<typeof list>[2]) =>
      (await list(project.root, 'd', options)).map(({ name, type }) => `${type}${name}`);
    expect(await names({})).toEqual(['de', 'll']);
    expect(await names({ showHidden: true })).toEqual(['-.hidden', 'de', 'll']);
    expect(await names({ recursive: true })).toEqual(['de', '-e/f', 'll']);
    expect(await names({ dereference: true })).toEqual(['de', '-l']);
    expect((await list(project.root, 'd'))[1]).toMatchObject({ linkTarget: 'e/f' });
    expect(await list(project.root, 'd/e/f')).toMatchObject([
      { name: 'f', size: '1', permissions: 'rw-------' },
    ]);
  });

  test('tells types by the first bytes', async () => {
    await put('t', 'words');
    await put('u', 'häuser');
    await put('e', '');
    await upload(project.root, 'z', Buffer.from('1f8b0000', 'hex'));
    await upload(project.root, 'b', Buffer.from('00ff', 'hex'));
    await makeLink(project.root, 't', 'l');
    const types = ['t', 'u', 'e', 'z', 'b', 'l', ''].map((path) => fileType(project.root, path));
    expect(await Promise.all(types)).toEqual([
      'ASCII text',
      'UTF-8 Unicode text',
      'empty',
      'gzip compressed data',
      'data',
      'symbolic link',
      'directory',
    ]);
  });

  test('stat tells of the link or of what it means', async () => {
    await put('t', 'words');
    await makeLink(project.root, 't', 'l');
    expect((await statOf(project.root, 'l', true)).size).toBe(5);
    expect((await statOf(project.root, 'l', false)).mode & 0o170000).toBe(0o120000);
  });
});

describe('changing', () => {
  test('modes and owners', async () => {
    await put('f', 'x');
    await changeMode(project.root, 'f', '0640');
    expect((await stat(join(project.folder, 'f'))).mode & 0o7777).toBe(0o640);
    await changeOwner(project.root, 'f', String(process.getuid!()), String(process.getgid!()));
    await expect(changeOwner(project.root, 'f', '12345')).rejects.toThrow(/owner: expected/);
    await expect(changeMode(project.root, 'f', '4755')).rejects.toThrow(/set-id/);
  });

  test('moves, replaces, and moves into a folder', async () => {
    await put('a', '1');
    await put('b', '2');
    await makeFolder(project.root, 'd');
    await move(project.root, 'a', 'b');
    await move(project.root, 'b', 'd');
    expect(await text(download(project.root, 'd/b'))).toBe('1');
    await expect(move(project.root, 'd', 'd')).rejects.toThrow();
    await expect(move(project.root, 'none', 'x')).rejects.toThrow(/There is no/);
  });

  test('folders that many make at once, with those above them, are no conflict', async () => {
    for (let round = 0; round < 20; round += 1)
      await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          makeFolder(project.root, `all-${round}/of/them-${index}`, true),
        ),
      );
    expect(await list(project.root, '')).toHaveLength(20);
    await put('plain', 'x');
    await expect(makeFolder(project.root, 'plain', true)).rejects.toThrow(/is there already/);
  });

  test('removes a tree', async () => {
    await makeFolder(project.root, 'd/e/f', true);
    await put('d/e/x', '1');
    await remove(project.root, 'd');
    expect(await list(project.root, '')).toEqual([]);
    await expect(remove(project.root, 'd')).rejects.toThrow(/There is no/);
  });

  test('a link made here leads by a relative way', async () => {
    await makeFolder(project.root, 'd/e', true);
    await put('f', 'x');
    await makeLink(project.root, 'f', 'd/e/l');
    expect(await readlink(join(project.folder, 'd/e/l'))).toBe('../../f');
    expect(await text(download(project.root, 'd/e/l'))).toBe('x');
  });

  test('copies trees with their links, also to another root', async () => {
    const other = await createProject();
    try {
      await makeFolder(project.root, 'd/e', true);
      await put('d/e/f', 'x');
      await makeLink(project.root, 'd/e/f', 'd/l');
      await put('top', 'y');
      await makeLink(project.root, 'top', 'd/up');
      expect(await copy(project.root, 'd', other.root, 'c')).toEqual({ files: 1, skipped: ['up'] });
      expect(await readlink(join(other.folder, 'c/l'))).toBe('e/f');
      expect(await copy(project.root, 'd', other.root, 'c2', true)).toEqual({ files: 3, skipped: [] });
      expect(await text(download(other.root, 'c2/up'))).toBe('y');
      await expect(copy(project.root, 'd', project.root, 'd/e/new')).rejects.toThrow(/what is to be copied/);
    } finally {
      await other.remove();
    }
  });

  test('packs what tar reads, and unpacks it again', async () => {
    await makeFolder(project.root, 'd/e', true);
    await put('d/e/f.txt', 'x'.repeat(1000));
    await put('d/g.log', 'y');
    await compress(project.root, 'd', 'all.tar.gz');
    await compress(project.root, 'd', 'some.tar', {
      compression: 'urn:doe-iri:compression:none',
      matchPattern: '[.]txt$',
    });
    const tar = (file: string) =>
      execFileSync('tar', ['tf', join(project.folder, file)], { encoding: 'utf8' })
        .trim()
        .split('\n');
    expect(tar('all.tar.gz').sort()).toEqual(['d/e/f.txt', 'd/g.log']);
    expect(tar('some.tar')).toEqual(['d/e/f.txt']);
    expect(await extract(project.root, 'all.tar.gz', 'out')).toEqual({ files: 2 });
    expect(await text(download(project.root, 'out/d/e/f.txt'))).toBe('x'.repeat(1000));
  });

  test('unpacks what GNU tar makes, long names and folders included', async () => {
    const long = join('n'.repeat(90), 'm'.repeat(90), 'f');
    const from = join(project.outside, 'src');
    await mkdir(join(from, long, '..'), { recursive: true });
    await writeFile(join(from, long), 'deep');
    for (const format of ['gnu', 'pax', 'ustar']) {
      execFileSync('tar', [
        'czf',
        join(project.folder, `${format}.tgz`),
        `--format=${format}`,
        '-C',
        from,
        '.',
      ]);
      await extract(project.root, `${format}.tgz`, format);
      expect(await readFile(join(project.folder, format, long), 'utf8')).toBe('deep');
    }
  });

  test('knows gzip and none', async () => {
    await put('f', 'x');
    await expect(
      compress(project.root, 'f', 'f.xz', { compression: 'urn:doe-iri:compression:xz' }),
    ).rejects.toThrow(/expected urn:doe-iri:compression:gzip or/);
  });
});
