import { GenesisError } from '@genesis/contracts';
import { afterEach, expect, test } from 'vitest';
import {
  commandManifest,
  createMemoryExecutor,
  type RunsUnderTest,
  startRuns,
} from '../../test/runs-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';
import type { Executor } from '../compute/index.ts';

/*
 * Where commands cannot be isolated, the launch throws. The run stayed "running" for good: its job used up its tries,
 * and a cancellation waited for a worker that was not there.
 */

let platform: RunsUnderTest;
afterEach(async () => {
  await platform.stop();
});

const refusing = async (refusal: () => Error): Promise<Executor> => ({
  ...createMemoryExecutor({ programs: {}, folder: await temporaryFolder() }),
  launch: async () => {
    throw refusal();
  },
});

const submitted = async (executor: Executor) => {
  platform = await startRuns({
    database: await freshDatabase(),
    dataFolder: await temporaryFolder(),
    executor,
  });
  await platform.runs.start();
  const by = platform.person('org_a');
  await platform.runs.register(by, commandManifest('job', 'job'));
  const { id } = await platform.runs.submit(by, {
    capability: 'job',
    input: {},
    datasets: [],
    purpose: 'explore',
  });
  return { by, id };
};

test('a run that cannot be started here fails with the reason', async () => {
  const executor = await refusing(
    () => new GenesisError({ code: 'unsupported', message: 'Commands cannot be isolated here.' }),
  );
  const { by, id } = await submitted(executor);
  const { run, attempts } = await platform.until(by, id, 'failed');
  expect(run.outcome).toMatchObject({
    state: 'failed',
    failureClass: 'F2_ENVIRONMENT',
    reason: 'exception',
    message: 'Commands cannot be isolated here.',
  });
  expect(attempts).toHaveLength(1);
}, 60_000);

test('what nobody foresaw is tried again, and then ends the run without telling what is inside', async () => {
  const { by, id } = await submitted(await refusing(() => new TypeError('secret is undefined')));
  const { run, attempts } = await platform.until(by, id, 'failed');
  expect(run.outcome).toMatchObject({ failureClass: 'F7_RUNTIME', reason: 'exception' });
  expect(JSON.stringify(run.outcome)).not.toContain('secret');
  expect(attempts).toHaveLength(3);
}, 60_000);

test('a run between two tries is cancelled at once, and stays so', async () => {
  let launches = 0;
  const executor = await refusing(() => {
    launches += 1;
    return new GenesisError({ code: 'unavailable', message: 'later', retryAfterSeconds: 1 });
  });
  const { by, id } = await submitted(executor);
  await platform.until(by, id, 'running');
  while (launches === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  for (;;) {
    // Heard by the worker while one is there, else by the database.
    const { status } = await platform.ask(by, 'POST', `/v1/runs/${id}/cancel`);
    if (status === 409) break;
    expect(status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect((await platform.show(by, id)).run.status).toBe('cancelled');
  const before = launches;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(launches).toBe(before);
}, 60_000);
