/** One step with pip in a sandbox: what it may see, how it is bounded, and what went wrong in words of what to do. */
import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GenesisError, type JobOutcome, type JobSpec, jobSpecSchema, type LogLine } from '@genesis/contracts';
import { z } from 'zod';
import { createLocalExecutor, type LocalExecutor } from '../executors/local/local-executor.ts';
import type { SandboxWays } from '../executors/local/plan.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { folderBytes } from './folder-bytes.ts';
import type { PipPlaces } from './pip-settings.ts';
import type { Python } from './python.ts';

const program = fileURLToPath(new URL('./pip_steps.py', import.meta.url));

/** Where jobs and steps see an environment; it is baked into what lies in it. */
export const environmentPlace = '/opt/environment';
const wheelsPlace = '/genesis/wheels';

/** What each step may do besides reading its inputs. No step sees data, or anything of the platform but its own folder. */
const ways = {
  download: { network: true, workspaceAt: wheelsPlace },
  install: { workspaceAt: environmentPlace },
  resolve: { network: true },
} as const satisfies Record<string, SandboxWays>;
export type StepName = keyof typeof ways;

/** Wheels of a gigabyte and libraries within them; the folder of the job itself holds next to nothing. */
const largestFileBytes = 4 * 2 ** 30;
const durationSeconds = 3 * 3_600;
const lookEveryMs = 1_000;
/** The owner of what steps write, under a server that runs as root: above those of jobs. */
const stepUser = 1_900_065_600;

const wordsSchema = z.union([
  z.object({ say: z.string().max(2_000) }),
  z.object({ wheel: z.string().max(500), size: z.string().max(100) }),
  z.object({ error: z.string().max(50), about: z.string().max(4_000) }),
]);

export type Step = {
  name: StepName;
  python: Python;
  /** What of it has to be seen. */
  interpreter: JobSpec['mounts'];
  arguments: string[];
  /** Texts that the step finds at `inputs/NAME`. */
  texts: Record<string, string>;
  places: PipPlaces;
  mounts?: JobSpec['mounts'];
  /** Indexes that are asked for builds which are not found as pip is set up. */
  indexes?: readonly string[];
  /** The folder that it writes, made here; `resolve` has none. */
  folder?: string;
  /** The most that the folder may hold. */
  limitBytes: number;
  /** Throws `storage-full` when the disk is nearly full. */
  assertRoom: () => Promise<void>;
  /** Told in words what goes on. */
  onProgress: (line: string) => void;
  signal?: AbortSignal | undefined;
};

