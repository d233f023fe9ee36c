import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobOutcome } from '@genesis/contracts';
import { assertWritable } from '../kernel/index.ts';
import { assertFits } from './schemas.ts';

/** The most that a command's `output.json` may hold: larger results belong in files. */
const mostOutputBytes = 4 * 2 ** 20;

/**
 * The JSON that a command left as its result.
 *
 * @throws Error saying what is wrong with it, in words that continue "The command ended well, but"
 */
export async function readOutput(job: JobOutcome, schema: Record<string, unknown>): Promise<unknown> {
  const found = job.outputs.find(({ path }) => path === 'output.json');
  if (found === undefined) throw new Error('it left no output.json');
  if (found.bytes > mostOutputBytes) throw new Error(`output.json is longer than ${mostOutputBytes} bytes`);
  const value: unknown = JSON.parse(await readFile(join(job.outputDirectory, 'output.json'), 'utf8'));
  assertWritable(value, 'output');
  assertFits(schema, value, 'output');
  return value;
}
