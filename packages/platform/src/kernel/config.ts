import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  type Config,
  type ConfigInput,
  GenesisError,
  invalidField,
  type ResolvedConfig,
  resolveConfig,
} from '@genesis/contracts';
import { errorCode } from './system-error.ts';

const readConfigFile = async (path: string, required: boolean): Promise<ConfigInput['file']> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && !required) return undefined;
    throw invalidField('config', `the file ${path} cannot be read (${errorCode(error)})`, { cause: error });
  }
  try {
    return { path, values: JSON.parse(text) };
  } catch (error) {
    throw invalidField('config', `the file ${path} is not JSON`, { cause: error });
  }
};

/**
 * Reads the configuration once, at start: `file` (which must exist when named), else `genesis.json` in the working
 * folder if there is one, then `env`, then `flags`. The data folder comes back as an absolute path.
 */
export const loadConfig = async (input: {
  env: ConfigInput['env'];
  flags?: ConfigInput['flags'];
  file?: string | undefined;
  workingFolder?: string;
}): Promise<ResolvedConfig> => {
  const folder = input.workingFolder ?? '.';
  const named = input.file ?? input.env['GENESIS_CONFIG'];
  const file = await readConfigFile(resolve(folder, named ?? 'genesis.json'), named !== undefined);
  const resolved = resolveConfig({
    env: input.env,
    ...(input.flags ? { flags: input.flags } : {}),
    ...(file ? { file } : {}),
  });
  return {
    ...resolved,
    config: { ...resolved.config, dataFolder: resolve(folder, resolved.config.dataFolder) },
  };
};

/**
 * The name of this ledger in its checkpoints. Made on the first start and kept in the data folder from then on,
 * because a ledger that changes its name looks like another ledger; a different configured name is refused.
 */
export const persistentOrigin = async (config: Pick<Config, 'dataFolder' | 'origin'>): Promise<string> => {
  const path = join(config.dataFolder, 'origin');
  await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
  const fresh = config.origin ?? `genesis.invalid/${randomBytes(8).toString('hex')}`;
  try {
    await writeFile(path, `${fresh}\n`, { flag: 'wx', mode: 0o600, flush: true });
    return fresh;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  const kept = (await readFile(path, 'utf8')).trim();
  if (config.origin !== undefined && config.origin !== kept) {
    throw new GenesisError({
      code: 'conflict',
      message: `origin: this ledger is named "${kept}"; a ledger cannot change its name to "${config.origin}".`,
    });
  }
  return kept;
};
