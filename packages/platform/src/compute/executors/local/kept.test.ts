/** Copies of the folder that a job keeps, made while it runs; the folder is hostile where it can be. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { JobSpecInput, LogLine } from '@genesis/contracts';
import { jobSpecSchema } from '@genesis/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../../test/temporary-folder.ts';
import { filesBelow } from '../../listing.ts';
import { takeKept } from '../../take-kept.ts';
import { createLocalExecutor, type LocalExecutor } from './local-executor.ts';
import { sandboxMissing } from './sandbox-for-tests.ts';

const missing = await sandboxMissing();

describe.skipIf(missing !== null)(
  missing === null ? 'what a job keeps' : `what a job keeps (skipped: ${missing})`,
  () => {
    let folder = '';
    let executor: LocalExecutor;
    let count = 0;
    beforeAll(async () => {
      folder = await temporaryFolder();
      executor = await createLocalExecutor({ stagingRoot: folder, graceSeconds: 1 });
    });
    afterAll(() => executor?.close());

    const launch = async (script: string, more: Partial<JobSpecInput> = {}) => {
      count += 1;
      const spec = jobSpecSchema.parse({
        ...{ name: `job-${count}`, executable: 'sh', arguments: ['-c', script], kept: 'checkpoint' },
        ...more,
      });
      const log: LogLine[] = [];
      const handle = await executor.launch(spec, { onLog: (lines) => void log.push(...lines) });
      return { name: spec.name, handle, log };
    };
    const ran = async (script: string, more: Partial<JobSpecInput> = {}) => {
      const { name, handle, log } = await launch(script, more);
      return { name, log, outcome: await handle.wait() };
    };
    /** Contents of the newest copy by their paths; null where there is none. */
    const keptOf = async (name: string): Promise<Record<string, string> | null> => {
      const root = (await executor.kept?.(name)) ?? null;
      if (root === null) return null;
      const paths = await filesBelow(root);
      return Object.fromEntries(
        await Promise.all(paths.map(async (path) => [path, await readFile(join(root, path), 'utf8')])),
      );
    };

    test('is copied while it runs, and once more as it was when it was killed', async () => {
      const { name, handle } = await launch(
        'mkdir checkpoint; echo 1 > checkpoint/one; read x < inputs/none; while :; do sleep 0.1; [ -e go ] && break; done',
      );
      while ((await keptOf(name)) === null) await pause(20);
      expect(await keptOf(name)).toEqual({ one: '1\n' });
      handle.cancel();
      expect((await handle.wait()).reason).toBe('cancelled');
      const second = await ran(
        'mkdir -p checkpoint/a; echo 1 > checkpoint/a/one; echo 2 > checkpoint/two; kill -9 $$',
      );
      expect(second.outcome).toMatchObject({ reason: 'signal', signal: 'SIGKILL', outputs: [] });
      expect(await keptOf(second.name)).toEqual({ 'a/one': '1\n', two: '2\n' });
    }, 60_000);

    test('the newest copy replaces the one before it; what did not change is not copied again', async () => {
      const { name } = await ran(
        'mkdir checkpoint; head -c 1000000 /dev/zero > checkpoint/big; sleep 1; rm -f checkpoint/old; echo 2 > checkpoint/new; sleep 1; kill -9 $$',
      );
      expect(Object.keys((await keptOf(name)) ?? {})).toEqual(['big', 'new']);
      expect(await readdir(join(folder, name, 'kept'))).toEqual(['000000002']);
    }, 60_000);

    test('an emptied folder takes nothing away, and what is unfinished is left out', async () => {
      const { name } = await ran(
        'mkdir checkpoint; echo 1 > checkpoint/one; echo part > checkpoint/.part; sleep 1; rm checkpoint/one; kill -9 $$',
      );
      expect(await keptOf(name)).toEqual({ one: '1\n' });
    }, 60_000);

    test('links, pipes and odd names are passed over, and none is followed', async () => {
      const { name, log } = await ran(
        [
          'mkdir checkpoint; cd checkpoint; ln -s /etc/passwd link; ln -s / root; mkfifo pipe; echo a > good',
          'mkdir deep; ln -s ../.. deep/up; echo b > deep/good; echo c > "$(printf "a\\\\b")"; kill -9 $$',
        ].join('; '),
      );
      expect(await keptOf(name)).toEqual({ good: 'a\n', 'deep/good': 'b\n' });
      expect(log).toEqual([]);
      const linked = await ran('ln -s /etc checkpoint; kill -9 $$');
      expect(await keptOf(linked.name)).toBeNull();
    }, 60_000);

    test('more than it may hold is not kept, and the log says why', async () => {
      const sparse = await ran(
        'mkdir checkpoint; truncate -s 200M checkpoint/one checkpoint/two; kill -9 $$',
      );
      expect(await keptOf(sparse.name)).toBeNull();
      expect(sparse.log.map(({ text }) => text)).toEqual([
        `checkpoint/ is not kept: it holds more than ${2 ** 28} bytes`,
      ]);
      const many = await ran(
        'mkdir checkpoint; i=0; while [ $i -lt 600 ]; do : > checkpoint/$i; i=$((i+1)); done; kill -9 $$',
      );
      expect(await keptOf(many.name)).toBeNull();
      expect(many.log.map(({ text }) => text)).toEqual([
        'checkpoint/ is not kept: it holds more than 500 files',
      ]);
    }, 60_000);

    test('is taken over whole, once, and goes with the job', async () => {
      const { name } = await ran('mkdir checkpoint; echo 1 > checkpoint/one; kill -9 $$');
      const target = join(await temporaryFolder(), '1');
      expect(await takeKept(executor, name, target)).toBe(true);
      await executor.release(name);
      expect(await takeKept(executor, name, target)).toBe(true);
      expect(await filesBelow(target)).toEqual(['one']);
      expect(await executor.kept?.(name)).toBeNull();
      expect(await takeKept(executor, name, join(await temporaryFolder(), '1'))).toBe(false);
    }, 60_000);
  },
);
