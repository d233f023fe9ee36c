import { invalidField } from '@genesis/contracts';
import { deepest, mostNameBytes, mostPathBytes } from './limits.ts';

/**
 * The steps of a path below a root. Empty steps and "." mean nothing; none at all means the root itself.
 *
 * @throws GenesisError `invalid-input` for an absolute path, "..", a NUL, half a character, and for what is too long
 */
export function stepsOf(path: string, field = 'path'): string[] {
  const refuse = (why: string) => invalidField(field, why);
  if (path.startsWith('/'))
    throw refuse('expected a path below the root of the project, without a leading "/"');
  if (path.includes('\0') || !path.isWellFormed())
    throw refuse('a NUL character or half a character is not allowed');
  if (Buffer.byteLength(path) > mostPathBytes) throw refuse(`expected at most ${mostPathBytes} bytes`);
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  if (steps.includes('..')) throw refuse('".." is not allowed: name the path from the root of the project');
  if (steps.length > deepest) throw refuse(`expected at most ${deepest} folders`);
  if (steps.some((step) => Buffer.byteLength(step) > mostNameBytes))
    throw refuse(`expected names of at most ${mostNameBytes} bytes`);
  return steps;
}

/** What is made here gets a name that no terminal interprets; what is there already may be named as it is. */
export function assertFitToMake(name: string, field: string): void {
  if (/[\p{Cc}\p{Bidi_Control}\\]/u.test(name))
    throw invalidField(
      field,
      'control characters, marks of writing direction and backslashes are not allowed in a new name',
    );
}
