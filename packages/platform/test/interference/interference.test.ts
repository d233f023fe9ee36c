import { expect, test } from 'vitest';
import { startServer } from '../noninterference/server.ts';
import { acts } from './hidden-acts.ts';
import { runInterference } from './run.ts';
import { aucOf } from './timing.ts';

/** The short form of `npm run test:interference`. */
test('what others do in secret changes no answer that somebody else receives from any read', async () => {
  const server = await startServer();
  const seed = Number(process.env['GENESIS_SEED'] ?? 7);
  const outcome = await runInterference(server, {
    responses: 1,
    seed,
    quick: true,
    progress: () => undefined,
  });
  const { differences, ...figures } = outcome;
  console.log(`interference: ${JSON.stringify(figures)}`);
  expect(differences).toEqual([]);
  expect(Object.keys(figures.acts)).toEqual(expect.arrayContaining(Object.keys(acts)));
  expect(figures.responses).toBeGreaterThan(500);
  expect(figures.shown).toBeGreaterThan(figures.responses / 20);
}, 600_000);

test('a classifier that tells apart is told from one that guesses', () => {
  expect(aucOf([4, 5, 6], [1, 2, 3])).toBe(1);
  expect(aucOf([1, 2, 3], [4, 5, 6])).toBe(1);
  expect(aucOf([1, 2, 3], [1, 2, 3])).toBe(0.5);
  expect(aucOf([2, 4], [1, 3])).toBe(0.75);
});
