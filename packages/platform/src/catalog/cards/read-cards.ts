import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type FieldProblem, GenesisError, type GenesisFailure } from '@genesis/contracts';
import type { ReadyCard } from './bind-card.ts';

export type CardQuestion = { place: number; text: string };
export type CardAnswer = { place: number } & (
  | { ready: ReadyCard; failure?: undefined }
  | { ready?: undefined; failure: GenesisFailure }
);

/** So few at a time that threads end together; so many that handing them over costs little. */
const handful = 8;
const mostThreads = 4;
const mostProblems = 50;

/** Threads that check cards, so that many cards hold nobody else up. They start with the first card, and keep no process alive. */
export type CardReaders = {
  /**
   * Reads cards in the order given.
   *
   * @throws GenesisError `invalid-input` with the problems of all that are wrong, each under `cards.PLACE`
   */
  read(texts: readonly string[]): Promise<ReadyCard[]>;
};

async function work(worker: Worker, next: () => CardQuestion[], take: (answers: CardAnswer[]) => void) {
  for (let questions = next(); questions.length > 0; questions = next()) {
    worker.postMessage(questions);
    // A thread that dies tells so as an error, which `once` throws.
    const [answers] = (await once(worker, 'message')) as [CardAnswer[]];
    take(answers);
  }
}

function allOf(answers: readonly CardAnswer[]): ReadyCard[] {
  const problems = answers.flatMap(({ place, failure }): FieldProblem[] => {
    if (failure === undefined) return [];
    const own =
      failure.code === 'invalid-input' ? failure.problems : [{ field: 'card', message: failure.message }];
    return own.map(({ field, message }) => ({ field: field.replace(/^card/, `cards.${place}`), message }));
  });
  if (problems.length > 0) {
    const wrong = answers.filter(({ failure }) => failure !== undefined).length;
    const message = `${wrong} of ${answers.length} cards ${wrong === 1 ? 'is' : 'are'} wrong: nothing was imported. "genesis card validate" shows each with its lines.`;
    throw new GenesisError({ code: 'invalid-input', message, problems: problems.slice(0, mostProblems) });
  }
  return answers.map(({ ready }) => ready!);
}

export function createCardReaders(
  threads: number = Math.min(availableParallelism(), mostThreads),
): CardReaders {
  let workers: Worker[] = [];
  /** One batch after the other: they share the threads. */
  let last: Promise<unknown> = Promise.resolve();
  const start = (): Worker => {
    const worker = new Worker(new URL('./card-worker.ts', import.meta.url));
    worker.unref();
    return worker;
  };
  async function readAll(texts: readonly string[]): Promise<ReadyCard[]> {
    if (workers.length === 0) workers = Array.from({ length: threads }, start);
    const answers: CardAnswer[] = [];
    let at = 0;
    const next = (): CardQuestion[] => {
      const from = at;
      at = Math.min(at + handful, texts.length);
      return texts.slice(from, at).map((text, index) => ({ place: from + index, text }));
    };
    const take = (some: CardAnswer[]): void => {
      for (const answer of some) answers[answer.place] = answer;
    };
    for (const worker of workers) worker.ref();
    try {
      await Promise.all(workers.map((worker) => work(worker, next, take)));
    } catch (error) {
      const broken = workers;
      workers = [];
      await Promise.all(broken.map((worker) => worker.terminate()));
      throw error;
    }
    for (const worker of workers) worker.unref();
    return allOf(answers);
  }
  return {
    read(texts) {
      const mine = last.then(() => readAll(texts));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
