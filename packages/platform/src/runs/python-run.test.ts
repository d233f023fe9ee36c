import { once } from 'node:events';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { developmentSlurm } from '../../test/development-slurm.ts';
import {
  createLocalExecutor,
  createMemoryExecutor,
  type RunsUnderTest,
  sandboxMissing,
  startRuns,
} from '../../test/runs-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';
import { makeTinyKit } from '../../test/tiny-kit.ts';
import { createEnvironments, createSlurmExecutor, type Environments } from '../compute/index.ts';
import { createLog, noCrashPoints } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { openKits } from './kits/kits.ts';
import type { RunTracking } from './python-run.ts';
import { readLog } from './store.ts';

const missing = await sandboxMissing();
/** One that is none: jobs see the null device in its place. */
const gpus = {
  devices: new Map([[0, { source: '/dev/null', at: '/dev/nvidia0' }]]),
  ...{ shared: [], places: [], libraries: null, model: 'NVIDIA H200', missing: 'these are all' },
  isUnusable: false,
};
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Hears what is tracked, as a server would. */
async function trackingServer() {
  const socket = join(await temporaryFolder(), 'tracking.sock');
  const heard: { url: string | undefined; token: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      heard.push({ url: request.url, token: request.headers.authorization, body });
      response.end('{"ok": true}');
    });
  }).listen(socket);
  await once(server, 'listening');
  await chmod(socket, 0o666);
  return { socket, heard, close: () => void server.close() };
}

