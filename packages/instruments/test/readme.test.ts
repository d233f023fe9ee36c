import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test, vi } from 'vitest';

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

test('the example in the README is the one that compiles here, and prints what the README says', async () => {
  const readme = read('../README.md');
  expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(read('readme-example.ts'));

  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((value: unknown) => {
    printed.push(typeof value === 'string' ? value : inspect(value));
  });
  await import('./readme-example.ts');
  log.mockRestore();
  expect(`${printed.join('\n')}\n`).toBe(/```text\n(.*?)```/s.exec(readme)?.[1]);
});
