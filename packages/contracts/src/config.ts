import { z } from 'zod';
import { type FieldProblem, GenesisError } from './errors.ts';

const mebibyte = 1024 * 1024;
const bytes = () => z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Everything that an operator can set. One schema for the file, the environment and the flags. */
export const configSchema = z.strictObject({
  dataFolder: z.string().min(1).describe('Folder of the database, the blobs and the keys'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  port: z.number().int().min(0).max(65535).default(7470).describe('Port to listen on; 0 takes a free one'),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected a URL that begins with postgres://')
    .optional()
    .describe('PostgreSQL server; without it an embedded one runs in the data folder'),
  blobs: z.enum(['folder', 's3']).default('folder').describe('Where blobs lie: in the data folder, or in S3'),
  s3Endpoint: z
    .string()
    .regex(
      /^https?:\/\/[^\s/@]+$/,
      'expected a URL such as https://s3.example.org, without a path or credentials',
    )
    .optional()
    .describe('Address of the object store; Amazon S3 when absent'),
  s3Bucket: z.string().min(1).optional().describe('Bucket of the blobs'),
  s3Region: z.string().min(1).default('us-east-1').describe('Region of the bucket'),
  s3Prefix: z
    .string()
    .regex(/^(?:[\w.-]+\/)+$/, 'expected names that each end with a slash, such as genesis/')
    .or(z.literal(''))
    .default('')
    .describe('Begins the key of every object'),
  s3PathStyle: z.boolean().default(true).describe('Name the bucket in the path, not in the host name'),
  s3CredentialsFile: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .optional()
    .describe('JSON file of mode 0600 with accessKeyId and secretAccessKey'),
  s3CacheBytes: bytes()
    .default(10 * 1024 * mebibyte)
    .describe('Local copies of blobs that are kept for programs which need files'),
  allowUnsandboxed: z.boolean().default(false).describe('Run commands without a sandbox, and mark them so'),
  projectsFolder: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .optional()
    .describe('Folders of projects; for jobs on a Slurm, one that its nodes share. Else in the data folder'),
  signInFile: z
    .string()
    .min(1)
    .optional()
    .describe('JSON file of the OpenID providers that people and services sign in with'),
  templatesFolder: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .optional()
    .describe('Templates of agreements of your own, beside and in place of those that ship with Genesis'),
  kitsFolder: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .optional()
    .describe('Kits of Python programs, instead of those that ship with Genesis'),
  python: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .optional()
    .describe('The Python that environments are made with; else one is looked for'),
  wheelFolder: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .optional()
    .describe('Folder of wheels that environments are made from, instead of fetching packages'),
  environmentLimitBytes: bytes()
    .default(20 * 1024 * mebibyte)
    .describe('Largest Python environment'),
  workers: z.number().int().min(1).max(256).default(2).describe('Threads for built-in functions'),
  bodyLimitBytes: bytes().min(1024).default(mebibyte).describe('Largest JSON request'),
  uploadLimitBytes: bytes()
    .min(1024)
    .default(20 * 1024 * mebibyte)
    .describe('Largest upload'),
  reserveBytes: bytes()
    .default(256 * mebibyte)
    .describe('Free space below which writes are refused'),
  checkpointIntervalMs: z
    .number()
    .int()
    .min(100)
    .max(3_600_000)
    .default(1000)
    .describe('Time between checkpoints'),
  origin: z
    .string()
    .regex(/^[^\s+]{1,200}$/, 'expected a name without spaces and plus signs')
    .optional()
    .describe('Name of the ledger in its checkpoints; made once and kept when absent'),
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'expected an address that begins with https:// or http://' })
    .overwrite((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('Address under which others reach it, in exported metadata; else the one it listens on'),
  contactEmail: z
    .string()
    .regex(/^[\w.+-]+@[\w-]+(\.[\w-]+)+$/, 'expected an e-mail address')
    .default('contact@genesis.invalid')
    .describe('Whom exported metadata names where a dataset names nobody'),
  harvestHosts: z
    .string()
    .regex(/^[^\s/@]*$/, 'expected hosts, or HOST:PORT, separated by commas')
    .default('')
    .describe(
      'Hosts that may be harvested although they are not on the public internet, separated by commas',
    ),
  logLevel: z
    .enum(['silent', 'error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('Least level to log'),
  crashPoint: z
    .string()
    .regex(
      /^[a-z][a-z0-9.-]*(@[1-9]\d*)?$/,
      'expected the name of a crash point and how often it is passed: NAME@N',
    )
    .optional()
    .describe('For crash tests only: kill the process where this point is reached'),
});
export type Config = z.infer<typeof configSchema>;
export type ConfigName = keyof Config;

/** The file and the environment are named by path or variable, so that a person finds what to change. */
export type ConfigSource = 'default' | `file ${string}` | `environment ${string}` | `flag ${string}`;
type ConfigSources = Record<ConfigName, ConfigSource>;
export type ResolvedConfig = { config: Config; sources: ConfigSources; warnings: string[] };

const names = Object.keys(configSchema.shape) as ConfigName[];

/** Variables that keep the name which every tool knows. */
const commonVariables: Partial<Record<ConfigName, string>> = {
  databaseUrl: 'DATABASE_URL',
};

/** `dataFolder` becomes `GENESIS_DATA_FOLDER`. */
export const environmentName = (name: ConfigName): string =>
  commonVariables[name] ?? `GENESIS_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;

/** `dataFolder` becomes `--data-folder`. */
export const flagName = (name: ConfigName): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Variables that belong to the command line and to tests, not to the server. */
const otherVariables = new Set(['GENESIS_CONFIG', 'GENESIS_URL', 'GENESIS_TOKEN', 'GENESIS_DATA']);

const kindOf = (name: ConfigName): 'number' | 'boolean' | 'string' => {
  let schema: z.ZodType = configSchema.shape[name];
  while (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) {
    schema = schema.unwrap() as z.ZodType;
  }
  if (schema instanceof z.ZodNumber) return 'number';
  return schema instanceof z.ZodBoolean ? 'boolean' : 'string';
};

/** Text from the environment or a flag in the type of its field; what does not fit is left for the schema to refuse. */
const typed = (name: ConfigName, value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const kind = kindOf(name);
  if (kind === 'number' && /^-?\d+$/.test(value)) return Number(value);
  if (kind === 'boolean' && /^(true|1|yes)$/i.test(value)) return true;
  if (kind === 'boolean' && /^(false|0|no)$/i.test(value)) return false;
  return value;
};

const defaultDataFolder = (env: Readonly<Record<string, string | undefined>>): string => {
  if (env['XDG_DATA_HOME']) return `${env['XDG_DATA_HOME']}/genesis`;
  return env['HOME'] ? `${env['HOME']}/.local/share/genesis` : '.genesis';
};

export type ConfigInput = {
  env: Readonly<Record<string, string | undefined>>;
  flags?: Readonly<Partial<Record<ConfigName, unknown>>>;
  file?: { path: string; values: unknown };
};

/**
 * Puts the configuration together: defaults, then the file, then the environment, then flags, the later ones winning.
 * Every wrong value is reported at once, by the name under which it was given.
 */
export const resolveConfig = ({ env, flags = {}, file }: ConfigInput): ResolvedConfig => {
  const values: Record<string, unknown> = { dataFolder: defaultDataFolder(env) };
  const sources = Object.fromEntries(names.map((name) => [name, 'default'])) as ConfigSources;
  const problems: FieldProblem[] = [];
  const place = (name: ConfigName, value: unknown, source: ConfigSource) => {
    if (value === undefined || value === '') return;
    values[name] = typed(name, value);
    sources[name] = source;
  };

  if (file) {
    if (typeof file.values !== 'object' || file.values === null || Array.isArray(file.values)) {
      problems.push({ field: file.path, message: 'expected one JSON object' });
    } else {
      for (const [key, value] of Object.entries(file.values)) {
        const name = names.find((known) => known === key);
        if (name) place(name, value, `file ${file.path}`);
        else
          problems.push({ field: `${file.path}: ${key}`, message: `unknown; known are ${names.join(', ')}` });
      }
    }
  }
  for (const name of names) {
    place(name, env[environmentName(name)], `environment ${environmentName(name)}`);
    place(name, flags[name], `flag ${flagName(name)}`);
  }

  const parsed = configSchema.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    const name = issue.path[0] as ConfigName;
    problems.push({ field: `${name} (${sources[name]})`, message: issue.message });
  }
  if (!parsed.success || problems.length > 0) {
    const message = problems.map((problem) => `${problem.field}: ${problem.message}`).join('; ');
    throw new GenesisError({ code: 'invalid-input', message: `Configuration: ${message}`, problems });
  }
  const known = new Set(names.map(environmentName));
  const warnings = Object.keys(env)
    .filter((key) => key.startsWith('GENESIS_') && !known.has(key) && !otherVariables.has(key))
    .map((key) => `${key} is set in the environment, but nothing reads it`);
  return { config: parsed.data, sources, warnings };
};

/** A connection URL without its password, and without query parameters that could hold one. */
const withoutCredentials = (url: string): string =>
  url.replace(/\?.*$/, '?...').replace(/^([^/]*\/\/[^:@/]*):.*@/, '$1:[hidden]@');

/** Each value with where it came from. Nothing in it is secret, so that it can be pasted into a question. */
export const describeConfig = ({
  config,
  sources,
}: ResolvedConfig): { name: ConfigName; value: string; source: ConfigSource; description: string }[] =>
  names.map((name) => {
    const value = config[name];
    const text = name === 'databaseUrl' && typeof value === 'string' ? withoutCredentials(value) : value;
    return {
      name,
      value: text === undefined ? '' : String(text),
      source: sources[name],
      description: configSchema.shape[name].description ?? '',
    };
  });
