import { readFile } from 'node:fs/promises';
import { type ConfigName, describeConfig, resolveConfig } from '@genesis/contracts';
import type { Command } from 'commander';
import { declare, type Registry } from '../command.ts';
import { UsageError } from '../failure.ts';
import { table } from '../terminal/table.ts';
import { addConfigFlags, givenFlags } from './serve.ts';

async function readConfigFile(
  path: string,
  required: boolean,
): Promise<{ path: string; values: unknown } | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return { path, values: JSON.parse(text) as unknown };
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

export const configCommand = (registry: Registry, program: Command): Command =>
  declare<[], { config?: string } & Partial<Record<ConfigName, string>>>(registry, program, 'config', {
    summary: 'Show the configuration that "genesis serve" would use, and where each value comes from',
    details: 'Passwords are hidden, so that the output can be shown to others.',
    options: addConfigFlags,
    examples: ['genesis config', 'genesis config --port 8080', 'genesis config --config lab.json --json'],
    act: async ({ env, folder }, options) => {
      const named = options.config ?? (env['GENESIS_CONFIG'] || undefined);
      const file = await readConfigFile(named ?? `${folder}/genesis.json`, named !== undefined);
      const resolved = resolveConfig({
        env,
        flags: givenFlags(options),
        ...(file === undefined ? {} : { file }),
      });
      const described = describeConfig(resolved);
      const rows = described.map(({ name, value, source, description }) => [
        name,
        value,
        source,
        description,
      ]);
      const text = [table(['Name', 'Value', 'From', 'Meaning'], rows), ...resolved.warnings].join('\n');
      return { text, json: { values: described, warnings: resolved.warnings } };
    },
  });
