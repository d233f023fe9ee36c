import { pino, stdSerializers } from 'pino';

/** What the platform's code logs through. A pino logger is one; so is any object with these methods. */
export type Log = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** Fields that never reach a log line, whatever object they sit in. */
const secretNames = ['authorization', 'cookie', 'token', 'password', 'secret', 'databaseUrl'];
const redacted = [
  ...secretNames,
  ...secretNames.map((name) => `*.${name}`),
  ...secretNames.map((name) => `*.*.${name}`),
  '["set-cookie"]',
  '*["set-cookie"]',
];

/** The query builder puts the values of a failed query into its error; they are nobody's business in a log. */
const withoutValues = (text: string): string =>
  text.replace(/^params: .*(?:\n(?! {4}at ).*)*/m, 'params: [hidden]');

const serializeError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  const { message, stack, params: _values, ...rest } = stdSerializers.err(error);
  return { ...rest, message: withoutValues(message), stack: withoutValues(stack) };
};

export type LogOptions = {
  level: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Where lines go; standard error by default, because standard output belongs to commands. */
  destination?: { write(line: string): void };
};

/** JSON lines with secrets removed. */
export const createLog = (options: LogOptions) =>
  pino(
    {
      level: options.level,
      redact: { paths: redacted, censor: '[hidden]' },
      serializers: { err: serializeError },
      base: null,
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
