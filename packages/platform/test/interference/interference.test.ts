import { expect, test } from 'vitest';
import { startServer } from '../noninterference/server.ts';
import { acts } from './hidden-acts.ts';
import { runInterference } from './run.ts';

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
  expect(figures.responses).toBeGreaterThan(1_000);
  expect(figures.shown).toBeGreaterThan(figures.responses / 20);
});
