import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { readKit } from './read-kit.ts';

const capability = { name: 'work', summary: 'Works.', module: 'one.work', input: {}, output: {} };

async function twoKits(uses: object[]) {
  const root = await temporaryFolder();
  for (const kit of ['one', 'two']) {
    await mkdir(join(root, kit, kit), { recursive: true });
    const manifest = {
      name: kit,
      version: '1.0.0',
      summary: 'A kit.',
      python: '3.11',
      capabilities: [capability],
    };
    await writeFile(
      join(root, kit, 'kit.json'),
      JSON.stringify(kit === 'one' ? { ...manifest, uses } : manifest),
    );
    await writeFile(join(root, kit, 'requirements.txt'), '');
    await writeFile(join(root, kit, kit, 'work.py'), `name = "${kit}"\n`);
  }
  return root;
}

test('a package of another kit is among the files of a kit that uses it, and in its hash', async () => {
  const root = await twoKits([{ kit: 'two', package: 'two' }]);
  const before = await readKit(join(root, 'one'));
  expect(before.files.map(({ path }) => path)).toEqual([
    'kit.json',
    'one/work.py',
    'requirements.txt',
    'two/work.py',
  ]);
  await writeFile(join(root, 'two', 'two', 'work.py'), 'name = "changed"\n');
  expect((await readKit(join(root, 'one'))).sources).not.toBe(before.sources);
});

test('a package that is not there is told by name, and none leads out of the kits', async () => {
  const root = await twoKits([{ kit: 'two', package: 'three' }]);
  await expect(readKit(join(root, 'one'))).rejects.toThrow('the kit two has no package three');
  for (const uses of [[{ kit: '..', package: 'two' }], [{ kit: 'two', package: '../one' }]])
    await expect(twoKits(uses).then((at) => readKit(join(at, 'one')))).rejects.toThrow('uses.0');
});
