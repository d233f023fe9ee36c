import { type GenesisFailure, invalidField } from '@genesis/contracts';

/** The version of the protocol (https://tus.io/protocols/resumable-upload) and what of it is there. */
export const tus = {
  version: '1.0.0',
  extensions: 'creation,expiration,checksum,termination',
  algorithm: 'sha256',
  mismatch: 460,
} as const;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** An answer with a status that the protocol asks for and no other part of the platform knows. */
export class TusRefusal extends Error {
  readonly status: number;
  readonly failure: GenesisFailure;
  constructor(status: number, failure: GenesisFailure) {
    super(failure.message);
    this.status = status;
    this.failure = failure;
  }
}

const textOf = (headers: Headers, name: string): string | undefined => {
  const value = headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
};

export const assertVersion = (headers: Headers): void => {
  if (textOf(headers, 'Tus-Resumable') === tus.version) return;
  const message = `Tus-Resumable: expected ${tus.version}`;
  throw new TusRefusal(412, { code: 'unsupported', message });
};

/** A count of bytes. */
export const bytesOf = (headers: Headers, name: 'Upload-Length' | 'Upload-Offset'): number => {
  const text = textOf(headers, name) ?? '';
  if (!/^\d{1,15}$/.test(text)) throw invalidField(name, 'expected a whole number of bytes');
  return Number(text);
};

/** Fills a header; not more, since it is kept beside the upload. */
const longestMetadata = 4000;

/** `name value` pairs, the values in base64; it is given back as it came, and `sha256` (64 hexadecimal digits) is held against the whole. */
export const metadataOf = (headers: Headers): { text: string; sha256: string | null } => {
  const text = textOf(headers, 'Upload-Metadata') ?? '';
  if (text.length > longestMetadata)
    throw invalidField('Upload-Metadata', `expected at most ${longestMetadata} characters`);
  const found = text
    .split(',')
    .map((pair) => pair.trim().split(' '))
    .find(([name]) => name === 'sha256');
  if (found === undefined) return { text, sha256: null };
  const sha256 = Buffer.from(found[1] ?? '', 'base64').toString();
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw invalidField('Upload-Metadata', 'sha256: expected 64 hexadecimal digits, in base64');
  return { text, sha256 };
};

/** The SHA-256 that the bytes of one request must have, where the sender says. */
export const checksumOf = (headers: Headers): Buffer | undefined => {
  const text = textOf(headers, 'Upload-Checksum');
  if (text === undefined) return undefined;
  const [algorithm, encoded = ''] = text.split(' ');
  const digest = Buffer.from(encoded, 'base64');
  if (algorithm !== tus.algorithm || digest.length !== 32)
    throw invalidField('Upload-Checksum', `expected "${tus.algorithm}" and 32 bytes in base64`);
  return digest;
};
