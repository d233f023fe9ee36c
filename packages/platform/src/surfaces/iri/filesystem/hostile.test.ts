import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { link, mkdir, rename, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GenesisError } from '@genesis/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tarEnd, tarHeader, tarPadding } from '../../../kernel/index.ts';
import {
  type ConfinedRoot,
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
import { createProject, secret } from './project-for-tests.ts';

let project: Awaited<ReturnType<typeof createProject>>;
let root: ConfinedRoot;
const inside = (...path: string[]) => join(project.folder, ...path);

beforeEach(async () => {
  project = await createProject();
  root = project.root;
  await upload(root, 'own.txt', Buffer.from('mine'));
  await symlink('../outside', inside('up'));
  await symlink(project.outside, inside('abs'));
  await symlink('../outside/secret.txt', inside('leak'));
  await symlink('loop', inside('loop'));
  await mkdir(inside('d'));
  await symlink('../..', inside('d', 'climb'));
});

/** Whatever was tried: the folder beside the project is as it was. */
afterEach(async () => {
  expect(readdirSync(project.outside)).toEqual(['secret.txt']);
  expect(readFileSync(join(project.outside, 'secret.txt'), 'utf8')).toBe(secret);
  expect(statSync(join(project.outside, 'secret.txt')).mode & 0o777).toBe(0o644);
  await project.remove();
});

const refusal = async (act: Promise<unknown>): Promise<string> => {
  const error = await act.then(
    (value) => {
      throw new Error(`was not refused, but gave ${JSON.stringify(value)}`);
    },
    (failed: unknown) => failed,
  );
  if (!(error instanceof GenesisError)) throw error;
  expect(error.message).not.toContain(project.outside);
  return error.failure.code;
};

/** Every way to reach a file by a path that must not reach it. */
const reaching: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  ['download', (path) => download(root, path)],
  ['view', (path) => view(root, path, 10)],
  ['head', (path) => head(root, path)],
  ['tail', (path) => tail(root, path)],
  ['checksum', (path) => checksum(root, path)],
  ['stat', (path) => statOf(root, path, true)],
  ['chmod', (path) => changeMode(root, path, '777')],
  ['chown', (path) => changeOwner(root, path, String(process.getuid!()))],
  ['cp', (path) => copy(root, path, root, 'stolen', true)],
  ['compress', (path) => compress(root, path, 'stolen.tgz', { dereference: true })],
  ['extract', (path) => extract(root, path, 'stolen')],
];
const escapes = [
  '../outside/secret.txt',
  'd/../../outside/secret.txt',
  '/etc/passwd',
  'up/secret.txt',
  'abs/secret.txt',
  'd/climb/outside/secret.txt',
  'leak',
  'loop',
];
describe.each(escapes)('the path %s', (path) => {
  test.each(reaching)('is refused by %s', async (_name, act) => {
    expect(await refusal(act(path))).toMatch(/^(invalid-input|not-found)$/);
  });
});

/** Every way to make or change something at a path. */
const making: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  ['upload', (path) => upload(root, path, Buffer.from('x'))],
  ['mkdir', (path) => makeFolder(root, path, true)],
  ['symlink', (path) => makeLink(root, 'own.txt', path)],
  ['mv', (path) => move(root, 'own.txt', path)],
  ['cp', (path) => copy(root, 'own.txt', root, path)],
  ['compress', (path) => compress(root, 'own.txt', path)],
  ['rm', (path) => remove(root, path)],
];
describe.each(['../new', '/tmp/new', 'up/new', 'abs/new', 'd/climb/outside/new', 'd/climb/../new', ''])(
  'at "%s"',
  (path) => {
    const possible = path === '' ? making.filter(([name]) => !['mkdir', 'mv', 'cp'].includes(name)) : making;
    test.each(possible)('nothing is made or changed by %s', async (_name, act) => {
      expect(await refusal(act(path))).toMatch(/^(invalid-input|not-found|conflict)$/);
    });
  },
);

