import { text } from 'node:stream/consumers';
import { GenesisError } from '@genesis/contracts';
import { loadConfig } from './kernel/index.ts';
import { startPlatform } from './main.ts';
import { readFlags } from './read-flags.ts';

/*
 * The server as a process of its own: `node server.ts [--config FILE] [--data-folder DIR] [--port N] ...`.
 *
 * Prints one JSON line `{"url", "tokenFile", "created"}` on standard output once it answers; logs on standard error.
 * Ends cleanly, with status 0, on SIGTERM, on SIGINT, and with `--until-stdin-closes` when standard input ends: whoever
 * started it is gone then, so no server stays behind. Ends with status 2 for a wrong configuration, and with 1 when it
 * cannot start or stop.
 */

/** Longer than a running job is waited for. */
const closeSeconds = 30;

async function main(): Promise<number> {
  const { flags, file, untilStdinCloses } = readFlags(process.argv.slice(2), { allowPositionals: false });
  const { config, warnings } = await loadConfig({ env: process.env, flags, file });
  for (const warning of warnings) process.stderr.write(`${warning}\n`);
  const ended = new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
    if (untilStdinCloses)
      void text(process.stdin).then(
        () => resolve(),
        () => resolve(),
      );
  });
  const platform = await startPlatform(config);
  process.stdout.write(`${JSON.stringify({ url: platform.url, ...platform.admin })}\n`);
  await ended;
  // Keeps the process alive while it closes, and bounds how long that may take.
  const overdue = setTimeout(() => {
    process.stderr.write(`Genesis did not stop within ${closeSeconds} s and was ended.\n`);
    process.exit(1);
  }, closeSeconds * 1000);
  await platform.close();
  clearTimeout(overdue);
  return 0;
}

try {
  process.exit(await main());
} catch (error) {
  const known = error instanceof GenesisError && error.failure.code !== 'internal';
  const message =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`Genesis cannot go on. ${message}\n`);
  process.exit(error instanceof GenesisError && error.failure.code === 'invalid-input' ? 2 : 1);
}
