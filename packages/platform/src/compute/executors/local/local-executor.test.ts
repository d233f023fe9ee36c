import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JobSpecInput, jobSpecSchema, type LogLine } from '@genesis/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalExecutor, type LocalExecutor } from './local-executor.ts';
import { sandboxMissing } from './sandbox-for-tests.ts';

const missing = await sandboxMissing();
let folder = '';
let count = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-local-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = async (executor: LocalExecutor, more: Omit<JobSpecInput, 'name'>) => {
  count += 1;
  const lines: LogLine[] = [];
  const handle = await executor.launch(jobSpecSchema.parse({ name: `job-${count}`, ...more }), {
    onLog: (added) => void lines.push(...added),
  });
  return { outcome: await handle.wait(), lines, text: lines.map(({ text }) => text) };
};
const shell = (script: string) => ({ executable: 'sh', arguments: ['-c', script] });

test('without a sandbox nothing runs', async () => {
  const executor = await createLocalExecutor({ stagingRoot: folder, bubblewrapPlaces: ['/nowhere/bwrap'] });
  expect(executor.sandbox).toEqual({
    available: false,
    reason: 'bubblewrap (bwrap) is not installed; looked at /nowhere/bwrap',
  });
  await expect(run(executor, shell('true'))).rejects.toThrow(/^Commands cannot be isolated here: bubblewrap/);
  await executor.close();
});

test('with explicit permission a job runs without one, and says so', async () => {
  const executor = await createLocalExecutor({
    stagingRoot: folder,
    bubblewrapPlaces: ['/nowhere/bwrap'],
    allowUnsandboxed: true,
  });
  const { outcome } = await run(executor, shell('true'));
  expect(outcome).toMatchObject({ state: 'succeeded', sandboxed: false, enforcement: 'none' });
  // a process that sheds its mark and keeps the log open does not hold the outcome back
  const { outcome: escaped } = await run(executor, shell('env -i setsid sleep 3 & exit 0'));
  expect(escaped.usage.wallSeconds).toBeLessThan(2.5);
  await executor.close();
});

describe.skipIf(missing !== null)(`in a sandbox${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  test('permission to run without a sandbox changes nothing where there is one', async () => {
    const executor = await createLocalExecutor({ stagingRoot: folder, allowUnsandboxed: true });
    expect((await run(executor, shell('true'))).outcome.sandboxed).toBe(true);
    await executor.close();
  });

  test('inputs cannot be changed, whether or not everybody may read them', async () => {
    const executor = await createLocalExecutor({ stagingRoot: join(folder, 'jobs') });
    const sources = [join(folder, 'open'), join(folder, 'private')];
    await writeFile(sources[0] ?? '', 'open', { mode: 0o644 });
    await writeFile(sources[1] ?? '', 'private', { mode: 0o600 });
    const inputs = sources.map((source, index) => ({ path: `deep/er/${index}`, source }));
    const script =
      'cat inputs/deep/er/*; for f in inputs/deep/er/*; do echo x >> $f || rm -f $f; done 2>/dev/null; true';
    const { outcome, text } = await run(executor, { ...shell(script), inputs });
    expect(outcome.state).toBe('succeeded');
    expect(text).toEqual(['openprivate']);
    expect(await Promise.all(sources.map((source) => readFile(source, 'utf8')))).toEqual(['open', 'private']);
    await executor.close();
  });

  test('an input that is not there or no plain file is refused by name, and nothing is left', async () => {
    const executor = await createLocalExecutor({ stagingRoot: join(folder, 'jobs') });
    const at = (source: string) => run(executor, { ...shell('true'), inputs: [{ path: 'a', source }] });
    await expect(at(join(folder, 'nothing'))).rejects.toThrow(/^inputs\.0\.source: cannot be opened/);
    await expect(at(folder)).rejects.toThrow(/^inputs\.0\.source: expected a plain file/);
    await expect(at('/dev/zero')).rejects.toThrow(/^inputs\.0\.source: expected a plain file/);
    expect(await executor.reconcile(`job-${count}`)).toEqual({ state: 'unknown' });
    await executor.close();
  });

  test('the environment of a job reaches its program only, never the gate before it', async () => {
    const executor = await createLocalExecutor({ stagingRoot: folder });
    const { text, outcome } = await run(executor, {
      executable: 'true',
      environment: { LD_PRELOAD: '/inputs/nowhere.so' },
    });
    expect(outcome.state).toBe('succeeded');
    expect(text.filter((line) => line.includes('nowhere.so'))).toHaveLength(1);
    await executor.close();
  });

  test('processes of a job meet at "localhost", and learn of no other name', async () => {
    const executor = await createLocalExecutor({ stagingRoot: folder });
    const look =
      "require('dns').lookup('localhost', (error, address) => console.log(error?.code ?? address))";
    const { text } = await run(executor, shell(`/genesis/bin/node -e "${look}"; cat /etc/hosts`));
    expect(text).toEqual(['127.0.0.1', '127.0.0.1 localhost job']);
    await executor.close();
  });

  for (const useCgroups of [true, false])
    test(`one core is one core, ${useCgroups ? 'with' : 'without'} cgroups`, async () => {
      const executor = await createLocalExecutor({ stagingRoot: folder, useCgroups });
      const burn = 'timeout 1 sh -c "while :; do :; done" & ';
      const pin = 'taskset -p -c 0-63 $$ >/dev/null 2>&1;';
      const { outcome } = await run(executor, shell(`${pin} ${burn}${burn}${burn} wait`));
      const { cpuSeconds, wallSeconds } = outcome.usage;
      expect(cpuSeconds ?? 0).toBeGreaterThan(0);
      expect((cpuSeconds ?? 0) / wallSeconds).toBeLessThan(1.25);
      await executor.close();
    });

  test('many jobs run side by side', async () => {
    const executor = await createLocalExecutor({ stagingRoot: folder });
    const jobs = Array.from({ length: 8 }, (_, index) => run(executor, shell(`echo ${index}; sleep 0.1`)));
    const results = await Promise.all(jobs);
    expect(results.map(({ text }) => text)).toEqual(Array.from({ length: 8 }, (_, index) => [String(index)]));
    await executor.close();
  });

  test('a limit that cannot be held is refused before anything is made', async () => {
    const executor = await createLocalExecutor({ stagingRoot: folder, maxFolderBytes: 2 ** 20 });
    await expect(run(executor, { ...shell('true'), resources: { outputBytes: 2 ** 21 } })).rejects.toThrow(
      /^resources\.outputBytes: /,
    );
    expect(await executor.reconcile(`job-${count}`)).toEqual({ state: 'unknown' });
    await executor.close();
  });
});
