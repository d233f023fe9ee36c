import { readFile } from 'node:fs/promises';
import { type ConfigName, configSchema, flagName } from '@genesis/contracts';
import type { Command } from 'commander';
import { type Call, declare, type Registry } from '../command.ts';
import { credentialsPath, readCredentials, writeCredentials } from '../connection.ts';
import { StepError } from '../failure.ts';
import { type ServerProcess, startServer } from '../server/server-process.ts';

const names = Object.keys(configSchema.shape) as ConfigName[];
export type ServeOptions = { config?: string } & Partial<Record<ConfigName, string>>;

/** Adds one flag for each configuration value; the server checks them, together with file and environment. */
export function addConfigFlags(command: Command): Command {
  command.option(
    '--config <file>',
    'configuration file (default: GENESIS_CONFIG, else genesis.json where there is one)',
  );
  for (const name of names) {
    command.option(`${flagName(name)} <value>`, configSchema.shape[name].description);
  }
  return command;
}

/** The configuration flags that were given, by their names in the configuration. */
export const givenFlags = (options: ServeOptions): Partial<Record<ConfigName, string>> =>
  Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));

/** The given flags as the server and the restore take them. */
export function serverFlags(options: ServeOptions): string[] {
  const flags = Object.entries(givenFlags(options)).flatMap(([name, value]) => [
    flagName(name as ConfigName),
    value,
  ]);
  return options.config === undefined ? flags : ['--config', options.config, ...flags];
}

/**
 * Leaves address and token for the other commands. A platform that was restored has no token file: then the token that
 * is there already stays, because it may well be the right one.
 */
async function shareCredentials(call: Call, { url, tokenFile, created }: ServerProcess): Promise<void> {
  let token: string | undefined;
  try {
    token = (await readFile(tokenFile, 'utf8')).trim();
    call.say(`The administrator's token is in ${tokenFile}${created ? ' (made just now)' : ''}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    call.say(`${tokenFile} is not there: use a token that you have.`);
  }
  const path = credentialsPath(call.env);
  if (path === undefined) return;
  const kept = token ?? (await readCredentials(path, false)).token;
  await writeCredentials(path, kept === undefined ? { url } : { url, token: kept });
  call.say(`Other commands find it through ${path}`);
}

export const serveCommand = (registry: Registry, program: Command): Command =>
  declare<[], ServeOptions>(registry, program, 'serve', {
    summary: 'Start the platform and keep it running',
    details:
      'The first start makes an administrator and writes the token to a file that only you can read. While it runs, the\n' +
      'other commands find it and its administrator through your credentials file. Ctrl-C stops it cleanly.',
    options: addConfigFlags,
    examples: [
      'genesis serve',
      'genesis serve --data-folder ./lab --port 8080',
      'genesis serve --config lab.json --log-level warn',
    ],
    act: async (call, options) => {
      const server = await startServer({
        flags: serverFlags(options),
        env: call.env,
        log: 'inherit',
        signal: call.signal,
      });
      try {
        call.say(`Genesis answers at ${server.url}`);
        await shareCredentials(call, server);
        const interrupted = new Promise<void>((resolve) => {
          if (call.signal.aborted) resolve();
          call.signal.addEventListener('abort', () => resolve(), { once: true });
        });
        await Promise.race([interrupted, server.ended]);
      } finally {
        await server.stop();
      }
      const status = await server.ended;
      if (status !== 0) throw new StepError(`The server ended with status ${status}.`, { exitCode: status });
      return { text: 'Genesis stopped.', json: { url: server.url, stopped: true } };
    },
  });
