import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { type ConfigName, configSchema, flagName, GenesisError } from '@genesis/contracts';
import { loadConfig } from './kernel/index.ts';
import { startPlatform } from './main.ts';

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

const names = Object.keys(configSchema.shape) as ConfigName[];

function readFlags(argv: readonly string[]) {
  const options = Object.fromEntries(
    names.map((name) => [flagName(name).slice(2), { type: 'string' as const }]),
  );
  const { values } = parseArgs({
    args: [...argv],
    options: { ...options, config: { type: 'string' }, 'until-stdin-closes': { type: 'boolean' } },
  });
  const flags = Object.fromEntries(
    names.flatMap((name) => {
      const value = values[flagName(name).slice(2) as keyof typeof values];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    flags,
    file: values['config'] as string | undefined,
    untilStdinCloses: values['until-stdin-closes'],
  };
}

async function main(): Promise<number> {
  const { flags, file, untilStdinCloses } = readFlags(process.argv.slice(2));
  const { config, warnings } = await loadConfig({ env: process.env, flags, file });
  for (const warning of warnings) process.stderr.write(`${warning}\n`);
  const ended = new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
    if (untilStdinCloses === true)
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
