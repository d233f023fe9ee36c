/** The log of a job while it runs, and all of it at its end. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '@genesis/contracts';
import { errorCode } from '../../../kernel/index.ts';
import { lineReader } from '../local/log-lines.ts';
import { type FacilityClient, TaskFailed } from './facility-client.ts';
import type { JobFolder } from './job-folder.ts';
import { remoteFiles } from './job-script.ts';

const streams = ['stdout', 'stderr'] as const;
type Stream = (typeof streams)[number];

/** The first view of a stream, growing while a line does not fit. */
const firstView = 2 ** 18;
const restMs = { first: 1_000, most: 10_000 };

export type RemoteLog = {
  /** Tells the lines that were added, whole ones only; does nothing when it was called a moment ago, unless `now`. */
  follow(now?: boolean): Promise<void>;
  /** Tells the rest, from what has been fetched. */
  finish(): Promise<void>;
};

/**
 * Lines are told once and in the order of their stream. What a facility shows of a growing file may not be its bytes
 * (other line ends, replaced characters): a view then does not begin where a line does, and the stream waits for the
 * end of the job. At the end, lines are counted, not bytes, so none is told twice and none is left out.
 */
export function createRemoteLog(
  client: FacilityClient,
  remote: string,
  folder: JobFolder,
  onLog: (lines: LogLine[]) => void,
): RemoteLog {
  const told = { stdout: 0, stderr: 0 };
  const at = { stdout: 0, stderr: 0 };
  const blind = { stdout: false, stderr: false };
  let rest = restMs.first;
  let lookAgain = 0;

  const tell = (lines: LogLine[]): void => {
    for (const { stream } of lines) told[stream] += 1;
    if (lines.length > 0) onLog(lines);
  };

  /** Whether there was something new. */
  const view = async (stream: Stream): Promise<boolean> => {
    if (blind[stream]) return false;
    // one byte more than is new: it is the end of the line before, or this is not the place that it should be
    const back = at[stream] === 0 ? 0 : 1;
    let size = firstView;
    for (;;) {
      const text = await client.view(`${remote}/${remoteFiles[stream]}`, at[stream] - back, size);
      if (text === '') return false;
      if (back === 1 && text[0] !== '\n') {
        blind[stream] = true;
        return false;
      }
      const odd = text.indexOf('\uFFFD');
      const end = (odd < 0 ? text : text.slice(0, odd)).lastIndexOf('\n') + 1;
      if (end > back) {
        const whole = text.slice(back, end);
        at[stream] += Buffer.byteLength(whole);
        lineReader(stream, { remainingBytes: Number.MAX_SAFE_INTEGER }, tell).push(Buffer.from(whole));
        return true;
      }
      if (Buffer.byteLength(text) < size || size === client.dialect.pieceBytes) return false;
      size = Math.min(size * 4, client.dialect.pieceBytes);
    }
  };

  return {
    follow: async (now = false) => {
      if (!now && performance.now() < lookAgain) return;
      const news: boolean[] = [];
      for (const stream of streams) {
        try {
          news.push(await view(stream));
        } catch (error) {
          // the file is not there yet, or cannot be shown; the end of the job has all of it
          if (!(error instanceof TaskFailed)) throw error;
        }
      }
      rest = news.includes(true) ? restMs.first : Math.min(rest * 1.5, restMs.most);
      lookAgain = performance.now() + rest;
    },
    finish: () => tellStored(folder, onLog, told),
  };
}

/** Tells the log of an ended job as it was fetched, without the lines that were told before. */
export async function tellStored(
  folder: JobFolder,
  onLog: (lines: LogLine[]) => void,
  told: Readonly<Record<Stream, number>> = { stdout: 0, stderr: 0 },
): Promise<void> {
  for (const stream of streams) {
    let skip = told[stream];
    const left = (lines: LogLine[]): void => {
      const added = lines.slice(skip);
      skip = Math.max(0, skip - lines.length);
      if (added.length > 0) onLog(added);
    };
    const reader = lineReader(stream, { remainingBytes: Number.MAX_SAFE_INTEGER }, left);
    try {
      for await (const part of createReadStream(join(folder.path, stream))) reader.push(part as Buffer);
    } catch (error) {
      // a job that left nothing
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    reader.end();
  }
}
