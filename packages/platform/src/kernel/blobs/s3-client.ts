import { readFile, stat } from 'node:fs/promises';
import { S3Client as Client, type S3Client, type S3ServiceException } from '@aws-sdk/client-s3';
import { type Config, GenesisError, invalidField } from '@genesis/contracts';
import { z } from 'zod';
import { errorCode } from '../system-error.ts';
import { gone } from './model.ts';

/** Where the objects are. The credentials are in a file of mode 0600, and nowhere else. */
export type S3Place = {
  /** Without one, Amazon's own of the region. */
  endpoint: string | undefined;
  region: string;
  bucket: string;
  /** Begins every key; empty, or ends with a slash. */
  prefix: string;
  pathStyle: boolean;
  credentialsFile: string;
};

/** The place that the configuration names, or undefined when blobs lie in the data folder. */
export const s3PlaceOf = (config: Config): S3Place | undefined => {
  if (config.blobs === 'folder') return undefined;
  const { s3Endpoint, s3Region, s3Bucket, s3Prefix, s3PathStyle, s3CredentialsFile } = config;
  if (s3Bucket === undefined) throw invalidField('s3Bucket', 'needed with blobs: s3');
  if (s3CredentialsFile === undefined) throw invalidField('s3CredentialsFile', 'needed with blobs: s3');
  return {
    ...{ endpoint: s3Endpoint, region: s3Region, bucket: s3Bucket, pathStyle: s3PathStyle },
    ...{ prefix: s3Prefix, credentialsFile: s3CredentialsFile },
  };
};

const credentialsSchema = z.strictObject({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).exactOptional(),
});

/** Nothing of what is in the file gets into an error. */
const readCredentials = async (path: string): Promise<z.infer<typeof credentialsSchema>> => {
  const refuse = (why: string, cause?: unknown) =>
    invalidField('s3CredentialsFile', `${path} ${why}`, { cause });
  let text: string;
  try {
    if (((await stat(path)).mode & 0o077) !== 0) throw refuse('can be read by others: chmod 600 it');
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof GenesisError) throw error;
    throw refuse(`cannot be read (${errorCode(error)})`, error);
  }
  try {
    return credentialsSchema.parse(JSON.parse(text));
  } catch {
    throw refuse('is not JSON with the fields accessKeyId, secretAccessKey and, if wanted, sessionToken');
  }
};

/** A changed file counts within this time. */
const credentialsMs = 60_000;
const connectMs = 5_000;
/** Longest silence of the store, before it answers and between two pieces of what it sends. */
const silenceMs = 30_000;

export const createS3Client = (place: S3Place): S3Client =>
  new Client({
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
    region: place.region,
    forcePathStyle: place.pathStyle,
    credentials: async () => ({
      ...(await readCredentials(place.credentialsFile)),
      expiration: new Date(Date.now() + credentialsMs),
    }),
    // Bodies are signed with their SHA-256, which every store checks; not every one knows the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 4,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: silenceMs,
      socketTimeout: silenceMs,
      throwOnRequestTimeout: true,
    },
  });

const awayCodes = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_SSL_WRONG_VERSION_NUMBER'],
]);

/** What a failed call to the store means: the object is not there, it is away for a while, or it refuses us. */
export type S3Trouble = 'missing' | 'away' | 'refused';

export const s3Trouble = (error: unknown): S3Trouble | undefined => {
  if (!(error instanceof Error) || error instanceof GenesisError) return undefined;
  const { name, $metadata } = error as Partial<S3ServiceException> & Error;
  const status = $metadata?.httpStatusCode;
  if (['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes(name)) return 'missing';
  if (name === 'TimeoutError' || awayCodes.has(errorCode(error) ?? '') || error.message === 'aborted')
    return 'away';
  if (status === undefined) return undefined;
  return status >= 500 || status === 429 || status === 408 ? 'away' : 'refused';
};

/** An error of the store in the platform's words: nothing of it is final but that an object is not there. */
export const asStoreError = (error: unknown): unknown => {
  switch (s3Trouble(error)) {
    case 'missing':
      return gone(error);
    case 'away':
      return new GenesisError(
        {
          code: 'unavailable',
          message: 'The object store cannot be reached just now.',
          retryAfterSeconds: 5,
        },
        { cause: error },
      );
    case 'refused':
      return new GenesisError(
        {
          code: 'unavailable',
          message: `The object store refuses the platform just now (${(error as Error).name}): its operator has to look.`,
          retryAfterSeconds: 30,
        },
        { cause: error },
      );
    case undefined:
      return error;
  }
};

/** Why the store cannot be used, said to the operator at the start. */
export const whyUnusable = (error: unknown, place: S3Place): unknown => {
  const where = `${place.endpoint ?? 'Amazon S3'}, bucket "${place.bucket}"`;
  switch (error instanceof Error ? error.name : undefined) {
    case 'NoSuchBucket':
      return invalidField(
        's3Bucket',
        `there is no bucket "${place.bucket}" at ${place.endpoint}: create it`,
        {
          cause: error,
        },
      );
    case 'InvalidAccessKeyId':
      return invalidField('s3CredentialsFile', `${where} does not know this access key`, { cause: error });
    case 'SignatureDoesNotMatch':
      return invalidField('s3CredentialsFile', `${where} finds the secret of this access key wrong`, {
        cause: error,
      });
    case 'AccessDenied':
      return invalidField(
        's3CredentialsFile',
        `${where} does not let this access key list, read and write objects`,
        { cause: error },
      );
    case 'RequestTimeTooSkewed':
      return clockIsOff(where, undefined, error);
  }
  if (s3Trouble(error) === 'away') {
    const message = `The object store (${where}) does not answer: start it, or correct s3Endpoint.`;
    return new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 10 }, { cause: error });
  }
  return error;
};

const clockIsOff = (where: string, milliseconds: number | undefined, cause?: unknown): GenesisError => {
  const much = milliseconds === undefined ? '' : ` by ${Math.round(Math.abs(milliseconds) / 1000)} s`;
  const message = `The clock of this machine differs${much} from that of the object store (${where}): set the one that is wrong.`;
  return new GenesisError({ code: 'conflict', message }, { cause });
};

const mostSkewMs = 5 * 60_000;

/** The client corrects a wrong clock by itself; the platform's own times would still be wrong. */
export const assertClock = (client: S3Client, place: S3Place): void => {
  const skew = client.config.systemClockOffset;
  if (Math.abs(skew) > mostSkewMs) throw clockIsOff(`${place.endpoint}, bucket "${place.bucket}"`, skew);
};
