import { type Ask, answer, type Mapping, nextQuestion } from '@genesis/datacard';
import { UsageError } from '../failure.ts';
import { plain } from '../terminal/plain.ts';

/** Lines of standard input, one at a time; undefined after the last. */
async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}

function show({ text, words, isList }: Ask, count: number): string {
  const choices = words.map((word, index) => `  ${index + 1}  ${word}`);
  const hint = isList ? '  (several: separate them by commas)' : '';
  const isYesNo = words.join() === 'Yes,No';
  return [`${count}. ${text}${isYesNo ? ' (y/n)' : hint}`, ...(isYesNo ? [] : choices)].join('\n');
}

/**
 * Asks a person for the required fields of a card, one after the other, and again where an answer does not fit. An empty
 * answer leaves a field open.
 *
 * @throws UsageError where the input ends before the last question
 */
export async function interview(
  given: Mapping,
  today: string,
  input: AsyncIterable<Uint8Array>,
  say: (text: string) => void,
): Promise<Mapping> {
  say(
    'An empty answer leaves a question open; n/a says that it does not apply. Ctrl-C ends without writing anything.',
  );
  const lines = linesOf(input);
  const left = new Set<string>();
  let answers = given;
  let count = 0;
  try {
    for (
      let ask = nextQuestion(answers, left, today);
      ask !== undefined;
      ask = nextQuestion(answers, left, today)
    ) {
      say(show(ask, ++count));
      for (;;) {
        const next = await lines.next();
        if (next.done === true)
          throw new UsageError('The input ended before the last question: nothing was written.');
        if (next.value.trim() === '') {
          left.add(ask.path);
          break;
        }
        const taken = answer(answers, ask, next.value);
        if ('answers' in taken) {
          answers = taken.answers;
          break;
        }
        say(plain(taken.problem));
      }
    }
  } finally {
    // Lets go of standard input, so that the command can end.
    await lines.return(undefined);
  }
  return answers;
}