export type Steps = {
  /** Does one step. `take` reads what it left. Throws GenesisErrors that say what is to be done. */
  run<T>(step: Step, take: (job: JobOutcome) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const invalid = (message: string): GenesisError =>
  new GenesisError({ code: 'invalid-input', message, problems: [{ field: 'requirements', message }] });

/** A build with a local version, as `torch==2.13.0+cpu`: no PyPI has one. */
const localBuild = /[\w.-]+==[\w.!]+\+[\w.]+/;

function noBuild(build: string, indexes: readonly string[]): GenesisError {
  const tried = indexes.length === 0 ? '' : `, and was not to be had from ${indexes.join(' or ')}`;
  const [, local = ''] = build.split('+');
  return invalid(
    `${build} is not where wheels are taken from here${tried}. Builds with a "+" are not on PyPI. Have pip look where they are, as the user that the server runs as (for PyTorch: pip config set global.extra-index-url https://download.pytorch.org/whl/cpu), or put the wheel into a folder with all others and start the server with --wheel-folder, or lock again without "+${local}".`,
  );
}

/** What went wrong, and what is to be done about it. */
function failureOf(
  kind: string,
  about: string,
  { python: { version, platform }, indexes = [] }: Pick<Step, 'python' | 'indexes'>,
): GenesisError {
  const here = `Python ${version} on ${platform}`;
  const first = (about.split('\n')[0] ?? '').replace(/^ERROR: /, '').replace(/\.$/, '');
  switch (kind) {
    case 'hash':
      return invalid(
        `What was fetched has another hash than the lock says, and was not installed. Lock again, or find out who changed it. ${about}`,
      );
    case 'full':
      return new GenesisError({
        code: 'storage-full',
        message: 'The disk is full; the environment was not made.',
      });
    case 'network':
      return new GenesisError({
        code: 'unavailable',
        message: `Packages cannot be fetched: the index or the network is away. Without a network, give a folder of wheels with --wheel-folder. (${first})`,
        retryAfterSeconds: 60,
      });
    case 'refused':
      return invalid(
        `The index of packages refuses this machine: set its address and credentials for pip. (${first})`,
      );
    case 'missing': {
      const build = localBuild.exec(first)?.[0];
      if (build !== undefined) return noBuild(build, indexes);
      return invalid(
        `There is no wheel that fits ${here}: ${first}. Look for the name and the version; what there is as source only is not built here, so take a version with wheels.`,
      );
    }
    case 'unhashed':
      return invalid(
        `The lock is not whole: every requirement, those of requirements too, needs a version and hashes. ${first}`,
      );
    case 'clash':
      return invalid(`The requirements contradict each other: ${about}`);
    case 'platform':
      return invalid(`A wheel does not fit ${here}: ${first}`);
    case 'invalid':
      return invalid(`A requirement cannot be read: ${first}`);
    case 'project':
      return invalid(`pyproject.toml: ${first}.`);
    case 'option':
      return invalid(`The option ${first} is not taken in requirements: name packages and versions only.`);
    case 'address':
      return invalid(
        `${first} is named by an address, which would be built: name a version that has wheels.`,
      );
    case 'no-venv':
    case 'no-pip':
    case 'old-python':
      return new GenesisError({
        code: 'unsupported',
        message: `${first}. Install python${version.replace(/\.\d+$/, '')}-venv, or another Python.`,
      });
    default:
      return invalid(`The environment could not be made: ${about}`);
  }
}

/** How a step ended that did not say so itself. */
function endedBadly({ reason, message }: JobOutcome, lastWords: string): GenesisError {
  switch (reason) {
    case 'cancelled':
    case 'killed':
      return new GenesisError({
        code: 'unavailable',
        message: 'Making the environment was broken off.',
        retryAfterSeconds: 10,
      });
    case 'missing-executable':
      return new GenesisError({
        code: 'unsupported',
        message: 'The Python that was found cannot be run in a sandbox.',
      });
    default:
      return invalid(`The environment could not be made: ${message ?? 'it broke off'} ${lastWords}`);
  }
}

export function createSteps(root: string): Steps {
  const executors = new Map<StepName, Promise<LocalExecutor>>();
  const executorOf = (name: StepName): Promise<LocalExecutor> => {
    const stagingRoot = join(root, name);
    const opened =
      executors.get(name) ??
      mkdir(root, { recursive: true, mode: 0o700 }).then(() =>
        createLocalExecutor({
          stagingRoot,
          ways: ways[name],
          maxFolderBytes: largestFileBytes,
          graceSeconds: 1,
        }),
      );
    executors.set(name, opened);
    opened.catch(() => executors.delete(name));
    return opened;
  };

  return {
    async run(step, take) {
      const executor = await executorOf(step.name);
      if (!executor.sandbox.available)
        throw new GenesisError({
          code: 'unsupported',
          message: `Python environments are made in a sandbox only, and there is none here: ${executor.sandbox.reason}`,
        });
      if (step.folder !== undefined) {
        await mkdir(step.folder, { mode: 0o755 });
        await chmod(step.folder, 0o755);
        if (process.getuid?.() === 0) await chown(step.folder, stepUser, stepUser);
      }
      const name = `${step.name}-${randomUUID()}`;
      const inputs = join(root, name);
      await mkdir(inputs, { mode: 0o700 });
      try {
        return await attempt(executor, name, inputs, step, take);
      } finally {
        await executor.release(name);
        await rm(inputs, { recursive: true, force: true });
      }
    },
    async close() {
      const opened = await Promise.allSettled(executors.values());
      for (const one of opened) if (one.status === 'fulfilled') await one.value.close();
    },
  };
}

async function attempt<T>(
  executor: LocalExecutor,
  name: string,
  inputs: string,
  step: Step,
  take: (job: JobOutcome) => Promise<T>,
): Promise<T> {
  const texts = { ...step.texts, 'pip.conf': step.places.config };
  for (const [file, text] of Object.entries(texts))
    await writeFile(join(inputs, file), text, { mode: 0o600 });
  let failure: GenesisError | undefined;
  let lastWords = '';
  const listen = (line: LogLine): void => {
    if (line.stream === 'stderr') lastWords = line.text.slice(0, 500);
    const words = readWords(line);
    if (words === null) return;
    if ('error' in words) failure = failureOf(words.error, words.about, step);
    else
      step.onProgress(
        'say' in words ? words.say : `${words.wheel}${words.size === '' ? '' : ` (${words.size})`}`,
      );
  };
  const spec = jobSpecSchema.parse({
    name,
    executable: step.python.executable,
    arguments: ['-I', '/inputs/pip_steps.py', step.name, ...step.arguments],
    environment: step.python.proxies,
    inputs: [
      { path: 'pip_steps.py', source: program },
      ...Object.keys(texts).map((path) => ({ path, source: join(inputs, path) })),
    ],
    mounts: [...step.interpreter, ...step.places.mounts, ...(step.mounts ?? [])],
    resources: { outputBytes: largestFileBytes, memoryBytes: 2 * 2 ** 30, processes: 64, durationSeconds },
    ...(step.folder === undefined ? {} : { workspace: { root: step.folder, directory: '' } }),
  });
  const handle = await executor.launch(spec, { onLog: (lines) => lines.forEach(listen) });
  const cancel = (): void => handle.cancel();
  step.signal?.addEventListener('abort', cancel, { once: true });
  if (step.signal?.aborted === true) cancel();
  // a look at thousands of files may take longer than the time between two, on a busy disk
  const lookOnce = oneAtATime(() => look(step));
  const timer = setInterval(() => {
    void lookOnce().catch((error: unknown) => {
      failure ??= error as GenesisError;
      cancel();
    });
  }, lookEveryMs);
  try {
    const outcome = await handle.wait();
    step.signal?.throwIfAborted();
    if (failure !== undefined) throw failure;
    if (outcome.state !== 'succeeded') throw endedBadly(outcome, lastWords);
    await lookOnce();
    return await take(outcome);
  } finally {
    clearInterval(timer);
    step.signal?.removeEventListener('abort', cancel);
  }
}

/** What a step says must fit; anything else that is printed is passed over. */
function readWords({ stream, text }: LogLine): z.infer<typeof wordsSchema> | null {
  if (stream !== 'stdout' || !text.startsWith('{')) return null;
  try {
    return wordsSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Throws where the step's folder or the disk is too full. */
async function look({ folder, limitBytes, assertRoom }: Step): Promise<void> {
  await assertRoom();
  if (folder === undefined || (await folderBytes(folder)) <= limitBytes) return;
  throw new GenesisError({
    code: 'too-large',
    message: `The environment takes more than ${Math.floor(limitBytes / 2 ** 20)} MiB. Ask for less, for example for builds without GPU libraries, or allow more with --environment-limit-bytes.`,
    limitBytes,
  });
}
