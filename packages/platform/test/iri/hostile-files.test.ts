import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tarEnd, tarHeader, tarPadding } from '../../src/kernel/index.ts';
import { type Answer, type Person, startWorld, type World } from './world.ts';

const secret = 'what nobody may read';
let base: string;
let outside: string;
let world: World;
let ada: Person;
let eve: Person;
let project: { id: string; folder: string };
let other: { id: string; folder: string };

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'genesis-hostile-'));
  outside = join(base, 'outside');
  await mkdir(outside);
  world = await startWorld(join(base, 'data'));
  const steward = await world.newPerson('Maria', ['steward']);
  ada = await world.newPerson('Ada', ['researcher']);
  eve = await world.newPerson('Eve', ['researcher']);
  project = await world.newProject(steward, [ada]);
  other = await world.newProject(steward, [eve], { name: 'other' });
  await world.upload(eve, `${other.folder}/secret.txt`, secret);
});
afterAll(async () => {
  await world.close();
  await rm(base, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const name of await readdir(project.folder))
    await rm(join(project.folder, name), { recursive: true, force: true });
  await rm(outside, { recursive: true, force: true });
  await mkdir(outside);
  await writeFile(join(outside, 'secret.txt'), secret);
  await mkdir(join(project.folder, 'folder'));
  await writeFile(join(project.folder, 'folder', 'own.txt'), 'own');
  // what a job of the project leaves there belongs to the project's user
  for (const path of ['folder', 'folder/own.txt']) await giveToProject(path);
});

async function giveToProject(path: string): Promise<void> {
  const { uid, gid } = await lstat(project.folder);
  await chown(join(project.folder, path), uid, gid);
}

/** Refused when it was asked for, or failed as a task; and no word of the secret in what came back. */
function expectRefused({ status, body }: Answer): void {
  expect(JSON.stringify(body)).not.toContain(secret);
  expect(JSON.stringify(body)).not.toContain(Buffer.from(secret).toString('base64'));
  if (status >= 400) expect([400, 403, 404, 422]).toContain(status);
  else expect(body).toMatchObject({ status: 'failed', result: { error: expect.any(String) } });
}

async function expectOutsideUntouched(): Promise<void> {
  expect(await readdir(outside)).toEqual(['secret.txt']);
  expect(await readFile(join(outside, 'secret.txt'), 'utf8')).toBe(secret);
  expect(await readFile(join(other.folder, 'secret.txt'), 'utf8')).toBe(secret);
}

const reading = ['download', 'view', 'head', 'tail', 'checksum', 'file', 'stat', 'ls'] as const;

describe('paths that lead elsewhere', () => {
  test.each(reading)('%s', async (name) => {
    const { folder } = project;
    const escapes = [
      '/etc/passwd',
      'folder/own.txt',
      '',
      '.',
      '/',
      folder.slice(0, folder.lastIndexOf('/')),
      `${folder}/../${other.id}/secret.txt`,
      `${folder}/folder/../../${other.id}/secret.txt`,
      `${folder}/./../../../outside/secret.txt`,
      `${folder}\\..\\secret.txt`,
      `${folder}-not/secret.txt`,
      `${folder}/\0/secret.txt`,
      `${folder}/folder\0`,
      `${folder}/%2e%2e/%2e%2e/outside/secret.txt`,
      `${folder}/${'deep/'.repeat(80)}x`,
      `${folder}/${'n'.repeat(300)}`,
      `${folder}/\ud800`,
      `//etc/passwd`,
      `${folder.toUpperCase()}/folder/own.txt`,
      `${other.folder}/secret.txt`,
    ];
    for (const path of escapes) expectRefused(await world.file(ada, name, { path }));
    await expectOutsideUntouched();
  });

  test('in every field that names a place', async () => {
    const { folder } = project;
    const own = `${folder}/folder/own.txt`;
    for (const target of [
      `${folder}/../x`,
      join(outside, 'x'),
      `${other.folder}/x`,
      `${folder}/folder/../../x`,
      'x',
    ]) {
      for (const name of ['mv', 'cp', 'compress', 'extract'])
        expectRefused(await world.file(ada, name, { path: own, target_path: target }));
      expectRefused(await world.file(ada, 'symlink', { path: own, link_path: target }));
      expectRefused(await world.file(ada, 'mkdir', { path: target, parent: true }));
      expectRefused(await world.upload(ada, target, 'mine'));
      expectRefused(await world.file(ada, 'rm', { path: target }));
      expectRefused(await world.file(ada, 'chmod', { path: target, mode: '777' }));
      expectRefused(await world.file(ada, 'chown', { path: target, group: '0' }));
    }
    await expectOutsideUntouched();
  });

  test('a link is not made to lead out', async () => {
    for (const path of ['/etc/passwd', `${project.folder}/../x`, `${other.folder}/secret.txt`])
      expectRefused(await world.file(ada, 'symlink', { path, link_path: `${project.folder}/link` }));
    expect(await readdir(project.folder)).toEqual(['folder']);
  });
});

