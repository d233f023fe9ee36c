import type { LogLine } from '@genesis/contracts';
import { afterAll, expect, test } from 'vitest';
import { createFunctionRunner, type FunctionCallOptions } from './function-runner.ts';

const runner = createFunctionRunner({ workers: 2, heapBytes: 64 * 2 ** 20 });
afterAll(() => runner.close());

const examples = new URL('./example-functions.ts', import.meta.url);
const call = (name: string, input: unknown = null, options: FunctionCallOptions = {}) =>
  runner.runFunction(examples, name, input, options);

test('a function returns its output by copy', async () => {
  const outcome = await call('add', { a: 2, b: 40 });
  expect(outcome).toMatchObject({ state: 'succeeded', failureClass: 'F0_NONE', reason: null, output: 42 });
  expect(outcome.usage.cpuSeconds).toBeGreaterThanOrEqual(0);
});

test('its log comes in order and before the outcome', async () => {
  const lines: LogLine[] = [];
  const outcome = await call('talk', null, { onLog: (added) => void lines.push(...added) });
  expect(outcome.output).toBe('spoken');
  expect(lines.map(({ stream, text }) => `${stream} ${text}`)).toEqual([
    'stdout first',
    'stdout second',
    'stdout third',
    'stderr fourth',
  ]);
});

test('what it throws becomes a failure at run time, or of the class it names', async () => {
  expect(await call('fail')).toMatchObject({
    state: 'failed',
    failureClass: 'F7_RUNTIME',
    reason: 'exception',
    message: 'the curve has no peak',
    output: undefined,
  });
  expect(await call('failAssumption')).toMatchObject({
    failureClass: 'F8_DOMAIN_ASSUMPTION',
    message: 'spheres only',
  });
  expect(await call('uncopiable')).toMatchObject({ failureClass: 'F7_RUNTIME', reason: 'exception' });
});

test('a module or export that is not there is a missing artifact', async () => {
  const missing = { state: 'failed', failureClass: 'F1_MISSING_ARTIFACT', reason: 'missing-executable' };
  expect(await call('nonesuch')).toMatchObject(missing);
  expect(await call('notAFunction')).toMatchObject(missing);
  expect(await runner.runFunction(new URL('./nonesuch.ts', examples), 'add', null)).toMatchObject(missing);
});

test('a function without end meets its time limit, and the next call runs', async () => {
  const outcome = await call('spin', null, { timeoutSeconds: 0.2 });
  expect(outcome).toMatchObject({ state: 'failed', failureClass: 'F7_RUNTIME', reason: 'time-limit' });
  expect((await call('add', { a: 1, b: 1 })).output).toBe(2);
});

test('a call can be cancelled, before and while it runs', async () => {
  const controller = new AbortController();
  const spinning = call('spin', null, { signal: controller.signal });
  setTimeout(() => controller.abort(), 100);
  expect(await spinning).toMatchObject({ state: 'cancelled', failureClass: 'F0_NONE', reason: 'cancelled' });
  expect(await call('add', { a: 1, b: 1 }, { signal: AbortSignal.abort() })).toMatchObject({
    state: 'cancelled',
  });
});

test('memory without end and an early exit end only their own call', async () => {
  const bystander = call('burn', 300);
  expect(await call('eat')).toMatchObject({
    state: 'failed',
    failureClass: 'F7_RUNTIME',
    reason: 'out-of-memory',
  });
  expect(await call('leave')).toMatchObject({ state: 'failed', reason: 'exception' });
  expect((await bystander).state).toBe('succeeded');
});

test('a function sees nothing of the environment', async () => {
  expect((await call('environment')).output).toEqual([]);
});

test('more calls than workers wait for their turn, and the server stays responsive meanwhile', async () => {
  let longest = 0;
  let last = performance.now();
  const clock = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const outcomes = await Promise.all(Array.from({ length: 6 }, () => call('burn', 100)));
  clearInterval(clock);
  expect(outcomes.every(({ state }) => state === 'succeeded')).toBe(true);
  expect(longest).toBeLessThan(250);
});

test('an input that cannot be copied is the caller’s mistake', async () => {
  await expect(call('add', () => 1)).rejects.toThrow(/^input: cannot be copied/);
  expect((await call('add', { a: 1, b: 2 })).output).toBe(3);
});

test('closing ends what runs', async () => {
  const closing = createFunctionRunner({ workers: 1 });
  const running = closing.runFunction(examples, 'spin', null);
  const queued = closing.runFunction(examples, 'add', { a: 1, b: 1 });
  setTimeout(() => void closing.close(), 200);
  expect(await running).toMatchObject({ state: 'failed', reason: 'killed' });
  expect(await queued).toMatchObject({ state: 'failed', reason: 'killed' });
  await expect(closing.runFunction(examples, 'add', { a: 1, b: 1 })).rejects.toThrow(
    'The server is stopping.',
  );
});
