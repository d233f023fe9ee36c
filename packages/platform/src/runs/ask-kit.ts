import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ExecutionOutcome, GenesisError, type JobOutcome, type JobResources } from '@genesis/contracts';
import type { ReadScope } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { RunParts } from './parts.ts';
import { placeRun } from './place-run.ts';
import { pythonCall, pythonOf } from './python-run.ts';
import { findCapability } from './registry.ts';
import { releaseJob, runByName } from './run-command.ts';

export type KitQuestion = {
  /** The job's own name, the same after a restart. */
  name: string;
  /** The run that the job belongs to, and which of its jobs it is. */
  run: string;
  attempt: number;
  /** A capability of a kit that ships with the platform, as `tabular-predict`. */
  capability: string;
  input: unknown;
  /** Host files that the job reads, by their path below `inputs/`. */
  files: readonly { path: string; source: string }[];
  /** Texts that it reads, written for this job alone and gone with it. */
  texts: readonly { path: string; text: string }[];
  /** Versions of datasets that it reads, as tables with the names of their columns. */
  tables: readonly { path: string; version: string }[];
};

export type KitAnswer<T> = {
  answer: T;
  asked: JobResources;
  execution: ExecutionOutcome;
  /** Lets go of the job; after this it is not found again. */
  done: () => Promise<void>;
};

/** Below the folder of the job's inputs, which is private to the platform and goes with the job. */
async function writeGiven(
  parts: RunParts,
  principal: PrincipalFacts,
  scope: ReadScope,
  { name, texts, tables }: KitQuestion,
): Promise<KitQuestion['files']> {
  const folder = join(parts.inputFolder, name, 'given');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: { path: string; source: string }[] = [];
  for (const { path, text } of texts) {
    const source = join(folder, String(files.length));
    await writeFile(source, text, { mode: 0o600 });
    files.push({ path, source });
  }
  for (const { path, version } of tables) {
    const source = join(folder, String(files.length));
    if (!(await parts.catalog.writeNamedTable(principal, version, scope.purpose, source)))
      throw new GenesisError({ code: 'unsupported', message: `${version} is no table` });
    files.push({ path, source });
  }
  return files;
}

/**
 * Has a capability of a kit answer something for the platform itself: in the sandbox, without network, and with nothing of it
 * kept but what `take` reads from the folder that it left. Its log goes nowhere: it may have seen sealed rows.
 *
 * @throws GenesisError `unsupported` with the reason when the job failed
 */
export async function askKit<T>(
  parts: RunParts,
  principal: PrincipalFacts,
  scope: ReadScope,
  wanted: KitQuestion,
  take: (job: JobOutcome) => Promise<T>,
  signal: AbortSignal,
): Promise<KitAnswer<T>> {
  const { name, run, attempt, capability, input } = wanted;
  // A delegation names what it works on, and not how: what ships with the platform is looked for in the person's name.
  const { delegation: _confined, ...person } = principal;
  const { row } = await findCapability(parts.door.authorize(person, scope.purpose), capability);
  const { implementation, resources } = row.manifest;
  if (implementation.kind !== 'kit') throw new Error(`${capability} is none of a kit`);
  const { environments, kits } = pythonOf(parts);
  const ofKit = await kits.filesOf(implementation.sources);
  const { lock, indexes } = ofKit.environment;
  const environment = await environments.ensure({ lock, python: implementation.python, indexes }, { signal });
  const kit = [{ path: '/opt/kit', source: ofKit.folder, digest: implementation.sources }];
  const { machine } = await placeRun(parts, principal, scope, run, {
    ...{ attempt, asked: resources, folders: true },
  });
  const executor = await parts.compute.executorOf(machine);
  const callOf = async () => {
    const prepared = { environment, lock, kit };
    const call = await pythonCall({ id: run, input: {} }, row.manifest, prepared, null, null, ofKit.folder);
    const files = [...wanted.files, ...(await writeGiven(parts, principal, scope, wanted)), ...call.files];
    return { ...call, ...{ name, input, signal, files } };
  };
  const outcomeOf = async (job: JobOutcome): Promise<KitAnswer<T>> => {
    const { state, failureClass, reason, message, usage, startedAt, endedAt } = job;
    const done = (): Promise<void> => releaseJob(parts, executor, name);
    if (state !== 'succeeded') {
      await done();
      // What it said may quote the rows: the reason alone is told.
      throw new GenesisError({ code: 'unsupported', message: message ?? `the job ${state}` });
    }
    const execution: ExecutionOutcome = { state, failureClass, reason, message, usage, startedAt, endedAt };
    return { answer: await take(job), asked: resources, execution, done };
  };
  return await runByName(parts, executor, name, callOf, outcomeOf, signal);
}
