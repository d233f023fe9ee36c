import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** A ZIP of stored entries. (APPNOTE.TXT 4.3) */
function zip(entries: [string, Buffer][]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, body] of entries) {
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(body), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(body.length, 18);
    common.writeUInt16LE(path.length, 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, path, body);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((0o100644 << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, tail, path);
    offset += 30 + path.length + body.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}

/** Writes a pure wheel into a folder and gives its SHA-256. (PEP 427) */
export async function writeWheel(
  folder: string,
  name: string,
  version: string,
  files: Record<string, string | Buffer>,
  needs: string[] = [],
): Promise<string> {
  const about = `${name}-${version}.dist-info`;
  const metadata = ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`];
  const entries: [string, Buffer][] = [
    ...Object.entries(files).map(([path, body]): [string, Buffer] => [path, Buffer.from(body)]),
    [
      `${about}/METADATA`,
      Buffer.from([...metadata, ...needs.map((one) => `Requires-Dist: ${one}`), ''].join('\n')),
    ],
    [
      `${about}/WHEEL`,
      Buffer.from('Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
    ],
  ];
  const record = entries.map(
    ([path, body]) =>
      `${path},sha256=${createHash('sha256').update(body).digest('base64url')},${body.length}\n`,
  );
  entries.push([`${about}/RECORD`, Buffer.from(`${record.join('')}${about}/RECORD,,\n`)]);
  const wheel = zip(entries);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}-${version}-py3-none-any.whl`), wheel);
  return createHash('sha256').update(wheel).digest('hex');
}
