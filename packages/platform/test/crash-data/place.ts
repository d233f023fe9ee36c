import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { call, Gone } from '../crash/client.ts';
import type { Ask } from '../crash/scenario.ts';
import { ServerUnderTest } from '../crash/server-under-test.ts';
import { type Read, readerOf } from '../crash-compute/database.ts';
import { type DevelopmentObjectStore, developmentObjectStore } from '../development-object-store.ts';

export const storeKinds = ['folder', 's3'] as const;
export type StoreKind = (typeof storeKinds)[number];

/** A platform whose blobs lie in its folder or in an object store of its own. */
export type Place = {
  kind: StoreKind;
  folder: string;
  server: ServerUnderTest;
  objects: DevelopmentObjectStore | undefined;
  /** Of a researcher of the home organisation. */
  token: string;
  ask: Ask;
  admin: Ask;
  /** Requests of the holder of a token, to wherever the platform is just now. */
  asking(token: string): Ask;
  /** What is on record, beside the interface. */
  read: Read;
  /** What was killed, on its way back: a place that is closed waits for it, and starts nothing afterwards. */
  returning: Promise<void> | undefined;
  isClosed: boolean;
  /** What is there of unfinished things: drafts, uploads in parts, staged files. */
  leftOver(): Promise<string[]>;
  /** Every blob with the SHA-256 of its bytes; sealed ones are left out. */
  blobs(): Promise<{ address: string; sha256: string }[]>;
  close(options: { keep: boolean }): Promise<void>;
};

const below = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

const hashOf = async (stream: AsyncIterable<unknown>): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

const plain = /[0-9a-f]{32}\/[0-9a-f]{2}\/[0-9a-f]{64}$/;
const Bucket = 'crash-test';

async function researcherOf(admin: Ask): Promise<string> {
  const { organisation } = await admin<{ organisation: string }>('GET', '/v1/me');
  const person = { kind: 'person', name: 'researcher', organisation };
  const { id } = await admin<{ id: string }>('POST', '/v1/principals', person);
  await admin('POST', `/v1/principals/${id}/roles`, { organisation, role: 'researcher' });
  const token = { name: 'crash test' };
  return (await admin<{ secret: string }>('POST', `/v1/principals/${id}/tokens`, token)).secret;
}

/** Opens a place, or says why there can be none here. The platform gets the flags besides. */
async function openPlace(kind: StoreKind, more: readonly string[]): Promise<Place | { missing: string }> {
  const objects = kind === 's3' ? developmentObjectStore() : undefined;
  if (objects !== undefined && objects.missing !== null) {
    objects.stop();
    return { missing: objects.missing };
  }
  const folder = mkdtempSync(join(tmpdir(), 'genesis-crash-data-'));
  const flags =
    objects === undefined
      ? []
      : [
          ...['--blobs', 's3', '--s3-endpoint', objects.endpoint, '--s3-bucket', Bucket],
          ...['--s3-prefix', 'genesis/', '--s3-credentials-file', objects.credentialsFile],
        ];
  const data = join(folder, 'data');
  const server = new ServerUnderTest(data, { log: join(folder, 'server.log'), flags: [...flags, ...more] });
  const client =
    objects &&
    new S3Client({
      ...{ endpoint: objects.endpoint, region: objects.region, credentials: objects.credentials },
      forcePathStyle: true,
    });
  await client?.send(new CreateBucketCommand({ Bucket }));
  await server.start();
  const isAway = (): boolean => !server.alive || server.url === '';
  const reader = readerOf(data);
  const read: Read = async (sql, values) => {
    const { starts } = server;
    if (isAway()) throw new Gone('the record');
    try {
      return await reader(sql, values);
    } catch (error) {
      // whatever a database says that stops or starts
      if (isAway() || server.starts !== starts) throw new Gone('the record', { cause: error });
      throw error;
    }
  };
  const asking =
    (token: string): Ask =>
    async (method, path, body, key) => {
      // while it is away its port may be another's
      if (isAway()) throw new Gone(`${method} ${path}`);
      return await call(server.url, token, method, path, body, key);
    };
  const admin = asking(readFileSync(join(data, 'admin.token'), 'utf8').trim());
  const token = await researcherOf(admin);

  const uploads = async (): Promise<string[]> => {
    const { Uploads = [] } = (await client?.send(new ListMultipartUploadsCommand({ Bucket }))) ?? {};
    return Uploads.map(({ Key }) => `unfinished upload of ${Key}`);
  };
  const place: Place = {
    ...{ kind, folder, server, objects, token, admin, asking, read, returning: undefined, isClosed: false },
    ask: asking(token),
    leftOver: async () => [
      ...['blobs/drafts', 'blobs/unfinished', 'staging'].flatMap((name) => below(join(data, name))),
      ...(await uploads()),
    ],
    blobs: async () => {
      const found: { address: string; sha256: string }[] = [];
      if (client === undefined) {
        for (const path of below(join(data, 'blobs')))
          if (plain.test(path)) found.push({ address: path, sha256: await hashOf(createReadStream(path)) });
        return found;
      }
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      for (const { Key = '' } of Contents) {
        if (!plain.test(Key)) continue;
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        found.push({ address: Key, sha256: await hashOf(Body as Readable) });
      }
      return found;
    },
    close: async ({ keep }) => {
      place.isClosed = true;
      await place.returning?.catch(() => undefined);
      await server.stop();
      client?.destroy();
      objects?.stop();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
  return place;
}

/** Opens a place and makes ready there; what fails in that closes the place. */
export async function openWith<T extends object>(
  kind: StoreKind,
  flags: readonly string[],
  opened: (place: Place) => void,
  make: (place: Place) => Promise<T>,
): Promise<({ place: Place } & T) | { missing: string }> {
  const place = await openPlace(kind, flags);
  if ('missing' in place) return place;
  opened(place);
  try {
    return { place, ...(await make(place)) };
  } catch (error) {
    await place.close({ keep: true });
    throw error;
  }
}
