/** Runs that need a Python environment: modules of kits, and commands that come with their run. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CapabilityManifest,
  GenesisError,
  invalidField,
  type JobResources,
  type JobSpec,
  type OwnTraining,
} from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { type Environment, type Environments, isLocked, readLock } from '../compute/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { KitEnvironment, KitFiles, Kits } from './kits/kits.ts';
import type { LogWriter } from './logs.ts';
import type { RunParts } from './parts.ts';
import type { RunRow } from './store.ts';
import type { StoredInput } from './submit-run.ts';
import { run } from './tables.ts';

/** What a run may track with: a socket of the tracking server, and a token that is good for this run alone. */
export type RunTracking = {
  socket: string;
  token: string;
  /** Variables that name the experiment and the tracked run, for example `MLFLOW_RUN_ID`. */
  variables: Record<string, string>;
};

type TrackedRun = Pick<RunRow, 'id' | 'governedBy' | 'delegation'>;

/** What runs with Python need; `main.ts` gives it. */
export type PythonParts = {
  environments: Environments;
  kits: Kits;
  /** Absent: nothing here tracks. */
  tracking?: {
    /** What an attempt tracks with; tokens of earlier attempts end. Null: this run does not track. */
    begin(
      principal: PrincipalFacts,
      of: { run: TrackedRun; name: string; durationSeconds: number },
    ): Promise<RunTracking | null>;
    /** The run is over: its token is good no more. Done again, it does nothing. */
    end(run: TrackedRun): Promise<void>;
  };
};

type PythonImplementation = Extract<CapabilityManifest['implementation'], { kind: 'kit' | 'own' }>;

export const needsPython = (
  implementation: CapabilityManifest['implementation'],
): implementation is PythonImplementation => implementation.kind === 'kit' || implementation.kind === 'own';

const runner = fileURLToPath(new URL('../../../../kits/runner/genesis_run.py', import.meta.url));
const runnerPlace = '/opt/genesis/genesis_run.py';
const kitPlace = '/opt/kit';
const trackingSocket = '/run/genesis/tracking.sock';
/** Where the lock of its environment lies among the outputs of a run. */
export const lockOutput = 'environment/requirements.txt';
/** Below `inputs/`, what belongs to the runner and not to the program. */
export const ownInputs = '.genesis';

export const pythonOf = ({ python }: Pick<RunParts, 'python'>): PythonParts => {
  if (python !== undefined) return python;
  throw new GenesisError({
    code: 'unsupported',
    message: 'Runs with Python are not set up on this platform.',
  });
};

/** A lock that cannot be one is refused before anything starts; what has to be resolved is seen to then. */
export function assertRequirements({ kind, text }: NonNullable<OwnTraining['requirements']>): void {
  if (kind === 'requirements' && isLocked(text)) readLock(text, 'requirements.text');
}

export type PreparedPython = { environment: Environment; lock: string; kit: JobSpec['mounts'] };

type Telling = { logs: LogWriter; signal: AbortSignal; note: (waitsFor: string) => Promise<void> };

/**
 * The environment of a run: there already, or made now, which its log and what it waits for tell. What requirements
 * without hashes were resolved to is kept with the run, so that another attempt gets the same.
 */
export async function preparePython(
  parts: RunParts,
  principal: PrincipalFacts,
  row: RunRow,
  { implementation, ...asking }: Asking & { implementation: PythonImplementation },
  { logs, signal, note }: Telling,
): Promise<PreparedPython> {
  const { environments, kits } = pythonOf(parts);
  let told: Promise<void> | undefined;
  const onProgress = (line: string): void => {
    logs.write([{ stream: 'stderr', text: `environment: ${line}` }]);
    told ??= note('Its Python environment is being made; its log tells how far it is.');
  };
  const waiting = { signal, onProgress };
  const given = (row.input as StoredInput).own;
  const python = implementation.kind === 'kit' ? implementation.python : (given?.python ?? '3.11');
  const kit = implementation.kind === 'kit' ? await kits.filesOf(implementation.sources) : null;
  const ofKit = kit === null ? null : environmentFor(kit, asking);
  try {
    const lock = ofKit?.lock ?? (await lockOf(parts, row, waiting));
    const indexes = ofKit?.indexes ?? [];
    const environment = await environments.ensure({ lock, python, indexes }, waiting);
    await told;
    if (row.environment?.key !== environment.key)
      await recordEnvironment(parts, principal, row, environment, lock);
    const mounts =
      kit === null
        ? []
        : [{ path: kitPlace, source: kit.folder, digest: (implementation as { sources: string }).sources }];
    return { environment, lock, kit: mounts };
  } finally {
    await told?.catch(() => undefined);
  }
}

