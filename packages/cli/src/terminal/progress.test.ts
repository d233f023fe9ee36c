import { expect, test } from 'vitest';
import { createProgress } from './progress.ts';

const collect = (isTTY: boolean) => {
  let written = '';
  return { isTTY, columns: 80, write: (text: string) => (written += text), take: () => written };
};

test('on a terminal the bars are drawn again in place', () => {
  const sink = collect(true);
  const progress = createProgress(sink);
  progress.show([
    { name: 'clever', done: 0, of: 10 },
    { name: 'random', done: 0, of: 10 },
  ]);
  progress.show([
    { name: 'clever', done: 5, of: 10, note: 'best 3' },
    { name: 'random', done: 1, of: 10 },
  ]);
  const [, second, ...more] = sink.take().split('\x1b[2A');
  expect(second).toContain(`clever ${'█'.repeat(12)}${'░'.repeat(12)}  5/10  best 3`);
  expect(more).toEqual([]);
});

test('elsewhere a line for each fifth, and no control characters', () => {
  const sink = collect(false);
  const progress = createProgress(sink);
  for (let done = 0; done <= 10; done++) progress.show([{ name: 'arm', done, of: 10 }]);
  const lines = sink.take().trimEnd().split('\n');
  expect(lines).toEqual([0, 2, 4, 6, 8, 10].map((done) => `  arm: ${done} of 10`));
});
