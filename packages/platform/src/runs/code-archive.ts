/** The files of a training's own code as one archive: the same files give the same bytes. */
import { createHash } from 'node:crypto';
import { invalidField, mostCodeBytes, type OwnTraining } from '@genesis/contracts';
import { tarEnd, tarHeader, tarPadding } from '../kernel/index.ts';

export type CodeArchive = { bytes: Buffer; sha256: string };

/** Names in the working folder that belong to the sandbox. */
const taken = new Set(['inputs', '.scratch', 'environment']);

/** @throws GenesisError `invalid-input`, naming the file */
export function packCode(files: OwnTraining['code']): CodeArchive | null {
  if (files.length === 0) return null;
  const parts: Buffer[] = [];
  const seen = new Set<string>();
  let total = 0;
  const sorted = files.map((file, at) => ({ ...file, at })).sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, content, at } of sorted) {
    const field = `code.${at}.path`;
    const [top = ''] = path.split('/');
    if (taken.has(top))
      throw invalidField(field, `"${top}" belongs to the run's own folder: give it another name`);
    if (seen.has(path)) throw invalidField(field, `"${path}" is there twice`);
    for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1))
      if (seen.has(path.slice(0, slash)))
        throw invalidField(field, `"${path.slice(0, slash)}" is a file and a folder`);
    seen.add(path);
    const body = Buffer.from(content, 'base64');
    total += body.length;
    if (total > mostCodeBytes)
      throw invalidField(
        'code',
        `more than ${mostCodeBytes} bytes in all: give data as datasets, not as code`,
      );
    parts.push(headerOf(path, body.length, field), body, tarPadding(body.length));
  }
  const bytes = Buffer.concat([...parts, tarEnd()]);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function headerOf(path: string, size: number, field: string): Buffer {
  try {
    return tarHeader(path, size);
  } catch (cause) {
    throw invalidField(field, 'too long a path', { cause });
  }
}