describe('links', () => {
  test('are replaced by an upload, never written through', async () => {
    await upload(root, 'leak', Buffer.from('x'));
    expect((await download(root, 'leak')).toString()).toBe('x');
  });
  test('are removed, never what they lead to', async () => {
    for (const name of ['up', 'abs', 'leak', 'd']) await remove(root, name);
  });
  test('that lead outside are not copied, packed or told', async () => {
    const { skipped } = await copy(root, 'd', root, 'e');
    expect(skipped).toEqual(['climb']);
    expect((await compress(root, '', 'all.tgz', { dereference: true })).skipped).toEqual(
      expect.arrayContaining(['abs', 'd/climb', 'leak', 'loop', 'up']),
    );
    const shown = await list(root, '', { recursive: true, dereference: true });
    expect(shown.map(({ name }) => name)).not.toContain('up/secret.txt');
    expect(JSON.stringify(await list(root, ''))).not.toContain(project.outside);
  });
  test('to a target outside cannot be made', async () => {
    expect(await refusal(makeLink(root, '../outside', 'l'))).toBe('invalid-input');
    expect(await refusal(makeLink(root, '/etc', 'l'))).toBe('invalid-input');
  });
  test('with a second name of a file outside are neither read nor changed', async () => {
    await link(join(project.outside, 'secret.txt'), inside('hard'));
    for (const [name, act] of reaching)
      if (name !== 'stat') expect(await refusal(act('hard'))).toBe('conflict');
    await upload(root, 'hard', Buffer.from('x'));
  });
});

describe('a folder exchanged for a link, again and again while it is used', () => {
  const race = async (act: (turn: number) => Promise<unknown>): Promise<void> => {
    await mkdir(inside('race'));
    await writeFile(inside('race', 'secret.txt'), 'mine');
    await symlink(project.outside, inside('bad'));
    let going = true;
    const exchange = (async () => {
      while (going) {
        await rename(inside('race'), inside('good'));
        await rename(inside('bad'), inside('race'));
        await rename(inside('race'), inside('bad'));
        await rename(inside('good'), inside('race'));
      }
    })();
    try {
      for (let turn = 0; turn < 150; turn += 1) {
        const seen = await act(turn).catch((error: unknown) => {
          if (!(error instanceof GenesisError)) throw error;
        });
        if (Buffer.isBuffer(seen)) expect(seen.toString()).toBe('mine');
      }
    } finally {
      going = false;
      await exchange;
    }
  };
  test('is never read through', () => race(() => download(root, 'race/secret.txt')));
  test('is never written through', () => race(() => upload(root, 'race/new.txt', Buffer.from('x'))));
  test('is never removed through', () => race(() => remove(root, 'race/secret.txt')));
  test('is never made a folder through', () => race((turn) => makeFolder(root, `race/${turn}`)));
});

describe('things that are no files', () => {
  test('a pipe is refused without waiting for a writer', async () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', inside('pipe')]);
    for (const [name, act] of reaching) {
      if (name === 'stat' || name === 'cp' || name === 'compress') continue;
      expect(await refusal(act('pipe'))).toBe('invalid-input');
    }
    expect(await fileType(root, 'pipe')).toBe('special file');
    expect((await copy(root, 'pipe', root, 'p2')).skipped).toEqual(['']);
  });
  test('a folder is not read as a file', async () => {
    expect(await refusal(download(root, 'd'))).toBe('invalid-input');
  });
});

describe('sizes', () => {
  test('more than 5 MiB is neither taken nor given', async () => {
    expect(await refusal(upload(root, 'big', Buffer.alloc(5 * 2 ** 20 + 1)))).toBe('too-large');
    await truncate(inside('own.txt'), 5 * 2 ** 20 + 1);
    expect(await refusal(download(root, 'own.txt'))).toBe('too-large');
    expect(await refusal(head(root, 'own.txt', { bytes: 2 ** 40 }))).toBe('too-large');
    expect(await refusal(view(root, 'own.txt', 2 ** 40))).toBe('too-large');
  });
  test('a terabyte of nothing is not copied or packed', async () => {
    await truncate(inside('own.txt'), 2 ** 40);
    expect(await refusal(head(root, 'own.txt', { lines: 1 }))).toBe('too-large');
    expect(await refusal(compress(root, 'own.txt', 'x.tgz'))).toBe('too-large');
    expect(readdirSync(project.folder).filter((name) => name.startsWith('.upload'))).toEqual([]);
    await unlink(inside('own.txt'));
  });
  test('an expression that never ends is ended', async () => {
    await upload(root, `d/${'a'.repeat(60)}b`, Buffer.from('x'));
    expect(await refusal(compress(root, 'd', 'x.tgz', { matchPattern: '^(a+)+$' }))).toBe('invalid-input');
  });
});

