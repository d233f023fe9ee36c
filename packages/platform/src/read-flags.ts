import { parseArgs } from 'node:util';
import { type ConfigName, configSchema, flagName } from '@genesis/contracts';

const names = Object.keys(configSchema.shape) as ConfigName[];

type Flags = {
  /** Values of the configuration, as text, by their names there. */
  flags: Partial<Record<ConfigName, unknown>>;
  /** The configuration file of `--config`. */
  file: string | undefined;
  untilStdinCloses: boolean;
  positionals: string[];
};

/** Reads a command line of configuration flags. Throws a TypeError that names a flag which nobody knows. */
export function readFlags(argv: readonly string[], options: { allowPositionals: boolean }): Flags {
  const known = Object.fromEntries(
    names.map((name) => [flagName(name).slice(2), { type: 'string' as const }]),
  );
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { ...known, config: { type: 'string' }, 'until-stdin-closes': { type: 'boolean' } },
    allowPositionals: options.allowPositionals,
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
    untilStdinCloses: values['until-stdin-closes'] === true,
    positionals,
  };
}