describe('links that a job has left', () => {
  beforeEach(async () => {
    await symlink(join(outside, 'secret.txt'), join(project.folder, 'absolute'));
    await symlink(`../../../outside/secret.txt`, join(project.folder, 'relative'));
    await symlink(outside, join(project.folder, 'folder', 'door'));
    await symlink(`../${other.id}`, join(project.folder, 'neighbour'));
    await symlink('loop', join(project.folder, 'loop'));
    await symlink('/proc/self/root', join(project.folder, 'root'));
    await link(join(outside, 'secret.txt'), join(project.folder, 'hard'));
  });

  test.each(reading)('%s reads nothing through them', async (name) => {
    for (const at of [
      'absolute',
      'relative',
      'folder/door/secret.txt',
      'neighbour/secret.txt',
      'loop',
      'hard',
    ]) {
      const answer = await world.file(ada, name, { path: `${project.folder}/${at}`, dereference: true });
      expect(JSON.stringify(answer.body)).not.toContain(secret);
      expect(JSON.stringify(answer.body)).not.toContain(Buffer.from(secret).toString('base64'));
      if (['download', 'view', 'head', 'tail', 'checksum'].includes(name)) expectRefused(answer);
    }
  });

  test('nothing is written, moved, removed or changed through them', async () => {
    const { folder } = project;
    for (const at of [
      'absolute',
      'relative',
      'hard',
      'folder/door/secret.txt',
      'neighbour/secret.txt',
      'root/etc/passwd',
    ]) {
      const path = `${folder}/${at}`;
      if (at !== 'hard') expectRefused(await world.file(ada, 'chmod', { path, mode: '777' }));
      await world.file(ada, 'chown', { path, group: '' });
      await world.upload(ada, path, 'overwritten');
      await world.file(ada, 'mkdir', { path: `${path}/new`, parent: true });
      await world.file(ada, 'cp', { path: `${folder}/folder/own.txt`, target_path: path });
      await world.file(ada, 'mv', { path: `${folder}/folder/own.txt`, target_path: `${path}/x` });
      await world.file(ada, 'rm', { path });
    }
    await expectOutsideUntouched();
  });

  test('removing, packing and copying a folder leaves what its links lead to', async () => {
    const { folder } = project;
    for (const dereference of [false, true]) {
      await world.file(ada, 'compress', { path: folder, target_path: `${folder}/all.tgz`, dereference });
      const packed = await readFile(join(folder, 'all.tgz')).catch(() => Buffer.alloc(0));
      expect(packed.includes(secret)).toBe(false);
      await world.file(ada, 'cp', { path: `${folder}/folder`, target_path: `${folder}/copy`, dereference });
      expect(await readdir(join(folder, 'copy')).catch(() => [])).not.toContain('secret.txt');
    }
    expect((await world.file(ada, 'rm', { path: `${folder}/folder` })).body.status).toBe('completed');
    await expectOutsideUntouched();
  });
});

describe('archives', () => {
  const archive = (...names: string[]): Buffer<ArrayBuffer> =>
    Buffer.from(
      gzipSync(
        Buffer.concat([
          ...names.flatMap((name) => [tarHeader(name, 4), Buffer.from('evil'), tarPadding(4)]),
          tarEnd(),
        ]),
      ),
    );

  test.each([
    ['../../../outside/evil'],
    ['/etc/evil'],
    ['fine', 'a/../../../../outside/evil'],
    ['folder/door/evil'],
  ])('with %s write nothing outside', async (...names) => {
    await symlink(outside, join(project.folder, 'folder', 'door'));
    await world.upload(ada, `${project.folder}/evil.tgz`, archive(...names));
    const given = { path: `${project.folder}/evil.tgz`, target_path: project.folder };
    expectRefused(await world.file(ada, 'extract', given));
    await expectOutsideUntouched();
  });

  test('that unpack to more than may be written are cut short', async () => {
    const bomb = gzipSync(Buffer.concat([tarHeader('big', 2 ** 31), Buffer.alloc(2 ** 24)]));
    await world.upload(ada, `${project.folder}/bomb.tgz`, Buffer.from(bomb));
    const given = { path: `${project.folder}/bomb.tgz`, target_path: `${project.folder}/bomb` };
    expectRefused(await world.file(ada, 'extract', given));
  });
});

