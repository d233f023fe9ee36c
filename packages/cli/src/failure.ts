import { ProblemError, UnreachableError } from '@genesis/client';
import { type ErrorCode, GenesisError } from '@genesis/contracts';
import { exitCodes } from './exit-codes.ts';
import { plain, plainLines } from './terminal/plain.ts';

/** Something that the person who typed the command can put right. */
export class UsageError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'UsageError';
  }
}

/** A step of a longer piece of work failed, and what to do next. */
export class StepError extends Error {
  readonly exitCode: number;
  constructor(message: string, options: { cause?: unknown; exitCode?: number } = {}) {
    super(message, options);
    this.name = 'StepError';
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}

/** A failure as people read it, as programs read it, and as scripts branch on it. */
export type Failure = {
  text: string;
  json: { code: string; message: string } & Record<string, unknown>;
  exitCode: number;
};

const byCode: Readonly<Record<ErrorCode, number>> = {
  'invalid-input': exitCodes.usage,
  unauthenticated: exitCodes.denied,
  denied: exitCodes.denied,
  'not-found': exitCodes.notFound,
  conflict: exitCodes.conflict,
  'idempotency-mismatch': exitCodes.conflict,
  'too-large': exitCodes.usage,
  exhausted: exitCodes.conflict,
  sealed: exitCodes.denied,
  'storage-full': exitCodes.unavailable,
  unavailable: exitCodes.unavailable,
  unsupported: exitCodes.usage,
  internal: exitCodes.failed,
};

const nextStep: Readonly<Partial<Record<string, string>>> = {
  unauthenticated:
    'Sign in (genesis login), or give a valid token: --token, GENESIS_TOKEN, or a credentials file (genesis help connection).',
  unavailable: 'Try again in a moment.',
  'storage-full': 'Make room on the disk of the server, then try again.',
  'too-large': 'Send less, or ask the operator for a higher limit (genesis config).',
  internal: 'The log of the server has the details.',
};

const bullets = (heading: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [heading, ...lines.map((line) => `  - ${plain(line)}`)];

function ofProblem({ problem }: ProblemError): Failure {
  const { code, title, detail, needed, problems, status, requestId } = problem;
  const several = problems.length > 1 ? problems.map(({ field, message }) => `${field}: ${message}`) : [];
  const hint = nextStep[code];
  const lines = [
    several.length > 0 ? `${title}:` : plain(detail === '' ? title : detail),
    ...several.map((line) => `  - ${plain(line)}`),
    ...bullets(
      'Needed:',
      needed.filter((line) => !detail.includes(line)),
    ),
    ...(hint === undefined ? [] : [hint]),
  ];
  const exitCode =
    (byCode as Record<string, number>)[code] ?? (status === 404 ? exitCodes.notFound : exitCodes.failed);
  return {
    text: lines.join('\n'),
    json: { code, message: detail === '' ? title : detail, needed, problems, requestId },
    exitCode,
  };
}

/** What to say about any error, and how to end. Of the unforeseen it shows the stack, because that is a fault of ours. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof ProblemError) return ofProblem(error);
  if (error instanceof UnreachableError) {
    const text = `${error.message}. Start a server with "genesis serve", or name another one with --url or GENESIS_URL.`;
    return { text, json: { code: 'unreachable', message: error.message }, exitCode: exitCodes.unavailable };
  }
  if (error instanceof GenesisError) {
    const { code, message } = error.failure;
    return { text: plainLines(message), json: { code, message }, exitCode: byCode[code] };
  }
  if (error instanceof UsageError) {
    return {
      text: plainLines(error.message),
      json: { code: 'usage', message: error.message },
      exitCode: exitCodes.usage,
    };
  }
  if (error instanceof StepError) {
    const { message, exitCode, cause } = error;
    const inner = cause === undefined ? undefined : describeFailure(cause);
    return {
      text: inner === undefined ? message : `${message}\n${inner.text}`,
      json: { ...(inner?.json ?? {}), code: inner?.json.code ?? 'failed', message },
      exitCode: inner?.exitCode ?? exitCode,
    };
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return {
      text: 'Interrupted.',
      json: { code: 'interrupted', message: 'Interrupted.' },
      exitCode: exitCodes.interrupted,
    };
  }
  const { code, path, message, stack } = error as Partial<NodeJS.ErrnoException>;
  if (typeof code === 'string' && typeof path === 'string') {
    return {
      text: `${path}: ${systemWords(code)}`,
      json: { code, message: `${path}: ${code}` },
      exitCode: exitCodes.usage,
    };
  }
  return {
    text: stack ?? String(error),
    json: { code: 'internal', message: message ?? String(error) },
    exitCode: exitCodes.failed,
  };
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'exists already',
  ENOSPC: 'no space is left on the disk',
  EROFS: 'the file system is read-only',
};

const systemWords = (code: string): string => words[code] ?? code;
