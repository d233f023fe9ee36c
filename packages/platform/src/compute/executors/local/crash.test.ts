import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jobSpecSchema } from '@genesis/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalExecutor } from './local-executor.ts';
import { sandboxMissing } from './sandbox-for-tests.ts';
import { Staging } from './staging.ts';

const missing = await sandboxMissing();
/** Seconds that nobody else on this machine sleeps. */
const nap = `27182.${process.pid}`;
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-crash-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Processes that hold a text among their arguments: the doomed job's, and those of a sandbox half made for it. */
async function processesWith(text: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands.filter((command) => command.includes(text)).length;
}

/** Sleeping processes of the doomed job. */
async function sleepers(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands.filter((command) => command.startsWith(`sleep\x00${nap}`)).length;
}

async function startServer(
  mode: 'sandboxed' | 'bare',
): Promise<{ server: ChildProcess; said: (word: string) => Promise<string> }> {
  const server = spawn(
    process.execPath,
    [new URL('./crash-server.ts', import.meta.url).pathname, folder, mode, nap],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  server.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const said = async (word: string): Promise<string> => {
    for (;;) {
      const line = text.split('\n').find((candidate) => candidate.startsWith(word));
      if (line !== undefined) return line.slice(word.length).trim();
      if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`);
      await pause(1);
    }
  };
  return { server, said };
}

async function killServer(server: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await exited;
}

const restarted = (mode: 'sandboxed' | 'bare') =>
  createLocalExecutor({
    stagingRoot: folder,
    ...(mode === 'bare' ? { allowUnsandboxed: true, bubblewrapPlaces: ['/nowhere/bwrap'] } : {}),
  });

for (const mode of ['sandboxed', 'bare'] as const)
  describe.skipIf(mode === 'sandboxed' && missing !== null)(
    `a ${mode} job whose server is killed${mode === 'sandboxed' && missing !== null ? ` (skipped: ${missing})` : ''}`,
    () => {
      test('is lost under its claim, and no process of it is left', async () => {
        const { server, said } = await startServer(mode);
        const claim = await said('launched ');
        while ((await sleepers()) < 2) await pause(5);
        await killServer(server);
        const executor = await restarted(mode);
        expect(await executor.reconcile('doomed')).toEqual({ state: 'lost', claim });
        expect(await sleepers()).toBe(0);
        expect(await processesWith(`sleep ${nap}`)).toBe(0);
        // asked again, the answer stays; the name stays taken until it is released
        expect(await executor.reconcile('doomed')).toEqual({ state: 'lost', claim });
        const again = jobSpecSchema.parse({ name: 'doomed', executable: 'true' });
        await expect(executor.launch(again)).rejects.toThrow(/launched before/);
        await executor.release('doomed');
        const handle = await executor.launch(again);
        expect((await handle.wait()).state).toBe('succeeded');
        await executor.close();
      });

      test('is in one clear state whenever the kill comes', async () => {
        const seen = new Map<string, number>();
        for (let delay = 0; delay < 60; delay += 6) {
          const { server, said } = await startServer(mode);
          await said('launching');
          await pause(delay);
          await killServer(server);
          const executor = await restarted(mode);
          const { state } = await executor.reconcile('doomed');
          seen.set(state, (seen.get(state) ?? 0) + 1);
          expect(['unknown', 'not-started', 'lost']).toContain(state);
          expect(await processesWith(`sleep ${nap}`)).toBe(0);
          expect(await sleepers()).toBe(0);
          await executor.release('doomed');
          expect(await executor.reconcile('doomed')).toEqual({ state: 'unknown' });
          await executor.close();
        }
        expect(seen.size).toBeGreaterThan(0);
      });
    },
  );

test('a name that was reconciled before its claim can never be claimed', async () => {
  const staging = new Staging(folder, 'slow');
  await staging.create('slow');
  const executor = await createLocalExecutor({ stagingRoot: folder, allowUnsandboxed: true });
  expect(await executor.reconcile('slow')).toEqual({ state: 'not-started' });
  const claim = {
    kind: 'claimed' as const,
    claim: 'late',
    process: { pid: 1, startTicks: 0, bootId: '' },
    sandboxed: true,
    cgroupFolders: [],
  };
  expect(await staging.claim(claim)).toBe(false);
  expect(await executor.reconcile('slow')).toEqual({ state: 'not-started' });
  await executor.close();
});

test('a server that was given up cannot record an outcome', async () => {
  const staging = new Staging(folder, 'zombie');
  await staging.create('zombie');
  const claim = {
    kind: 'claimed' as const,
    claim: 'old',
    process: { pid: 2 ** 30, startTicks: 1, bootId: 'another boot' },
    sandboxed: true,
    cgroupFolders: [],
  };
  expect(await staging.claim(claim)).toBe(true);
  const executor = await createLocalExecutor({ stagingRoot: folder, allowUnsandboxed: true });
  expect(await executor.reconcile('zombie')).toEqual({ state: 'lost', claim: 'old' });
  const own = await executor.launch(jobSpecSchema.parse({ name: 'other', executable: 'true' }));
  const outcome = { ...(await own.wait()), name: 'zombie', claim: 'old' };
  expect(await staging.end({ kind: 'outcome', outcome })).toEqual({ kind: 'lost' });
  expect(await executor.reconcile('zombie')).toEqual({ state: 'lost', claim: 'old' });
  await executor.close();
});
