import { MalformedError } from '../malformed.ts';

const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
/** Names that Windows takes for devices, with any extension. */
const device = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;
const mostNameBytes = 255;

function refuse(name: string, message: string): never {
  throw new MalformedError('zip', `${JSON.stringify(name)} ${message}`, { place: name });
}

/**
 * Throws unless a name is safe on every file system: ASCII letters, digits, `_ - .` and `/` between segments; no
 * segment that is empty, begins or ends with a dot or is a device; at most 255 bytes. So there is no absolute path,
 * no `..`, no backslash, no NUL, no drive letter and no hidden file.
 */
export function checkName(name: string): void {
  if (name.length > mostNameBytes) refuse(name, `is longer than ${mostNameBytes} bytes`);
  for (const part of name.split('/')) {
    if (!segment.test(part) || part.endsWith('.') || device.test(part)) {
      refuse(name, 'is not a safe name: letters, digits, "_", "-" and "." in segments between "/"');
    }
  }
}

/**
 * Throws unless names (safe ones) are strictly ascending by byte and stay different on a file system that ignores
 * case, where also no name may be a folder of another.
 */
export function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  const folders = new Set<string>();
  for (const [at, name] of names.entries()) {
    const before = names[at - 1];
    if (before !== undefined && before >= name) refuse(name, 'is not in ascending order of names');
    const folded = name.toLowerCase();
    if (seen.has(folded)) refuse(name, 'differs from another name by case only');
    seen.add(folded);
    for (let cut = folded.lastIndexOf('/'); cut > 0; cut = folded.lastIndexOf('/', cut - 1)) {
      folders.add(folded.slice(0, cut));
    }
  }
  for (const name of names) {
    if (folders.has(name.toLowerCase())) refuse(name, 'is a file and the folder of another name');
  }
}
