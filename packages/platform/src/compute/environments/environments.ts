/**
 * Python environments by what is in them: made once for each lock, kept whole under a key, seen read-only by jobs.
 * Below the folder: `KEY/tree` (what jobs see at `/opt/environment`), `KEY/environment.json` and `KEY/requirements.txt`;
 * `KEY.unfinished-ID` while one is made; `python/`, interpreters that are no part of the system; `steps/`, what runs
 * meanwhile.
 */
import { createHash, randomUUID } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError, type JobSpec } from '@genesis/contracts';
import { canonicalHash } from '@genesis/evidence';
import { z } from 'zod';
import { type CrashPoints, errorCode, type Log, nullIfAbsent } from '../../kernel/index.ts';
import { listingOf } from '../listing.ts';
import { keepInterpreter, unfinishedMark } from './interpreter.ts';
import { type Lock, readLock } from './lock.ts';
import { folderOnly, type PipPlaces, pipPlaces } from './pip-settings.ts';
import { findPython, type Python } from './python.ts';
import { createSteps, environmentPlace, type Step, type Steps } from './steps.ts';
import { syncFolder } from './sync-folder.ts';

/** Raised when the same lock is to give another environment than before. */
const recipe = 1;
const keyPattern = /^[0-9a-f]{64}$/;

const recordSchema = z.object({
  key: z.string(),
  python: z.object({ version: z.string(), implementation: z.string(), platform: z.string() }),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  /** What is in its tree, by names and sizes. */
  listing: z.string(),
  madeAt: z.string(),
});
type EnvironmentRecord = z.infer<typeof recordSchema>;

/** One that is whole, as a job uses it. */
export type Environment = {
  key: string;
  packages: readonly { name: string; version: string }[];
  python: EnvironmentRecord['python'];
  mounts: JobSpec['mounts'];
  /** The interpreter inside, and what a shell would set to use it. */
  interpreter: string;
  variables: { PATH: string; VIRTUAL_ENV: string };
};

export type Wanted = {
  /** A whole lock. */
  lock: string;
  /** For example `3.11`. */
  python: string;
  /** Indexes that are asked for builds as `1.0+cpu` which are not found as pip is set up. */
  indexes?: readonly string[];
};
export type Waiting = {
  signal?: AbortSignal | undefined;
  /** Told in words what goes on, where it has to be made. */
  onProgress?: ((line: string) => void) | undefined;
};

export type EnvironmentOptions = {
  folder: string;
  log: Log;
  crash: CrashPoints;
  guard: { assertRoom(bytes?: number): Promise<void> };
  /** The most that one may take on disk. */
  limitBytes: number;
  /** Wheels are taken from this folder only, and nothing is fetched. */
  wheelFolder?: string | undefined;
  /** The only Python that is used. */
  python?: string | undefined;
};

type Making = {
  done: Promise<EnvironmentRecord>;
  listeners: Set<(line: string) => void>;
  stop: AbortController;
  waiting: number;
};

export type Environments = ReturnType<typeof createEnvironments>;

