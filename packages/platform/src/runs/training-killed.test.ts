/** A training whose job is killed goes on from its checkpoint, to the same end; nothing else does. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  commandManifest,
  createLocalExecutor,
  type RunsUnderTest,
  sandboxMissing,
  startRuns,
} from '../../test/runs-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';
import { createEnvironments, type Environments } from '../compute/index.ts';
import { createLog, type Database, noCrashPoints, nullIfAbsent } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { mostKilled } from './after-a-kill.ts';
import { openKits } from './kits/kits.ts';

const missing = await sandboxMissing();
const tiny = new URL('../../test/crash-training/tiny_training.py', import.meta.url);

/** What the training leaves after so many steps. */
function weightsAfter(steps: number): string {
  let state = '';
  for (let step = 1; step <= steps; step += 1)
    state = createHash('sha256').update(`${state} ${step}`).digest('hex');
  return createHash('sha256').update(Buffer.from(state, 'hex')).digest('hex');
}

describe.skipIf(missing !== null)(
  missing === null ? 'a killed training' : `a killed training (skipped: ${missing})`,
  () => {
    const people = new Map<string, PrincipalFacts>();
    const log = createLog({ level: 'silent' });
    let database: Database;
    let dataFolder = '';
    let platform: RunsUnderTest;
    let environments: Environments;
    let by: PrincipalFacts;
    let code = '';

    const start = async (): Promise<void> => {
      environments = createEnvironments({
        ...{ folder: join(dataFolder, 'environments'), log, crash: noCrashPoints },
        ...{ guard: { assertRoom: async () => undefined }, limitBytes: 2 ** 30 },
      });
      await environments.start();
      platform = await startRuns({
        ...{ database, dataFolder, people },
        executor: await createLocalExecutor({ stagingRoot: join(dataFolder, 'jobs'), graceSeconds: 1 }),
        python: {
          environments,
          kits: await openKits(await temporaryFolder(), join(dataFolder, 'kits'), log),
        },
      });
      await platform.runs.start();
    };
    const stop = async (): Promise<void> => {
      await platform?.stop();
      await environments?.close();
    };
    beforeAll(async () => {
      database = await freshDatabase();
      dataFolder = await temporaryFolder();
      code = (await readFile(tiny)).toString('base64');
      await start();
      by = platform.person('org_a');
    }, 120_000);
    afterAll(stop);

    const train = async (...words: string[]): Promise<string> => {
      const program = {
        command: ['python', 'tiny_training.py', ...words],
        code: [{ path: 'tiny_training.py', content: code }],
        requirements: null,
      };
      const answer = await platform.ask<{ id: string }>(by, 'POST', '/v1/runs/train', { program });
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.json().id;
    };
    const over = (id: string) => platform.until(by, id, 'succeeded', 'failed', 'cancelled');
    const logOf = async (id: string): Promise<string> =>
      (await platform.ask(by, 'GET', `/v1/runs/${id}/logs?purpose=train`)).text;
    /** Jobs and checkpoints that are still there, once nothing runs. */
    const left = async (): Promise<string[]> => {
      for (let looks = 0; ; looks += 1) {
        const found: string[] = [];
        for (const folder of ['jobs', 'checkpoints', 'run-inputs'])
          found.push(...((await nullIfAbsent(readdir(join(dataFolder, folder)))) ?? []));
        if (found.length === 0 || looks === 200) return found;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };

    test('goes on from its checkpoint, twice, and ends with the weights of one that was not', async () => {
      const id = await train('40', '--die', 'SIGKILL', '13,27');
      const { run, attempts, output } = await over(id);
      expect(run).toMatchObject({ status: 'succeeded', attempts: 3 });
      expect(attempts.map(({ outcome }) => outcome?.['reason'])).toEqual(['signal', 'signal', null]);
      const outputs = output?.files?.outputs ?? [];
      expect(outputs.map(({ path }) => path)).toEqual(['model/weights.bin', 'environment/requirements.txt']);
      expect(outputs[0]).toMatchObject({ sha256: weightsAfter(40) });
      const said = await logOf(id);
      for (const words of [
        ...['begins at step 0', 'The attempt was killed; attempt 2 goes on from its checkpoint.'],
        ...['begins at step 10', 'The attempt was killed; attempt 3 goes on from its checkpoint.'],
        'begins at step 25',
      ])
        expect(said.split(words)).toHaveLength(2);
      expect(await left()).toEqual([]);
    }, 120_000);

    test('without a checkpoint begins anew, and is given up when it is killed again and again', async () => {
      const id = await train('40', '--die', 'SIGKILL', '0');
      const { run, attempts } = await over(id);
      expect(run).toMatchObject({ status: 'failed', attempts: mostKilled, outcome: { reason: 'signal' } });
      expect(attempts.every(({ outcome }) => outcome?.['reason'] === 'signal')).toBe(true);
      expect(await logOf(id)).toContain('attempt 5 begins anew: there is no checkpoint yet.');
      expect(await left()).toEqual([]);
    }, 120_000);

    test('a crash of its own is no kill, and ends it', async () => {
      const { run } = await over(await train('40', '--die', 'SIGSEGV', '13'));
      expect(run).toMatchObject({ status: 'failed', attempts: 1, outcome: { reason: 'signal' } });
      expect(await left()).toEqual([]);
    }, 120_000);

    test('a command that is killed ends as before', async () => {
      const manifest = commandManifest('killed', 'sh', [
        '-c',
        'mkdir checkpoint; echo a > checkpoint/a; kill -9 $$',
      ]);
      await platform.runs.register(by, manifest);
      const { id } = await platform.runs.submit(by, {
        ...{ capability: 'killed', input: {}, datasets: [], purpose: 'explore' },
      });
      const { run, output } = await over(id);
      expect(run).toMatchObject({ status: 'failed', attempts: 1, outcome: { reason: 'signal' } });
      expect(output?.files?.outputs.map(({ path }) => path)).toEqual(['checkpoint/a']);
    }, 120_000);

    test('goes on after a stop of the platform, which ends its job', async () => {
      const id = await train('60', '--pause', '0.1');
      const kept = join(dataFolder, 'jobs', `${id}-1`, 'kept');
      while (((await nullIfAbsent(readdir(kept))) ?? []).every((name) => name.startsWith('.')))
        await new Promise((resolve) => setTimeout(resolve, 50));
      await stop();
      await start();
      const { run, output } = await over(id);
      expect(run).toMatchObject({ status: 'succeeded', attempts: 2 });
      expect(output?.files?.outputs[0]).toMatchObject({ sha256: weightsAfter(60) });
      const said = await logOf(id);
      expect(said).toContain('The attempt was killed; attempt 2 goes on from its checkpoint.');
      expect(said).toMatch(/begins at step [1-9]/);
      expect(await left()).toEqual([]);
    }, 120_000);

    test('takes no dataset where its checkpoint lies', async () => {
      const datasets = [{ name: 'checkpoint/step-1', version: 'x' }];
      const program = { command: ['true'], code: [], requirements: null };
      const answer = await platform.ask(by, 'POST', '/v1/runs/train', { program, datasets });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('is taken twice');
    });
  },
);
