import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GenesisError, jobSpecSchema, type LogLine } from '@genesis/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog, noCrashPoints } from '../../kernel/index.ts';
import { createLocalExecutor } from '../executors/local/local-executor.ts';
import { sandboxMissing } from '../executors/local/sandbox-for-tests.ts';
import { createEnvironments, type EnvironmentOptions } from './environments.ts';
import { findPython } from './python.ts';
import { writeWheel } from './wheel-for-tests.ts';

const missing =
  (await sandboxMissing()) ??
  (await findPython('3.11').then(
    () => null,
    (error: Error) => error.message,
  ));

describe.skipIf(missing !== null)(
  missing === null ? 'environments' : `environments (skipped: ${missing})`,
  () => {
    let root = '';
    let wheels = '';
    let lock = '';
    const opened: ReturnType<typeof createEnvironments>[] = [];
    const open = async (more: Partial<EnvironmentOptions> = {}) => {
      const environments = createEnvironments({
        ...{ folder: join(root, 'environments'), log: createLog({ level: 'silent' }), crash: noCrashPoints },
        ...{
          guard: { assertRoom: async () => undefined },
          limitBytes: 2 ** 30,
          wheelFolder: wheels,
          ...more,
        },
      });
      opened.push(environments);
      await environments.start();
      return environments;
    };
    const problemOf = (work: Promise<unknown>): Promise<GenesisError['failure']> =>
      work.then(
        () => {
          throw new Error('it went well');
        },
        (error: GenesisError) => error.failure,
      );

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'genesis-environments-'));
      wheels = join(root, 'wheels');
      const [one, two] = [
        await writeWheel(wheels, 'shelf', '1.2.0+cpu', { 'shelf.py': 'books = 7\n' }, ['reader>=1']),
        await writeWheel(wheels, 'reader', '1.0.0', {
          'reader/__init__.py': 'import shelf\nprint(shelf.books)\n',
        }),
      ];
      lock = `shelf==1.2.0+cpu --hash=sha256:${one}\nreader==1.0.0 \\\n    --hash=sha256:${two}  # read\n`;
    });
    afterAll(async () => {
      for (const one of opened) await one.close();
      await rm(root, { recursive: true, force: true });
    });

    const runIn = async (environment: Awaited<ReturnType<(typeof opened)[0]['ensure']>>, code: string) => {
      const executor = await createLocalExecutor({ stagingRoot: join(root, 'jobs') });
      const lines: LogLine[] = [];
      try {
        const handle = await executor.launch(
          jobSpecSchema.parse({
            ...{ name: `job-${Math.random().toString(36).slice(2)}`, executable: environment.interpreter },
            ...{ arguments: ['-c', code], environment: environment.variables, mounts: environment.mounts },
          }),
          { onLog: (added) => void lines.push(...added) },
        );
        await handle.wait();
        return lines.map(({ text }) => text);
      } finally {
        await executor.close();
      }
    };

    test('one is made of a lock, and a job runs with it, without a network and without being able to change it', async () => {
      const environments = await open();
      expect(await environments.inspect({ lock, python: '3.11' })).toMatchObject({ state: 'absent' });
      const said: string[] = [];
      const made = await environments.ensure(
        { lock, python: '3.11' },
        { onProgress: (line) => void said.push(line) },
      );
      expect(made.key).toMatch(/^[0-9a-f]{64}$/);
      expect(made.packages).toEqual([
        { name: 'reader', version: '1.0.0' },
        { name: 'shelf', version: '1.2.0+cpu' },
      ]);
      expect(said.join('\n')).toMatch(/shelf-1\.2\.0\+cpu-py3-none-any\.whl/);
      expect(await runIn(made, 'import reader, sys; print(sys.prefix)')).toEqual(['7', '/opt/environment']);
      expect((await runIn(made, 'open("/opt/environment/lib/new", "w")')).join()).toMatch(
        /Read-only file system/,
      );
      expect(await environments.inspect({ lock, python: '3.11' })).toEqual({ key: made.key, state: 'ready' });
      expect(await readdir(join(root, 'environments', made.key))).toEqual([
        'environment.json',
        'requirements.txt',
        'tree',
      ]);
    });

    test('the same lock is the same environment, however it is written; it is not made twice', async () => {
      const environments = await open();
      const said: string[] = [];
      const waiting = { onProgress: (line: string) => void said.push(line) };
      const first = await environments.ensure({ lock, python: '3.11' }, waiting);
      const other = `# a comment\n${lock.split('\n').slice(1).join('\n')}${lock.split('\n')[0]}\n`;
      expect((await environments.ensure({ lock: other, python: '3.11' }, waiting)).key).toBe(first.key);
      expect(said).toEqual([]);
      await environments.remove(first.key);
      const made = await Promise.all(
        [1, 2, 3].map(() => environments.ensure({ lock, python: '3.11' }, waiting)),
      );
      expect(new Set(made.map(({ key }) => key))).toEqual(new Set([first.key]));
      expect(said.filter((line) => line === 'making a virtual environment')).toHaveLength(3);
      expect((await environments.list()).map(({ key }) => key)).toEqual([first.key]);
    });

    test('one that is damaged is found out after a start, and made again', async () => {
      const environments = await open();
      const { key } = await environments.ensure({ lock, python: '3.11' });
      const tree = join(root, 'environments', key, 'tree');
      await rm(join(tree, 'lib/python3.11/site-packages/shelf.py'));
      const again = await (await open()).ensure({ lock, python: '3.11' });
      expect(again.key).toBe(key);
      await access(join(tree, 'lib/python3.11/site-packages/shelf.py'));
    });

    test('what is wrong with a lock is told by its line', async () => {
      const environments = await open();
      const ensure = (text: string) => problemOf(environments.ensure({ lock: text, python: '3.11' }));
      const hash = `--hash=sha256:${'0'.repeat(64)}`;
      expect((await ensure('shelf==1.2.0+cpu\n')).message).toMatch(
        /^requirements: line 1: shelf has no --hash/,
      );
      expect((await ensure(`\n--index-url https://x.example/simple\n`)).message).toMatch(
        /line 2: the option --index-url/,
      );
      expect((await ensure(`shelf>=1 ${hash}`)).message).toMatch(/expected NAME==VERSION/);
      expect((await ensure(`shelf @ https://x.example/shelf.whl ${hash}`)).message).toMatch(
        /addresses and folders/,
      );
      expect((await ensure('shelf==1 --hash=md5:00')).message).toMatch(/expected --hash=sha256/);
    });

    test('a wrong hash, a version without a wheel and a Python that is not there say what is to be done', async () => {
      const environments = await open();
      const wrong = await problemOf(
        environments.ensure({ lock: `shelf==1.2.0+cpu --hash=sha256:${'0'.repeat(64)}`, python: '3.11' }),
      );
      expect(wrong).toMatchObject({ code: 'invalid-input' });
      expect(wrong.message).toMatch(/another hash than the lock says/);
      await writeFile(join(wheels, 'source-1.0.tar.gz'), 'source');
      const sha256 = createHash('sha256').update('source').digest('hex');
      const sdist = await problemOf(
        environments.ensure({ lock: `source==1.0 --hash=sha256:${sha256}`, python: '3.11' }),
      );
      expect(sdist.message).toMatch(/There is no wheel that fits Python 3\.11\.\d+ on .*source only/);
      const none = await problemOf(environments.ensure({ lock, python: '3.99' }));
      expect(none).toMatchObject({ code: 'unsupported' });
      expect(none.message).toMatch(/Python 3\.99, which this needs, is not found.*Install it/);
      const old = await problemOf(
        (await open({ python: '/nowhere/python' })).ensure({ lock, python: '3.11' }),
      );
      expect(old.message).toMatch(/Looked at: \/nowhere\/python/);
      const away = await open({ folder: join(root, 'away'), wheelFolder: '/nowhere/wheels' });
      const noFolder = await problemOf(away.ensure({ lock, python: '3.11' }));
      expect(noFolder.message).toBe('The wheel folder /nowhere/wheels is not there.');
      const names = (await readdir(join(root, 'environments'))).filter((name) => name.includes('unfinished'));
      expect(names).toEqual([]);
    });

    test('one that grows too large, or a disk that fills, leaves nothing behind', async () => {
      const environments = await open({ limitBytes: 1_000 });
      const big = await writeWheel(wheels, 'big', '1.0', { 'big.bin': Buffer.alloc(2 ** 20, 'x') });
      const small = `big==1.0 --hash=sha256:${big}`;
      const tooLarge = await problemOf(environments.ensure({ lock: small, python: '3.11' }));
      expect(tooLarge).toMatchObject({ code: 'too-large', limitBytes: 1_000 });
      const failure = { code: 'storage-full' as const, message: 'full' };
      const full = await open({
        folder: join(root, 'full'),
        guard: {
          assertRoom: async () => {
            throw new GenesisError(failure);
          },
        },
      });
      expect(await problemOf(full.ensure({ lock, python: '3.11' }))).toEqual(failure);
      expect(await readdir(join(root, 'full'))).toEqual([]);
    });

    test('the disk is looked at by one look at a time, however long a look takes', async () => {
      let [looking, most, looks] = [0, 0, 0];
      const assertRoom = async () => {
        looks++;
        most = Math.max(most, ++looking);
        await sleep(2_500);
        looking--;
      };
      const environments = await open({ folder: join(root, 'slow'), guard: { assertRoom } });
      await environments.ensure({ lock, python: '3.11' });
      expect(looks).toBeGreaterThan(1);
      expect(most).toBe(1);
    });

    test('requirements without hashes, and a pyproject.toml, become a lock that can be made', async () => {
      const environments = await open();
      const locked = await environments.resolve({ kind: 'requirements', text: 'shelf>=1\n', python: '3.11' });
      expect(locked.split('\n').map((line) => line.split(' ')[0])).toEqual([
        'reader==1.0.0',
        'shelf==1.2.0+cpu',
        '',
      ]);
      const project =
        '[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["reader"]\n';
      const other = await environments.resolve({ kind: 'project', text: project, python: '3.11' });
      expect(other).toMatch(/^reader==1\.0\.0 --hash=sha256:[0-9a-f]{64}\n$/);
      const refused = (kind: 'requirements' | 'project', text: string) =>
        problemOf(environments.resolve({ kind, text, python: '3.11' }));
      expect((await refused('requirements', '-e .\n')).message).toMatch(/The option -e is not taken/);
      expect((await refused('requirements', 'shelf @ git+https://x.example/shelf\n')).message).toMatch(
        /shelf is named by an address/,
      );
      expect((await refused('requirements', 'nowhere-to-be-found\n')).message).toMatch(
        /There is no wheel that fits/,
      );
      expect((await refused('project', 'dependencies = ["a"]\n')).message).toMatch(/no table \[project\]/);
      expect((await refused('project', '[project]\nname="a"\ndynamic=["dependencies"]\n')).message).toMatch(
        /dynamic/,
      );
      expect((await refused('project', '[project]\nname="a"\nrequires-python=">=4"\n')).message).toMatch(
        /requires-python is >=4/,
      );
    });

    test('whoever waits may leave; when nobody waits, nothing is left of it', async () => {
      const environments = await open({ folder: join(root, 'left') });
      const leaving = new AbortController();
      const waited = environments.ensure(
        { lock, python: '3.11' },
        { signal: leaving.signal, onProgress: () => leaving.abort(new Error('left')) },
      );
      await expect(waited).rejects.toThrow('left');
      const made = await environments.ensure({ lock, python: '3.11' });
      const names = (await readdir(join(root, 'left'))).filter((name) => name !== 'python');
      expect(names).toEqual([made.key, 'steps']);
    });

    /** What pip is set to, only as long as `work` takes. */
    const withPip = async <T>(settings: Record<string, string>, work: () => Promise<T>): Promise<T> => {
      const before = { ...process.env };
      Object.assign(process.env, settings);
      try {
        return await work();
      } finally {
        for (const name of Object.keys(settings)) {
          if (before[name] === undefined) delete process.env[name];
          else process.env[name] = before[name];
        }
      }
    };

    /** An index of one package as PyPI has it (PEP 503), and what was asked of it. */
    async function anIndex(wheel: string) {
      const asked: string[] = [];
      const server = createServer((request, response) => {
        const path = decodeURIComponent(request.url ?? '');
        asked.push(path);
        if (path === '/shelf/')
          response.setHeader('content-type', 'text/html').end(`<a href="/${wheel}">${wheel}</a>`);
        else if (path === `/${wheel}`)
          void readFile(join(wheels, wheel)).then((bytes) => response.end(bytes));
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      return { url: `http://127.0.0.1:${port}`, asked, close: () => server.close() };
    }

    test('a build that no PyPI has comes from the index that a kit names, which is asked for nothing else', async () => {
      const usual = join(root, 'usual');
      await mkdir(usual);
      await copyFile(
        join(wheels, 'reader-1.0.0-py3-none-any.whl'),
        join(usual, 'reader-1.0.0-py3-none-any.whl'),
      );
      const index = await anIndex('shelf-1.2.0+cpu-py3-none-any.whl');
      const environments = await open({ folder: join(root, 'indexed'), wheelFolder: undefined });
      try {
        const made = await withPip({ PIP_FIND_LINKS: usual, PIP_INDEX_URL: `file://${usual}` }, () =>
          environments.ensure({ lock, python: '3.11', indexes: [index.url] }),
        );
        expect(made.packages.map(({ name }) => name)).toEqual(['reader', 'shelf']);
        expect(new Set(index.asked)).toEqual(new Set(['/shelf/', '/shelf-1.2.0+cpu-py3-none-any.whl']));
      } finally {
        index.close();
      }
    });

    test('a build that is nowhere is told with what to do, whether its own index answers or not', async () => {
      const only = lock.split('\n')[0]!;
      const index = await anIndex('other-1.0-py3-none-any.whl');
      const environments = await open({ folder: join(root, 'nowhere'), wheelFolder: undefined });
      const empty = join(root, 'empty');
      await mkdir(empty);
      const told = (indexes: string[]) =>
        withPip({ PIP_FIND_LINKS: empty, PIP_INDEX_URL: `file://${empty}` }, () =>
          problemOf(environments.ensure({ lock: only, python: '3.11', indexes })),
        );
      try {
        const { message, code } = await told([index.url]);
        expect(code).toBe('invalid-input');
        expect(message).toMatch(/^shelf==1\.2\.0\+cpu is not where wheels are taken from here/);
        expect(message).toContain(`was not to be had from ${index.url}.`);
        expect(message).toContain(
          'pip config set global.extra-index-url https://download.pytorch.org/whl/cpu',
        );
        expect(message).toContain('--wheel-folder, or lock again without "+cpu"');
        // nobody listens there any more: told as what is missing, and not as a network that may come back
        index.close();
        expect((await told([index.url])).message).toContain(`was not to be had from ${index.url}.`);
        const folder = await open({ folder: join(root, 'nowhere-folder'), wheelFolder: empty });
        const inFolder = await problemOf(folder.ensure({ lock: only, python: '3.11', indexes: [index.url] }));
        expect(inFolder.message).toMatch(/shelf==1\.2\.0\+cpu is not where wheels are taken from here/);
      } finally {
        index.close();
      }
    });

    test('wheels are fetched from where pip is set to look, by the platform, and not by what it makes', async () => {
      const environments = await open({ folder: join(root, 'fetched'), wheelFolder: undefined });
      const said: string[] = [];
      const waiting = { onProgress: (line: string) => void said.push(line) };
      const made = await withPip({ PIP_FIND_LINKS: wheels, PIP_NO_INDEX: '1' }, () =>
        environments.ensure({ lock, python: '3.11' }, waiting),
      );
      expect(said[0]).toBe('fetching 2 packages');
      expect(await readdir(join(root, 'fetched', made.key))).not.toContain('wheels');
    });
  },
);