describe.skipIf(missing !== null)(
  missing === null ? 'runs with Python' : `runs with Python (skipped: ${missing})`,
  () => {
    let platform: RunsUnderTest;
    let by: PrincipalFacts;
    let environments: Environments;
    let lock = '';
    let kitFolder = '';
    let tracking: RunTracking | null = null;
    const ended: string[] = [];
    const models: { run: string }[] = [];
    const log = createLog({ level: 'silent' });
    const data = { folder: '' };

    beforeAll(async () => {
      const root = await temporaryFolder();
      data.folder = await temporaryFolder();
      const made = await makeTinyKit(root, '1.0.0', true);
      lock = made.lock;
      kitFolder = made.kitsFolder;
      environments = createEnvironments({
        ...{
          folder: join(data.folder, 'environments'),
          log,
          crash: noCrashPoints,
          wheelFolder: made.wheelFolder,
        },
        ...{ guard: { assertRoom: async () => undefined }, limitBytes: 2 ** 30 },
      });
      await environments.start();
      platform = await startRuns({
        ...{ database: await freshDatabase(), dataFolder: data.folder },
        executor: await createLocalExecutor({ stagingRoot: join(data.folder, 'jobs'), gpus }),
        python: {
          environments,
          kits: await openKits(kitFolder, join(data.folder, 'kits'), log),
          tracking: { begin: async () => tracking, end: async ({ id }) => void ended.push(id) },
        },
        registerModel: async (_principal, left) => void models.push(left),
      });
      await platform.runs.start();
      by = platform.person('org_a', { clearance: { level: 'internal', categories: [] } });
    }, 120_000);
    afterAll(async () => {
      await platform?.stop();
      await environments?.close();
    });

    const over = (id: string) => platform.until(by, id, 'succeeded', 'failed', 'cancelled');
    const logOf = async (id: string): Promise<string> =>
      (await platform.ask(by, 'GET', `/v1/runs/${id}/logs?purpose=train`)).text;
    const train = async (program: object, more: object = {}): Promise<string> => {
      const answer = await platform.ask<{ id: string }>(by, 'POST', '/v1/runs/train', { program, ...more });
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.json().id;
    };
    const output = async (id: string, path: string): Promise<string> =>
      (await platform.ask(by, 'GET', `/v1/runs/${id}/outputs/${path}?purpose=train`)).text;

    test('a kit is listed, with whether its environment is there', async () => {
      const listed = await platform.ask<{ items: { name: string; environment: { state: string } }[] }>(
        by,
        'GET',
        '/v1/kits',
      );
      expect(listed.json().items).toMatchObject([
        { name: 'tiny', capabilities: [{ capability: 'tiny-train' }], environment: { state: 'absent' } },
      ]);
      expect((await platform.ask(by, 'GET', '/v1/kits/other')).status).toBe(404);
    });

    test('a kit runs in its environment, and leaves a model, its lock and its output', async () => {
      const submitted = await platform.runs.submit(by, {
        ...{ capability: 'tiny-train', input: { target: 'depth' }, datasets: [], purpose: 'train' },
      });
      const shown = await over(submitted.id);
      expect(shown.run).toMatchObject({ status: 'succeeded', sandboxed: true });
      expect(shown.output?.value).toEqual({ books: 7, target: 'depth' });
      const paths = shown.output?.files?.outputs.map(({ path }) => path);
      expect(paths).toEqual(['model/model.json', 'output.json', 'environment/requirements.txt']);
      expect(await output(submitted.id, 'environment/requirements.txt')).toBe(lock);
      const { key } = await environments.inspect({ lock, python: '3.11' });
      expect(shown.run).toMatchObject({ executionContext: { environmentHash: key }, waitsFor: null });
      expect(models.map(({ run }) => run)).toEqual([submitted.id]);
      const said = await logOf(submitted.id);
      for (const words of [
        'environment: making a virtual environment',
        'fitting depth on 0 GPUs',
        'OSError Read-only file system',
      ])
        expect(said).toContain(words);
    });

    test('a run with a GPU gets the lock for GPUs, where the kit has one, and is placed where a GPU is', async () => {
      const asked = (gpus: number) => ({
        ...{ capability: 'tiny-train', input: { target: 'depth' }, datasets: [], purpose: 'train' as const },
        resources: { gpus },
      });
      const { id } = await platform.runs.submit(by, asked(1));
      const shown = await over(id);
      expect(shown.run).toMatchObject({ status: 'succeeded', sandboxed: true });
      expect(shown.output?.value).toEqual({ books: 8, target: 'depth' });
      expect(await output(id, 'environment/requirements.txt')).toMatch(/^shelf==1\.2\.0 /);
      expect(await logOf(id)).toContain('fitting depth on 1 GPUs');
    });

    test('what trains is run for the purpose "train" only, and what ships is not declared by others', async () => {
      const submitted = platform.runs.submit(by, {
        ...{ capability: 'tiny-train', input: { target: 'a' }, datasets: [], purpose: 'explore' },
      });
      await expect(submitted).rejects.toThrow(/^purpose: tiny-train trains a model/);
      const own = platform.runs.submit(by, {
        capability: 'own-training',
        input: { command: [] },
        datasets: [],
        purpose: 'train',
      });
      await expect(own).rejects.toThrow(/sent to \/v1\/runs\/train/);
      const [manifest] = (await openKits(kitFolder, join(data.folder, 'kits'), log)).manifests();
      await expect(platform.runs.register(by, { ...manifest!, name: 'mine' })).rejects.toThrow(
        /ships with the platform/,
      );
    });

    test("a program of one's own runs with its code and packages; what it changed or made is left, its code is not", async () => {
      const code = [
        { path: 'train.py', content: base64('import shelf, lib.help\nlib.help.write(shelf.books)\n') },
        {
          path: 'lib/help.py',
          content: base64(
            'import os\ndef write(n):\n  open("result.txt","w").write(f"{n} {os.environ[\'LEVEL\']}")\n  open("notes.txt","a").write("more")\n',
          ),
        },
        { path: 'notes.txt', content: base64('some ') },
        { path: 'unused/deep/file.txt', content: base64('x') },
      ];
      const id = await train({
        ...{ command: ['python', 'train.py'], environment: { LEVEL: '3' }, code },
        requirements: { kind: 'requirements', text: '# what I need\nshelf >= 1\n' },
      });
      const shown = await over(id);
      expect(shown.run.outcome).toMatchObject({ state: 'succeeded' });
      expect(shown.output?.files?.outputs.map(({ path }) => path)).toEqual([
        'notes.txt',
        'result.txt',
        'environment/requirements.txt',
      ]);
      expect(await output(id, 'result.txt')).toBe('7 3');
      expect(await output(id, 'notes.txt')).toBe('some more');
      expect(await output(id, 'environment/requirements.txt')).toBe(lock);
    });

    test('its exit code is kept, a program that is not there is told, and a wrong request is refused before anything', async () => {
      const failed = await over(await train({ command: ['sh', '-c', 'echo half > half.txt; exit 7'] }));
      expect(failed.run.outcome).toMatchObject({ state: 'failed', reason: 'exit-code' });
      expect(failed.output).toMatchObject({ files: { exitCode: 7 } });
      const missingProgram = await over(await train({ command: ['no-such-program'] }));
      expect(missingProgram.run.outcome).toMatchObject({ state: 'failed' });
      const refused = async (program: object, more: object = {}) => {
        const answer = await platform.ask<{ detail: string }>(by, 'POST', '/v1/runs/train', {
          program,
          ...more,
        });
        return [answer.status, answer.text] as const;
      };
      const file = { path: 'inputs/a.py', content: '' };
      expect((await refused({ command: ['a'], code: [file] }))[1]).toMatch(/belongs to the run's own folder/);
      const twice = [
        { path: 'a', content: '' },
        { path: 'a/b', content: '' },
      ];
      expect((await refused({ command: ['a'], code: twice }))[1]).toMatch(/a file and a folder/);
      const half = { kind: 'requirements', text: `${lock}other==1\n` };
      expect((await refused({ command: ['a'], requirements: half }))[1]).toMatch(/other has no --hash/);
      expect((await refused({ command: [] }))[0]).toBe(400);
      expect((await refused({ command: ['a'] }, { resources: { memoryBytes: 1 } }))[0]).toBe(400);
    });

    test('requirements that cannot be had end the run with what is to be done', async () => {
      const id = await train({
        command: ['true'],
        requirements: { kind: 'requirements', text: 'nowhere-to-be-found' },
      });
      const { run } = await over(id);
      expect(run.outcome).toMatchObject({ state: 'failed', failureClass: 'F2_ENVIRONMENT' });
      expect(run.outcome?.['message']).toMatch(/There is no wheel that fits Python 3\.11/);
    });

    test('it asks for what it needs, and gets no more', async () => {
      const program = {
        command: [
          'python',
          '-c',
          'import os; print(os.environ["OMP_NUM_THREADS"], os.environ["OMP_WAIT_POLICY"]); x = bytearray(2**30)',
        ],
      };
      const id = await train(program, { resources: { memoryBytes: 2 ** 28, cpuCores: 2 } });
      const { run } = await over(id);
      expect(run.status).toBe('failed');
      expect(await logOf(id)).toContain('"2 PASSIVE"');
    });

    test('it reaches the tracking server, and nothing else, with a token that it does not choose', async () => {
      const { socket, heard, close } = await trackingServer();
      tracking = { socket, token: 'secret-of-the-run', variables: { MLFLOW_RUN_ID: 'run1' } };
      const script = [
        'import json, os, urllib.request, socket',
        'address = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-batch"',
        'asked = urllib.request.Request(address, b"{}", {"Authorization": "Bearer other"})',
        'print(json.load(urllib.request.urlopen(asked)), os.environ["MLFLOW_RUN_ID"])',
        'try:',
        '  socket.create_connection(("192.0.2.1", 80), 2)',
        'except OSError as error:',
        '  print("no network")',
      ].join('\n');
      const id = await train({
        command: ['python', 'train.py'],
        code: [{ path: 'train.py', content: base64(script) }],
      });
      const { run } = await over(id);
      tracking = null;
      close();
      expect(run.outcome).toMatchObject({ state: 'succeeded' });
      expect(heard).toEqual([
        { url: '/api/2.0/mlflow/runs/log-batch', token: 'Bearer secret-of-the-run', body: '{}' },
      ]);
      expect(ended.filter((one) => one === id)).toHaveLength(1);
      const said = await logOf(id);
      expect(said).toContain("{'ok': True} run1");
      expect(said).toContain('no network');
      expect(said).not.toContain('secret-of-the-run');
    });

    test('a cancelled run passes the signal on and ends', async () => {
      const script =
        'import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (open("saved.txt","w").write("checkpoint"), sys.exit(0)))\nprint("ready", flush=True)\ntime.sleep(60)\n';
      const id = await train({
        command: ['python', 'train.py'],
        code: [{ path: 'train.py', content: base64(script) }],
      });
      await expect.poll(() => logOf2(id), { timeout: 60_000 }).toContain('ready');
      await platform.ask(by, 'POST', `/v1/runs/${id}/cancel`);
      const shown = await over(id);
      expect(shown.run.status).toBe('cancelled');
      expect(shown.output?.files?.outputs.map(({ path }) => path)).toContain('saved.txt');
    });
    /** What is in the log by now. */
    const logOf2 = async (id: string): Promise<string> => {
      const { text } = await platform.ask(by, 'GET', `/v1/runs/${id}?purpose=train`);
      return text.includes('"running"') ? await linesNow(id) : text;
    };
    const linesNow = async (id: string): Promise<string> => {
      const lines = await readLog(platform.door.authorize(by, 'train'), id, { attempt: 0, line: -1 }, 500);
      return lines.map(({ text }) => text).join('\n');
    };

    test('a kit whose files changed without a new version runs what it was registered with', async () => {
      await writeFile(join(kitFolder, 'tiny/genesis_tiny/train.py'), 'raise SystemExit(9)\n');
      const kits = await openKits(kitFolder, join(data.folder, 'kits'), log);
      expect(kits.list()).toHaveLength(1);
      const { id } = await platform.runs.submit(by, {
        ...{ capability: 'tiny-train', input: { target: 'b' }, datasets: [], purpose: 'train' },
      });
      expect((await over(id)).run.status).toBe('succeeded');
    });

    test('where jobs see no folders, it says so', async () => {
      const executor = createMemoryExecutor({ programs: {}, folder: await temporaryFolder() });
      const kits = await openKits(kitFolder, join(data.folder, 'kits'), log);
      const other = await startRuns({
        ...{ database: await freshDatabase(), dataFolder: await temporaryFolder(), executor },
        python: { environments, kits },
      });
      await other.runs.start();
      const person = other.person('org_a');
      const answer = await other.ask<{ id: string }>(person, 'POST', '/v1/runs/train', {
        program: { command: ['true'] },
      });
      const { run } = await other.until(person, answer.json().id, 'failed');
      expect(run.outcome?.['message']).toMatch(/Jobs see no Python environment/);
      await other.stop();
    });
  },
);

const slurm = developmentSlurm();
afterAll(() => slurm.stop());
const noSlurm = slurm.missing ?? missing;
test.skipIf(noSlurm !== null)(
  `on a Slurm, a kit runs in the same environment, and a program of one's own tracks itself${noSlurm ?? ''}`,
  async () => {
    const root = await temporaryFolder();
    const dataFolder = await temporaryFolder();
    const made = await makeTinyKit(root);
    const log = createLog({ level: 'silent' });
    const environments = createEnvironments({
      ...{
        folder: join(dataFolder, 'environments'),
        log,
        crash: noCrashPoints,
        wheelFolder: made.wheelFolder,
      },
      ...{ guard: { assertRoom: async () => undefined }, limitBytes: 2 ** 30 },
    });
    await environments.start();
    const { socket, heard, close } = await trackingServer();
    const stagingRoot = join(dataFolder, 'jobs');
    const platform = await startRuns({
      ...{ database: await freshDatabase(), dataFolder },
      executor: await createSlurmExecutor({
        stagingRoot,
        slurmConf: slurm.configuration,
        pollMilliseconds: 500,
      }),
      python: {
        ...{ environments, kits: await openKits(made.kitsFolder, join(dataFolder, 'kits'), log) },
        tracking: {
          begin: async () => ({ socket, token: 'secret-of-the-run', variables: {} }),
          end: async () => undefined,
        },
      },
    });
    await platform.runs.start();
    const by = platform.person('org_a');
    const submit = {
      capability: 'tiny-train',
      input: { target: 'y' },
      datasets: [],
      purpose: 'train',
    } as const;
    for (const time of ['first', 'second']) {
      const { id } = await platform.runs.submit(by, { ...submit, datasets: [] });
      const shown = await platform.until(by, id, 'succeeded', 'failed');
      expect([time, shown.run.outcome?.['message'] ?? null]).toEqual([time, null]);
      expect(shown.output?.value).toEqual({ books: 7, target: 'y' });
    }
    const script = [
      'import os, urllib.request',
      'address = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-batch"',
      'for step in range(3):',
      '  urllib.request.urlopen(urllib.request.Request(address, b"%d" % step))',
    ].join('\n');
    const asked = await platform.ask<{ id: string }>(by, 'POST', '/v1/runs/train', {
      program: {
        command: ['python', 'train.py'],
        code: [{ path: 'train.py', content: base64(script) }],
      },
    });
    const own = await platform.until(by, asked.json().id, 'succeeded', 'failed');
    expect(own.run.outcome).toMatchObject({ state: 'succeeded' });
    const [url, token] = ['/api/2.0/mlflow/runs/log-batch', 'Bearer secret-of-the-run'];
    expect(heard).toEqual(['0', '1', '2'].map((body) => ({ url, token, body })));
    close();
    // the environment, the interpreter, the kit and the runner: each once
    const shared = await readdir(join(stagingRoot, '.mounts'));
    const { key } = await environments.inspect({ lock: made.lock, python: '3.11' });
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(shared.length).toBeGreaterThanOrEqual(3);
    expect(shared.every((name) => /^[0-9a-f]{64}$/.test(name))).toBe(true);
    await platform.stop();
    await environments.close();
  },
  240_000,
);
