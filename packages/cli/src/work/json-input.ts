import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { UsageError } from '../failure.ts';

/** JSON from the command line itself, from a file (`@input.json`), or from standard input (`-`). */
export async function readJson(
  given: string,
  what: string,
  input: AsyncIterable<Uint8Array>,
): Promise<unknown> {
  let text = given;
  if (given.startsWith('@')) text = await readFile(given.slice(1), 'utf8');
  else if (given === '-') text = await readAll(input);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`${what} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
