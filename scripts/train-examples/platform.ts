/** A platform in a folder, and the commands of `genesis` in front of it, each as a process of its own, as a person would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../packages/cli/src/bin.ts', import.meta.url));

export type Json = Record<string, unknown>;
/** Runs `genesis WORDS --json` and gives its object. @throws Error with what it said, when it fails */
export type Genesis = (words: readonly string[]) => Promise<Json>;

export type Platform = { genesis: Genesis; stop: () => Promise<void> };

/** As a shell would need it. */
export const shown = (words: readonly string[]): string =>
  words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');

/** Commands write what they say into `log`; a line of it is handed to `say` before each. */
function genesisAs(env: NodeJS.ProcessEnv, log: string, say: (line: string) => void): Genesis {
  return async (words) => {
    say(`  genesis ${shown(words)}`);
    const child = spawn(process.execPath, [command, ...words, '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let last = '';
    createInterface(child.stdout).on('line', (line) => {
      last = line;
    });
    const heard: string[] = [];
    const written: Promise<void>[] = [];
    createInterface(child.stderr).on('line', (line) => {
      heard.push(line);
      written.push(appendFile(log, `${line}\n`));
    });
    const [code] = (await once(child, 'close')) as [number | null];
    await Promise.all(written);
    const answer = (last.startsWith('{') ? JSON.parse(last) : {}) as Json;
    if (code === 0) return answer;
    throw new Error(
      `genesis ${shown(words)} ended with ${code}:\n${heard.slice(-12).join('\n')}\nAll of it is in ${log}`,
    );
  };
}

/**
 * Starts a platform on a folder and makes a steward and a researcher, as the first steps of an operator say. The commands
 * that it gives are the researcher's.
 */
export async function startPlatform(folder: string, say: (line: string) => void): Promise<Platform> {
  const log = join(folder, 'commands.log');
  const data = join(folder, 'data');
  // credentials of the person who runs this stay as they are
  const { GENESIS_TOKEN: _token, GENESIS_CONFIG: _config, ...rest } = process.env;
  const env = { ...rest, XDG_CONFIG_HOME: join(folder, 'config') };
  const flags = ['serve', '--data-folder', data, '--port', '0', '--log-level', 'warn'];
  say(`  genesis ${shown(flags)}`);
  const server = spawn(process.execPath, [command, ...flags], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM');
    await ended;
  };
  // a platform outlives whoever started it
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(130)));
  try {
    const url = await new Promise<string>((resolve, reject) => {
      createInterface(server.stdout).on('line', (line) => {
        const [, found] = /answers at (http\S+)/.exec(line) ?? [];
        if (found !== undefined) resolve(found);
      });
      ended.then(() => reject(new Error('The platform ended before it answered.')), reject);
    });
    const as = (token: string): Genesis =>
      genesisAs({ ...env, GENESIS_URL: url, GENESIS_TOKEN: token }, log, say);
    return { genesis: as(await researcherOf(data, as)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The token of a researcher who may read what is internal. */
async function researcherOf(data: string, as: (token: string) => Genesis): Promise<string> {
  const admin = as((await readFile(join(data, 'admin.token'), 'utf8')).trim());
  // a folder that is used again has people already
  const mark = Date.now().toString(36);
  const make = async (role: 'steward' | 'researcher'): Promise<string> => {
    const { id } = await admin(['principal', 'create', `${role}-${mark}`]);
    await admin(['principal', 'grant', String(id), role]);
    return String(id);
  };
  const steward = await make('steward');
  const { secret } = await admin(['token', 'create', steward, '--name', 'training']);
  const researcher = await make('researcher');
  const clearing = as(String(secret));
  await clearing(['principal', 'clear', researcher, 'internal']);
  return String((await clearing(['token', 'create', researcher, '--name', 'training']))['secret']);
}
