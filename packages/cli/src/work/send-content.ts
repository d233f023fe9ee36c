import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type GenesisClient, ProblemError, UnreachableError } from '@genesis/client';
import type { Call } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { StepError, UsageError } from '../failure.ts';

/** One request carries so much; what is sent again after a broken connection is at most this. */
const pieceBytes = 8 * 1024 * 1024;
/** Failures in a row, without a byte of progress between them, after which the command gives up. */
const mostFailures = 10;
const longestPauseMs = 10_000;

const tus = { 'tus-resumable': '1.0.0' };

const isPassing = (error: unknown): boolean =>
  error instanceof UnreachableError ||
  (error instanceof ProblemError && (error.problem.status >= 500 || error.problem.status === 409));
const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof ProblemError && error.problem.status === status;

const hashFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

const readPiece = async (file: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const piece = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(piece, at, length - at, offset + at);
    if (bytesRead === 0) throw new UsageError('The file became shorter while it was sent.');
    at += bytesRead;
  }
  return piece;
};

/**
 * Sends a file as the content of an accepted import, or what is missing of it. Broken connections and a server that
 * restarts are waited out, a bounded number of times; every piece and the whole are checked by their SHA-256.
 *
 * @throws StepError that says how to go on, when the server stays away
 */
export async function sendContent(
  call: Call,
  client: GenesisClient,
  path: string,
  id: string,
): Promise<void> {
  const { signal } = call;
  const address = `/v1/imports/${encodeURIComponent(id)}/upload`;
  const sha256 = await hashFile(path);
  const metadata = `sha256 ${Buffer.from(sha256).toString('base64')}`;
  const file = await open(path);
  const progress = call.progress();
  const { size } = await file.stat();
  let offset = 0;
  let failures = 0;

  const show = (note: string): void => {
    if (size <= 1 << 22) return;
    const mebibytes = (bytes: number) => Math.round(bytes / 104_857.6) / 10;
    progress.show([{ name: basename(path), done: mebibytes(offset), of: mebibytes(size), note }]);
  };
  /** Where the server stands; the upload is begun where it was not. */
  const ask = async (): Promise<void> => {
    try {
      const { headers } = await client.send('HEAD', address, { headers: tus, signal });
      const begun = headers.get('upload-metadata');
      if (Number(headers.get('upload-length')) !== size || (begun !== null && begun !== metadata))
        throw new UsageError(
          `${path} is not the file whose sending was begun: give that one, or import anew.`,
        );
      offset = Number(headers.get('upload-offset'));
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      const headers = { ...tus, 'upload-length': String(size), 'upload-metadata': metadata };
      await client.send('POST', address, { headers, signal });
      offset = 0;
    }
  };
  const sendPiece = async (): Promise<void> => {
    const piece = await readPiece(file, offset, Math.min(pieceBytes, size - offset));
    const digest = createHash('sha256').update(piece).digest('base64');
    const answer = await client.send('PATCH', address, {
      body: piece,
      contentType: 'application/offset+octet-stream',
      headers: { ...tus, 'upload-offset': String(offset), 'upload-checksum': `sha256 ${digest}` },
      signal,
    });
    offset = Number(answer.headers.get('upload-offset'));
  };

  try {
    for (let asked = false; !asked || offset < size; ) {
      try {
        if (!asked) await ask();
        asked = true;
        show('MiB sent');
        while (offset < size) {
          await sendPiece();
          failures = 0;
          show('MiB sent');
        }
      } catch (error) {
        if (signal.aborted || !isPassing(error)) throw error;
        failures += 1;
        if (failures > mostFailures) {
          const message = `The server stays away. Nothing that it took is lost: go on with --resume ${id}`;
          throw new StepError(message, { cause: error, exitCode: exitCodes.unavailable });
        }
        asked = false;
        show('MiB sent; the connection broke, trying again');
        await wait(Math.min(longestPauseMs, 250 * 2 ** failures), undefined, { signal });
      }
    }
  } finally {
    progress.end();
    await file.close();
  }
}
