/** A thread that reads cards: the text comes in, the card that may bind comes back, or what is wrong with it. */

import { parentPort } from 'node:worker_threads';
import { GenesisError } from '@genesis/contracts';
import { readyCard } from './bind-card.ts';
import type { CardAnswer, CardQuestion } from './read-cards.ts';

function read({ place, text }: CardQuestion): CardAnswer {
  try {
    return { place, ready: readyCard(text) };
  } catch (error) {
    if (error instanceof GenesisError) return { place, failure: error.failure };
    throw error;
  }
}

parentPort?.on('message', (questions: CardQuestion[]) => parentPort?.postMessage(questions.map(read)));