type Asking = Pick<CapabilityManifest, 'profile' | 'resources'>;

/** Throws `invalid-input` where GPUs were asked for and can be used by none: kits train on them, and nothing else. */
function environmentFor(
  { environment, gpuEnvironment }: KitFiles,
  { profile, resources }: Asking,
): KitEnvironment {
  if (resources.gpus === 0) return environment;
  if (gpuEnvironment !== null && profile === 'training') return gpuEnvironment;
  throw invalidField('resources.gpus', 'this capability of a kit computes without GPUs: expected 0');
}

/** What a kit cannot use is refused before anything starts. */
export async function assertUsesGpus(
  parts: RunParts,
  { implementation, profile }: CapabilityManifest,
  resources: JobResources,
): Promise<void> {
  if (implementation.kind === 'kit' && resources.gpus > 0)
    environmentFor(await pythonOf(parts).kits.filesOf(implementation.sources), { profile, resources });
}

async function lockOf(
  parts: RunParts,
  row: RunRow,
  waiting: { signal: AbortSignal; onProgress: (line: string) => void },
): Promise<string> {
  if (row.environment !== null) return row.environment.lock;
  const { requirements, python } = (row.input as StoredInput).own ?? { requirements: null, python: '3.11' };
  if (requirements === null || requirements === undefined) return '';
  if (requirements.kind === 'requirements' && isLocked(requirements.text))
    return readLock(requirements.text, 'requirements').text;
  waiting.onProgress('resolving the requirements');
  return await pythonOf(parts).environments.resolve({ ...requirements, python }, waiting);
}

async function recordEnvironment(
  parts: RunParts,
  principal: PrincipalFacts,
  row: RunRow,
  { key, packages, python }: Environment,
  lock: string,
): Promise<void> {
  const environment = { key, lock, packages: [...packages], python };
  await parts.door.perform(
    { principal, action: 'run.execute', resource: row.id, purpose: principal.delegation?.purpose ?? 'train' },
    async (tx) => {
      const context = { ...row.context, environmentHash: key };
      await tx.update(run).set({ environment, context }).where(eq(run.id, row.id));
      return { result: undefined, details: { environment: key, packages: packages.length } };
    },
  );
}

export type PythonCall = {
  manifest: CapabilityManifest;
  files: { path: string; source: string }[];
  mounts: JobSpec['mounts'];
  sockets: JobSpec['sockets'];
};

/** How a prepared run is started: everything that its job sees, and the command behind the runner. */
export async function pythonCall(
  row: Pick<RunRow, 'id' | 'input'>,
  manifest: CapabilityManifest,
  { environment, kit }: PreparedPython,
  code: string | null,
  tracking: RunTracking | null,
  folder: string,
): Promise<PythonCall> {
  const implementation = manifest.implementation as PythonImplementation;
  const own = (row.input as StoredInput).own;
  const command =
    implementation.kind === 'kit' ? ['python', '-m', implementation.module] : [...(own?.command ?? [])];
  const mounts: JobSpec['mounts'] = [...environment.mounts, ...kit, { path: runnerPlace, source: runner }];
  const sockets: JobSpec['sockets'] = [];
  const files: PythonCall['files'] = [];
  if (code !== null) files.push({ path: `${ownInputs}/code.tar`, source: code });
  if (tracking !== null) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const token = join(folder, 'token');
    // in a folder of the platform alone; the job may run as another user
    await writeFile(token, tracking.token, { mode: 0o644 });
    await chmod(token, 0o644);
    files.push({ path: `${ownInputs}/token`, source: token });
    sockets.push({ path: trackingSocket, source: tracking.socket });
  }
  const cores = String(Math.ceil(manifest.resources.cpuCores));
  return {
    files,
    mounts,
    sockets,
    manifest: {
      ...manifest,
      implementation: {
        kind: 'command',
        executable: environment.interpreter,
        arguments: ['-I', runnerPlace, '--', ...command],
        environment: {
          // as many threads as cores, whatever the machine has besides
          ...{
            OMP_NUM_THREADS: cores,
            OPENBLAS_NUM_THREADS: cores,
            MKL_NUM_THREADS: cores,
            LOKY_MAX_CPU_COUNT: cores,
          },
          // threads that wait for each other sleep: beside other work, two that spin took seven times as long as one alone
          OMP_WAIT_POLICY: 'PASSIVE',
          PYTHONUNBUFFERED: '1',
          ...(kit.length === 0 ? {} : { PYTHONPATH: kitPlace, PYTHONSAFEPATH: '1' }),
          ...tracking?.variables,
          ...own?.environment,
          ...environment.variables,
          GENESIS_RUN: row.id,
          GENESIS_GPUS: String(manifest.resources.gpus),
        },
      },
    },
  };
}
