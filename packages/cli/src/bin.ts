#!/usr/bin/env node
import { main } from './main.ts';

const stopping = new AbortController();
const interrupt = (): void => {
  if (stopping.signal.aborted) return;
  process.stderr.write('\nStopping ...\n');
  stopping.abort(new DOMException('Interrupted.', 'AbortError'));
};
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);
// A reader that leaves early, for example `| head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  folder: process.cwd(),
  signal: stopping.signal,
});
