import { Readable } from 'node:stream';
import { GenesisError, invalidField } from '@genesis/contracts';
import { mostFileBytes } from './filesystem/index.ts';

/** What the form around a file may take besides. */
const formBytes = 64 * 1024;

/**
 * The one file of a form. It is held in memory, at most 5 MiB of it.
 *
 * @param body the raw bytes of the request
 * @throws GenesisError `too-large`, and `invalid-input` for anything but a form with the one field `file`
 */
export async function readUpload(body: unknown, contentType: string | undefined): Promise<Buffer> {
  if (!(body instanceof Readable) || contentType?.startsWith('multipart/form-data') !== true)
    throw invalidField('body', 'expected multipart/form-data with the field "file"');
  const bytes = await readAll(body);
  const form = await new Response(bytes, { headers: { 'content-type': contentType } })
    .formData()
    .catch((cause: unknown) => {
      throw invalidField('body', 'is no form as multipart/form-data has it', { cause });
    });
  const others = [...form.keys()].filter((name) => name !== 'file');
  if (others.length > 0)
    throw invalidField(others[0] ?? '', 'unknown field: a form has only the field "file"');
  const [file, ...more] = form.getAll('file');
  if (file === undefined || more.length > 0) throw invalidField('file', 'expected exactly one file');
  const content = typeof file === 'string' ? Buffer.from(file) : Buffer.from(await file.arrayBuffer());
  if (content.length > mostFileBytes) throw tooLarge();
  return content;
}

const tooLarge = (): GenesisError =>
  new GenesisError({
    code: 'too-large',
    message: `A file of one upload has at most ${mostFileBytes} bytes.`,
    limitBytes: mostFileBytes,
  });

async function readAll(stream: Readable): Promise<Buffer<ArrayBuffer>> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostFileBytes + formBytes) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}
