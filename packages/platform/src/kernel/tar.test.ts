import { expect, test } from 'vitest';
import { readTar, tarEnd, tarHeader, tarPadding } from './tar.ts';

const archive = (files: Record<string, Buffer>) =>
  Buffer.concat([
    ...Object.entries(files).flatMap(([name, bytes]) => [
      tarHeader(name, bytes.length),
      bytes,
      tarPadding(bytes.length),
    ]),
    tarEnd(),
  ]);

async function* inPieces(bytes: Buffer, size: number) {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

const read = async (bytes: Buffer, size = 7) => {
  const found: Record<string, string> = {};
  for await (const entry of readTar(inPieces(bytes, size))) {
    const chunks: Buffer[] = [];
    if (!entry.name.startsWith('skip')) for await (const chunk of entry.body) chunks.push(chunk);
    found[entry.name] = Buffer.concat(chunks).toString();
  }
  return found;
};

const files = {
  empty: Buffer.alloc(0),
  'skip-me': Buffer.alloc(5000, 1),
  [`${'a'.repeat(150)}/${'b'.repeat(90)}`]: Buffer.from('long name'),
  exact: Buffer.alloc(1024, 'x'),
};

test.each([1, 7, 512, 100_000])('files come back, in pieces of %i bytes', async (size) => {
  const found = await read(archive(files), size);
  expect(Object.keys(found)).toEqual(Object.keys(files));
  expect(found['exact']).toBe('x'.repeat(1024));
  expect(found['skip-me']).toBe('');
});

test('a size beyond 8 GiB is kept', async () => {
  const size = 20 * 1024 ** 3 + 1;
  const entries = readTar(inPieces(tarHeader('huge', size), 512));
  expect((await entries.next()).value).toMatchObject({ name: 'huge', size });
});

test('an archive that is cut, changed or holds more than files is refused', async () => {
  const good = archive(files);
  for (const cut of [0, 100, 512, 3000, good.length - 1024]) {
    await expect(read(good.subarray(0, cut)), `cut at ${cut}`).rejects.toThrow('ends too early');
  }
  const changed = Buffer.from(good);
  changed[3]! ^= 1;
  await expect(read(changed)).rejects.toThrow('wrong checksum');
  const link = tarHeader('link', 0);
  link.write('2', 156);
  link.write('0', 148 + 6);
  await expect(read(Buffer.concat([link, tarEnd()]))).rejects.toThrow('archive is damaged');
  expect(() => tarHeader('x'.repeat(200), 0)).toThrow('too long a name');
});