describe('names', () => {
  test.each([
    ['a NUL', 'a\0b'],
    ['half a character', 'a\ud800'],
    ['a line end', 'a\nb'],
    ['an escape of terminals', 'a\u001b[2J'],
    ['a change of writing direction', 'a\u202eb'],
    ['a backslash', '..\\..\\x'],
    ['more than 255 bytes', 'é'.repeat(128)],
    ['more than 64 folders', 'a/'.repeat(65)],
    ['more than 4096 bytes', 'a'.repeat(4097)],
  ])('with %s are not made', async (_what, name) => {
    expect(await refusal(upload(root, name, Buffer.from('x')))).toBe('invalid-input');
    expect(await refusal(makeFolder(root, name))).toBe('invalid-input');
  });
});

describe('archives', () => {
  const pack = async (
    name: string,
    change: (header: Buffer) => void = () => undefined,
  ): Promise<Promise<unknown>> => {
    const header = tarHeader(name, 1);
    change(header);
    header.write('        ', 148, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const good = Buffer.concat([tarHeader('good', 1), Buffer.from('x'), tarPadding(1)]);
    const bytes = Buffer.concat([good, header, Buffer.from('x'), tarPadding(1), tarEnd()]);
    await upload(root, 'a.tgz', gzipSync(bytes));
    return extract(root, 'a.tgz', 'out');
  };
  const type = (letter: string) => (header: Buffer) => void header.write(letter, 156, 'latin1');
  test.each([
    ['".."', '../evil', undefined],
    ['".." within', 'a/../../evil', undefined],
    ['an absolute path', '/tmp/evil', undefined],
    ['a control character', 'a\u0007', undefined],
    ['a link', 'l', type('2')],
    ['a hard link', 'l', type('1')],
    ['a device', 'l', type('3')],
    ['a pipe', 'l', type('6')],
    ['a sparse file', 'l', type('S')],
    ['a size that is no number', 'l', (header: Buffer) => void header.write('zzzzzzzzzzz', 124, 'latin1')],
    ['a size beyond its end', 'l', (header: Buffer) => void header.write('77777777777', 124, 'latin1')],
  ])('with %s write nothing at all', async (_what, name, change) => {
    await expect(pack(name, change)).rejects.toBeInstanceOf(GenesisError);
    expect(readdirSync(project.folder)).not.toContain('out');
  });
  test('are not unpacked through a link that is there', async () => {
    await upload(root, 'a.tgz', gzipSync(Buffer.concat([tarHeader('up/evil', 0), tarEnd()])));
    expect(await refusal(extract(root, 'a.tgz', ''))).toMatch(/invalid-input|conflict/);
    expect(await refusal(extract(root, 'a.tgz', 'up'))).toMatch(/invalid-input|conflict/);
  });
  test('that unpack to more than a gibibyte are refused', async () => {
    const size = 2 ** 30 + 1;
    const zeros = gzipSync(Buffer.alloc(2 ** 26));
    const parts = [gzipSync(tarHeader('bomb', size)), ...Array.from({ length: 17 }, () => zeros)];
    await upload(root, 'a.tgz', Buffer.concat(parts));
    expect(await refusal(extract(root, 'a.tgz', 'out'))).toBe('too-large');
    expect(readdirSync(project.folder)).not.toContain('out');
  });
  test('that are no archives are refused', async () => {
    expect(await refusal(extract(root, 'own.txt', 'out'))).toBe('invalid-input');
  });
});
