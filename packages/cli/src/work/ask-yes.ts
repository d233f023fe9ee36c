import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { UsageError } from '../failure.ts';

/**
 * Asks before something that cannot be taken back; `yes` answers beforehand. Returns only after a yes.
 *
 * @throws UsageError on any other answer, and where there is nobody to answer
 */
export async function askYes(
  question: string,
  { input, say, yes }: { input: AsyncIterable<Uint8Array>; say: (text: string) => void; yes: boolean },
): Promise<void> {
  if (yes) return;
  say(`${question} Type "yes" to go on:`);
  const lines = createInterface({ input: Readable.from(input), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) {
      if (line.trim().toLowerCase() === 'yes') return;
      break;
    }
  } finally {
    lines.close();
  }
  throw new UsageError('Nothing was changed. Answer "yes", or give --yes.');
}
