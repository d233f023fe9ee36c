import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { groups } from './faults/groups.ts';

// `npm run test:mutants` takes long and runs seldom: that the code has moved away from a fault is seen here at once.
test.each(Object.entries(groups))(
  'every text that a fault of %s replaces is there exactly once',
  (_group, faults) => {
    const lost = faults.flatMap(({ name, edits }) =>
      edits
        .filter(({ file, find }) => {
          const text = readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
          return text.split(find).length !== 2;
        })
        .map(({ file, find }) => ({ name, file, find })),
    );
    expect(lost).toEqual([]);
  },
);
