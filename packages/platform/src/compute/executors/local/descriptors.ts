import { readdirSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

const closeOnExec = 0o2000000;

/**
 * Descriptors above 2 that this process was started with and that its children would inherit, for example a log file
 * that a service manager left open. A job must not get them.
 */
export function inheritableDescriptors(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((descriptor) => {
      if (descriptor <= 2) return false;
      try {
        const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
        return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
      } catch (error) {
        // the descriptor of the listing itself has been closed by now
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      }
    });
}

/** The list for spawn(): `wanted` as given, and what would be inherited replaced by /dev/null. */
export function closedStdio<T>(
  wanted: T[],
  inheritable: number[],
  devNull: number,
): (T | number | 'ignore')[] {
  const last = Math.max(-1, ...inheritable);
  const stdio: (T | number | 'ignore')[] = [...wanted];
  for (let index = wanted.length; index <= last; index += 1)
    stdio.push(inheritable.includes(index) ? devNull : 'ignore');
  return stdio;
}

/** Calls `onLine` for every whole line of a short, trusted stream. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

/** Writes to a process that may be gone: its end is told elsewhere, so a broken pipe is no error here. */
export function sendTo(stream: Writable, data: string | Buffer, end: boolean): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET' && error.code !== 'ERR_STREAM_DESTROYED')
      throw error;
  });
  if (end) stream.end(data);
  else stream.write(data);
}