describe('sizes and kinds', () => {
  test('5 MiB go in and out, and not a byte more', async () => {
    const path = `${project.folder}/large`;
    expect((await world.upload(ada, path, Buffer.alloc(5 * 2 ** 20, 1))).body.status).toBe('completed');
    expect((await world.file(ada, 'download', { path })).body.status).toBe('completed');
    expect((await world.upload(ada, path, Buffer.alloc(5 * 2 ** 20 + 1))).status).toBe(422);
    expect((await world.upload(ada, path, Buffer.alloc(6 * 2 ** 20))).status).toBe(422);
    await writeFile(join(project.folder, 'larger'), Buffer.alloc(5 * 2 ** 20 + 1));
    expectRefused(await world.file(ada, 'download', { path: `${project.folder}/larger` }));
    expectRefused(await world.file(ada, 'view', { path, size: 5 * 2 ** 20 + 1 }));
    expectRefused(await world.file(ada, 'head', { path: `${project.folder}/larger`, lines: 1 }));
  });

  test('names that a terminal would interpret are not made, modes with set-id bits not set', async () => {
    for (const name of ['a\u001b[31m', 'a\nb', 'a\u202eb', 'a\\b'])
      expectRefused(await world.file(ada, 'mkdir', { path: `${project.folder}/${name}` }));
    for (const mode of ['4755', '2755', '1777', '999', 'a+w', ''])
      expectRefused(await world.file(ada, 'chmod', { path: `${project.folder}/folder/own.txt`, mode }));
  });

  test('the root of a project stays', async () => {
    for (const path of [project.folder, `${project.folder}/`, `${project.folder}/.`]) {
      expectRefused(await world.file(ada, 'rm', { path }));
      expectRefused(await world.file(ada, 'mv', { path, target_path: `${project.folder}/inside` }));
      expectRefused(await world.file(ada, 'chmod', { path, mode: '777' }));
    }
    expect((await lstat(project.folder)).mode & 0o777).toBe(0o700);
  });

  test('a pattern that never ends is ended', async () => {
    await writeFile(join(project.folder, 'folder', `${'a'.repeat(60)}!`), '');
    const given = { path: `${project.folder}/folder`, target_path: `${project.folder}/x.tgz` };
    expectRefused(await world.file(ada, 'compress', { ...given, match_pattern: '^(a+)+$' }));
  });

  test('forms that are none, and fields that nobody knows', async () => {
    const at = `/api/v2/filesystem/upload/${world.store}?path=${project.folder}/x`;
    const twice = new FormData();
    twice.append('file', new Blob(['a']), 'a');
    twice.append('file', new Blob(['b']), 'b');
    const odd = new FormData();
    odd.set('file', new Blob(['a']), 'a');
    odd.set('mode', '777');
    for (const form of [twice, odd, new FormData()])
      expect((await world.call(ada, 'POST', at, form)).status).toBe(400);
    expect((await world.call(ada, 'POST', at, { file: 'a' })).status).toBe(400);
    expect((await world.file(ada, 'ls', { path: project.folder, recursiv: true })).status).toBe(400);
  });
});

test('folders that are exchanged for links while files are read, written and removed give nothing away', async () => {
  const { folder } = project;
  const swapping = join(folder, 'swapping');
  await mkdir(swapping);
  await writeFile(join(swapping, 'secret.txt'), 'own');
  await chmod(outside, 0o777);
  let over = false;
  const swap = (async () => {
    while (!over) {
      await rename(swapping, join(folder, 'aside'));
      await symlink(outside, swapping);
      await new Promise((turn) => setImmediate(turn));
      await unlink(swapping);
      await rename(join(folder, 'aside'), swapping);
      await new Promise((turn) => setImmediate(turn));
    }
  })();
  const path = `${folder}/swapping/secret.txt`;
  try {
    for (let turn = 0; turn < 15; turn += 1) {
      const answers = await Promise.all([
        world.file(ada, 'view', { path }),
        world.file(ada, 'download', { path }),
        world.upload(ada, `${folder}/swapping/own-${turn}`, 'own'),
        world.file(ada, 'mkdir', { path: `${folder}/swapping/folder-${turn}` }),
        world.file(ada, 'chmod', { path, mode: '600' }),
      ]);
      for (const { body } of answers) {
        expect(JSON.stringify(body)).not.toContain(secret);
        expect(JSON.stringify(body)).not.toContain(Buffer.from(secret).toString('base64'));
      }
    }
  } finally {
    over = true;
    await swap;
  }
  await expectOutsideUntouched();
});
