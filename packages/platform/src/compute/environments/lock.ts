/** Requirements as pip writes them: what is locked to hashes, and what has to be resolved first. Pure. */
import { createHash } from 'node:crypto';
import { invalidField } from '@genesis/contracts';

export type LockEntry = {
  /** In the normal form of PEP 503. */
  name: string;
  version: string;
  /** With `[extras]` and `; marker` as they were written. */
  requirement: string;
  sha256: string[];
};

export type Lock = {
  entries: LockEntry[];
  /** The same for every text that means the same: sorted, without comments. */
  text: string;
  /** SHA-256 of `text`. */
  hash: string;
};

const mostLockBytes = 2 * 2 ** 20;
const mostEntries = 2_000;

/** PEP 503 */
const normalName = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, '-');

/** Lines without comments, those that go on after a backslash as one; with the number of the line where each begins. */
function linesOf(text: string): { text: string; at: number }[] {
  const lines: { text: string; at: number }[] = [];
  let open: { text: string; at: number } | null = null;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/(^|\s)#.*$/, '');
    const goesOn = line.endsWith('\\');
    const piece = goesOn ? line.slice(0, -1) : line;
    open ??= { text: '', at: index + 1 };
    open.text += ` ${piece}`;
    if (goesOn) continue;
    if (open.text.trim() !== '') lines.push({ ...open, text: open.text.trim() });
    open = null;
  }
  if (open !== null && open.text.trim() !== '') lines.push({ ...open, text: open.text.trim() });
  return lines;
}

/** Whether a text has hashes: then it is a lock, and has to be a whole one. */
export const isLocked = (text: string): boolean =>
  linesOf(text).some((line) => /\s--hash[=\s]/.test(line.text));

const pinned =
  /^(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?<extras>\[[A-Za-z0-9._, -]*\])?\s*==\s*(?<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)\s*(?<marker>;.*)?$/s;

/**
 * Reads a lock: every line one exact version with the SHA-256 of its wheels. Options, addresses and folders are refused,
 * since what they lead to is neither exact nor the same tomorrow.
 *
 * @throws GenesisError `invalid-input`, naming the line
 */
export function readLock(text: string, field: string): Lock {
  if (Buffer.byteLength(text) > mostLockBytes)
    throw invalidField(field, `longer than ${mostLockBytes} bytes`);
  const entries = linesOf(text).map(({ text: line, at }): LockEntry => {
    const wrong = (message: string) => invalidField(field, `line ${at}: ${message}`);
    const [requirement = '', ...options] = line.split(/\s+(?=--)/);
    if (requirement.startsWith('-'))
      throw wrong(
        `the option ${requirement.split(/[\s=]/)[0]} is not taken: a lock names exact versions only`,
      );
    const parts = pinned.exec(requirement)?.groups;
    if (parts === undefined)
      throw wrong(
        /@|:\/\//.test(requirement)
          ? 'addresses and folders are not taken: only wheels that an index or a wheel folder has'
          : `expected NAME==VERSION --hash=sha256:..., got "${requirement.slice(0, 100)}"`,
      );
    const sha256 = options.map((option) => {
      const found = /^--hash[=\s]\s*sha256:([0-9a-f]{64})$/.exec(option.trim());
      if (found === null)
        throw wrong(`expected --hash=sha256: with 64 hexadecimal digits, got "${option.slice(0, 100)}"`);
      return found[1]!;
    });
    const { name = '', extras = '', version = '', marker = '' } = parts;
    if (sha256.length === 0)
      throw wrong(
        `${name} has no --hash. Lock every requirement with its hashes, for example by "pip-compile --generate-hashes", or give requirements without any hash to have them resolved`,
      );
    const rest = `${extras.replaceAll(/\s/g, '')}==${version}${marker === '' ? '' : ` ${marker.trim()}`}`;
    return {
      name: normalName(name),
      version,
      requirement: `${normalName(name)}${rest}`,
      sha256: [...new Set(sha256)].sort(),
    };
  });
  if (entries.length > mostEntries) throw invalidField(field, `more than ${mostEntries} requirements`);
  entries.sort((a, b) => (a.requirement < b.requirement ? -1 : a.requirement > b.requirement ? 1 : 0));
  const lines = entries.map(({ requirement, sha256 }) =>
    [requirement, ...sha256.map((one) => `--hash=sha256:${one}`)].join(' '),
  );
  const normal = lines.map((line) => `${line}\n`).join('');
  return { entries, text: normal, hash: createHash('sha256').update(normal).digest('hex') };
}