export function createEnvironments(options: EnvironmentOptions) {
  const { folder, crash, log } = options;
  const steps: Steps = createSteps(join(folder, 'steps'));
  const pythons = new Map<string, Promise<Python>>();
  const making = new Map<string, Making>();
  /** Those that were looked through in this process. */
  const whole = new Map<string, Promise<EnvironmentRecord | null>>();

  const pythonOf = (version: string): Promise<Python> => {
    const known = pythons.get(version) ?? findPython(version, options.python);
    pythons.set(version, known);
    // one that is installed meanwhile is found
    known.catch(() => pythons.delete(version));
    return known;
  };

  const keyOf = (lock: Lock, { version, implementation, platform, executable }: Python): string =>
    canonicalHash({ recipe, lock: lock.text, version, implementation, platform, executable });

  /** Where pip looks; a lock is exact, so that constraints of the user have no say in it. */
  const placesOf = (python: Python, isLock: boolean): Promise<PipPlaces> =>
    options.wheelFolder === undefined
      ? pipPlaces(python.pip, isLock ? ['constraint'] : [])
      : folderOnly(options.wheelFolder);

  /** One that is there and whole. What is there and is not (a power failure, say) is removed. */
  const find = (key: string): Promise<EnvironmentRecord | null> => {
    const known = whole.get(key) ?? look(key);
    whole.set(key, known);
    known.then(
      (found) => found === null && whole.delete(key),
      () => whole.delete(key),
    );
    return known;
  };
  async function look(key: string): Promise<EnvironmentRecord | null> {
    const place = join(folder, key);
    const text = await readFile(join(place, 'environment.json'), 'utf8').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return null;
    const record = recordSchema.safeParse(parsed(text)).data;
    const listing = await nullIfAbsent(listingOf(join(place, 'tree')));
    if (record !== undefined && record.listing === listing) return record;
    log.warn({ environment: key }, 'A Python environment is not whole; it is made again');
    await rm(place, { recursive: true, force: true });
    return null;
  }

  type What = { lock: Lock; python: Python; indexes: readonly string[] };

  async function make(
    key: string,
    { lock, python, indexes }: What,
    task: Making,
  ): Promise<EnvironmentRecord> {
    const draft = join(folder, `${key}${unfinishedMark}${randomUUID()}`);
    await options.guard.assertRoom();
    await mkdir(draft, { recursive: true, mode: 0o700 });
    const tell = (line: string): void => {
      for (const listener of task.listeners) listener(line);
    };
    const common: Omit<Step, 'name' | 'arguments' | 'places'> = {
      ...{ python, indexes, onProgress: tell, signal: task.stop.signal, limitBytes: options.limitBytes },
      interpreter: await interpreterOf(python),
      texts: { 'requirements.txt': lock.text },
      assertRoom: () => options.guard.assertRoom(),
    };
    const run = (step: Pick<Step, 'name' | 'arguments' | 'places' | 'folder' | 'mounts'>): Promise<void> =>
      steps.run({ ...common, ...step }, async () => undefined);
    try {
      const places = await placesOf(python, true);
      const wheels = join(draft, 'wheels');
      const fetches = options.wheelFolder === undefined && lock.entries.length > 0;
      if (fetches) {
        tell(`fetching ${lock.entries.length} packages`);
        await run({ name: 'download', arguments: ['/genesis/wheels', ...indexes], places, folder: wheels });
      }
      crash.reach('environment.fetched');
      const from = fetches ? '/inputs/wheels' : '/inputs/pip/folder';
      await run({
        name: 'install',
        arguments: [from, environmentPlace],
        places: fetches || options.wheelFolder === undefined ? { config: '[global]\n', mounts: [] } : places,
        folder: join(draft, 'tree'),
        ...(fetches ? { mounts: [{ path: '/inputs/wheels', source: wheels }] } : {}),
      });
      crash.reach('environment.installed');
      await rm(wheels, { recursive: true, force: true });
      if (process.getuid?.() === 0) await chown(join(draft, 'tree'), 0, 0);
      const { version, implementation, platform } = python;
      const record: EnvironmentRecord = {
        ...{ key, python: { version, implementation, platform } },
        packages: await installedIn(join(draft, 'tree')),
        listing: await listingOf(join(draft, 'tree')),
        madeAt: new Date().toISOString(),
      };
      await writeFile(join(draft, 'requirements.txt'), lock.text);
      await writeFile(join(draft, 'environment.json'), JSON.stringify(record));
      await syncFolder(draft);
      await rename(draft, join(folder, key));
      crash.reach('environment.made');
      // nothing of it need be looked through again
      whole.set(key, Promise.resolve(record));
      return record;
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
  }

  /** Waits with others for one that is made; when nobody waits any more, it is broken off. */
  async function made(key: string, what: What, { signal, onProgress }: Waiting): Promise<EnvironmentRecord> {
    let task = making.get(key);
    if (task === undefined) {
      const fresh: Making = {
        ...{ listeners: new Set(), stop: new AbortController(), waiting: 0 },
        done: Promise.resolve().then(() => make(key, what, fresh)),
      };
      making.set(key, fresh);
      const forget = (): void => {
        if (making.get(key) === fresh) making.delete(key);
      };
      fresh.done.then(forget, forget);
      task = fresh;
    }
    const { done, listeners, stop } = task;
    const listener = onProgress === undefined ? undefined : (line: string): void => onProgress(line);
    if (listener !== undefined) listeners.add(listener);
    task.waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(signal?.reason);
    signal?.addEventListener('abort', leave, { once: true });
    try {
      signal?.throwIfAborted();
      return await Promise.race([done, left.promise]);
    } finally {
      signal?.removeEventListener('abort', leave);
      if (listener !== undefined) listeners.delete(listener);
      task.waiting -= 1;
      if (task.waiting === 0) {
        stop.abort(
          new GenesisError({
            code: 'unavailable',
            message: 'Nobody waits for this environment any more.',
            retryAfterSeconds: 1,
          }),
        );
        if (making.get(key) === task) making.delete(key);
      }
    }
  }

  const interpreters = new Map<string, Promise<JobSpec['mounts']>>();
  const interpreterOf = (python: Python): Promise<JobSpec['mounts']> => {
    const known = interpreters.get(python.executable) ?? keepInterpreter(join(folder, 'python'), python);
    interpreters.set(python.executable, known);
    known.catch(() => interpreters.delete(python.executable));
    return known;
  };

  async function mountsOf({ key, listing }: EnvironmentRecord, python: Python): Promise<JobSpec['mounts']> {
    const digest = createHash('sha256').update(`environment ${key} ${listing}`).digest('hex');
    const tree = { path: environmentPlace, source: join(folder, key, 'tree'), digest };
    return [tree, ...(await interpreterOf(python))];
  }

  return {
    /**
     * The environment of a lock: at once where it is there, else it is made; whoever asks meanwhile waits for the same.
     *
     * @throws GenesisError `unsupported` (no Python, no sandbox), `invalid-input` (the lock, what it names), `unavailable`
     * (the index), `storage-full` and `too-large`, each with what is to be done
     */
    async ensure(
      { lock: text, python: version, indexes = [] }: Wanted,
      waiting: Waiting = {},
    ): Promise<Environment> {
      const lock = readLock(text, 'requirements');
      const python = await pythonOf(version);
      const key = keyOf(lock, python);
      const record = (await find(key)) ?? (await made(key, { lock, python, indexes }, waiting));
      const now = new Date();
      await utimes(join(folder, key), now, now);
      return {
        ...{ key, packages: record.packages, python: record.python },
        mounts: await mountsOf(record, python),
        interpreter: `${environmentPlace}/bin/python`,
        variables: {
          PATH: `${environmentPlace}/bin:${join(python.executable, '..')}:/usr/local/bin:/usr/bin:/bin`,
          VIRTUAL_ENV: environmentPlace,
        },
      };
    },
    /** The key that a lock has here, and whether its environment is there. */
    async inspect({
      lock: text,
      python: version,
    }: Wanted): Promise<{ key: string; state: 'ready' | 'making' | 'absent' }> {
      const key = keyOf(readLock(text, 'requirements'), await pythonOf(version));
      const state = making.has(key) ? 'making' : (await find(key)) === null ? 'absent' : 'ready';
      return { key, state };
    },
    /**
     * The lock that requirements without hashes, or the dependencies of a `pyproject.toml`, have today: wheels only, every
     * one with its hash.
     *
     * @throws GenesisError as `ensure` does
     */
    async resolve(
      wanted: { kind: 'requirements' | 'project'; text: string; python: string },
      { signal, onProgress }: Waiting = {},
    ): Promise<string> {
      const python = await pythonOf(wanted.python);
      const step: Step = {
        ...{
          name: 'resolve',
          python,
          signal,
          limitBytes: options.limitBytes,
          places: await placesOf(python, false),
        },
        interpreter: await interpreterOf(python),
        arguments: [wanted.kind, '/job/requirements.txt'],
        texts: { wanted: wanted.text },
        assertRoom: () => options.guard.assertRoom(),
        onProgress: onProgress ?? (() => {}),
      };
      const text = await steps.run(step, ({ outputDirectory }) =>
        readFile(join(outputDirectory, 'requirements.txt'), 'utf8'),
      );
      return readLock(text, 'requirements').text;
    },
    /** Those that are there, with the time of their last use (ms since 1970). */
    async list(): Promise<{ key: string; packages: number; madeAt: string }[]> {
      const names = (await readdir(folder).catch(() => [])).filter((name) => keyPattern.test(name));
      const found = await Promise.all(names.map(find));
      return found.flatMap((one) =>
        one === null ? [] : [{ key: one.key, packages: one.packages.length, madeAt: one.madeAt }],
      );
    },
    /** Removes one that no job uses; the caller knows that none does. */
    async remove(key: string): Promise<void> {
      if (!keyPattern.test(key))
        throw new GenesisError({ code: 'not-found', message: 'There is no such environment.' });
      whole.delete(key);
      // renamed first: a removal that a crash interrupts leaves no half an environment under its key
      const doomed = join(folder, `${key}${unfinishedMark}${randomUUID()}`);
      await rename(join(folder, key), doomed).catch((error: unknown) => {
        if (errorCode(error) !== 'ENOENT') throw error;
      });
      await rm(doomed, { recursive: true, force: true });
    },
    /** Clears away what was unfinished when the process ended. */
    async start(): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const name of await readdir(folder))
        if (name.includes(unfinishedMark) || name === 'steps')
          await rm(join(folder, name), { recursive: true, force: true });
      const kept = join(folder, 'python');
      for (const name of await readdir(kept).catch(() => []))
        if (name.includes(unfinishedMark)) await rm(join(kept, name), { recursive: true, force: true });
    },
    async close(): Promise<void> {
      for (const { stop } of making.values()) stop.abort(new Error('the platform stops'));
      await Promise.allSettled([...making.values()].map(({ done }) => done));
      await steps.close();
    },
  };
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** Names and versions of what is installed, as the folders of their metadata say. */
async function installedIn(tree: string): Promise<{ name: string; version: string }[]> {
  const lib = join(tree, 'lib');
  const found: { name: string; version: string }[] = [];
  for (const python of await readdir(lib).catch(() => []))
    for (const name of await readdir(join(lib, python, 'site-packages')).catch(() => [])) {
      const [, distribution, version] = /^(.+)-([^-]+)\.dist-info$/.exec(name) ?? [];
      if (distribution !== undefined && version !== undefined) found.push({ name: distribution, version });
    }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
