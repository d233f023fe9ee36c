import { createReadStream } from 'node:fs';
import { invalidField } from '@genesis/contracts/errors';

/** The lines of a UTF-8 text file with their numbers from 1, without line ends, in batches and in constant memory. */
export async function* textLines(
  file: string,
  longest: number,
  end?: number,
): AsyncGenerator<{ line: number; text: string }[]> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  let line = 0;
  const whole = (text: string) => ({ line: ++line, text: text.endsWith('\r') ? text.slice(0, -1) : text });
  const stream = createReadStream(file, {
    highWaterMark: 1 << 18,
    ...(end === undefined ? {} : { end: end - 1 }),
  });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    const long = parts.findIndex((part) => part.length > longest);
    if (long !== -1 || rest.length > longest) {
      const at = line + 1 + (long === -1 ? parts.length : long);
      throw invalidField(`line ${at}`, `is longer than the ${longest} characters that are allowed`);
    }
    yield parts.map(whole);
  }
  rest += decoder.decode();
  if (rest !== '') yield [whole(rest)];
}
