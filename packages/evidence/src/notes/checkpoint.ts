import { decodeBase64, encodeBase64, parseDecimal } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';
import { type Hash, hashBytes } from '../merkle/hash.ts';

/** The head of a log (C2SP tlog-checkpoint): its identity, how many leaves it has and their Merkle root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  readonly extensions: readonly string[];
}

function refuse(message: string): never {
  throw new MalformedError('checkpoint', message);
}

/** The note text of a checkpoint, to be signed with `signNote`. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions } = checkpoint;
  const text = `${[origin, String(size), encodeBase64(root), ...extensions].join('\n')}\n`;
  parseCheckpoint(text);
  return text;
}

/** Reads the text of a checkpoint note to the letter: origin, size, root, then lines that are not empty. */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) refuse('the text must end in a newline');
  const [origin, sizeLine, rootLine, ...extensions] = text.slice(0, -1).split('\n');
  if (origin === undefined || origin === '') refuse('the first line is the origin and must not be empty');
  const size = sizeLine === undefined ? null : parseDecimal(sizeLine);
  if (size === null) refuse('the second line is the tree size: a decimal without leading zeros below 2^53');
  const root = rootLine === undefined ? null : decodeBase64(rootLine);
  if (root?.length !== hashBytes) refuse('the third line is the root hash: base64 of 32 bytes');
  if (extensions.includes('')) refuse('extension lines must not be empty');
  return { origin, size, root, extensions };
}
