import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test/test-database.ts';
import { createLog } from './log.ts';

test('secrets in fields are hidden, whatever object they sit in', () => {
  const lines: string[] = [];
  const log = createLog({ level: 'info', destination: { write: (line) => lines.push(line) } });
  log.info(
    { token: 'geheim', request: { headers: { authorization: 'geheim', accept: 'text/plain' } } },
    'a line',
  );
  log.info({ password: 'geheim', config: { databaseUrl: 'geheim' } }, 'another');
  expect(lines.join('')).not.toContain('geheim');
  expect(lines[0]).toContain('text/plain');
});

test('the values of a failed query stay out of the log, its place does not', async () => {
  const lines: string[] = [];
  const log = createLog({ level: 'info', destination: { write: (line) => lines.push(line) } });
  const database = await freshDatabase();
  await database.orm
    .execute(sql`select 1 / 0, ${'geheim\nauch geheim'}::text`)
    .catch((error: unknown) => log.error({ err: error }, 'failed'));
  expect(lines.join('')).not.toContain('auch');
  expect(JSON.parse(lines[0] ?? '{}').err.stack).toContain('log.test.ts');
});
