import { afterEach, expect, test } from 'vitest';
import { commandManifest, type RunsUnderTest, startRuns } from '../../test/runs-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';

/* Two submissions with one idempotency key that came at the same moment: the second was answered with 500. */

let platform: RunsUnderTest;
afterEach(async () => {
  await platform.stop();
});

test('the same key ten times at once gives one run', async () => {
  platform = await startRuns({ database: await freshDatabase(), dataFolder: await temporaryFolder() });
  const by = platform.person('org_a');
  await platform.runs.register(by, commandManifest('job', 'job'));
  const submit = (input: object, key: string) =>
    platform.ask<{ id: string; repeated: boolean }>(
      by,
      'POST',
      '/v1/runs',
      { capability: 'job', input },
      { 'idempotency-key': key },
    );
  const answers = await Promise.all(Array.from({ length: 10 }, () => submit({ a: 1 }, 'k')));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
  expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1);
  expect(answers.filter((answer) => !answer.json().repeated)).toHaveLength(1);
  expect((await submit({ a: 2 }, 'k')).status).toBe(422);
  expect((await submit({ a: 2 }, 'another')).json().repeated).toBe(false);
  const { items } = (await platform.ask<{ items: unknown[] }>(by, 'GET', '/v1/runs')).json();
  expect(items).toHaveLength(2);
}, 60_000);
