/**
 * The folder of one job on the platform's machine: what was intended, before anything is done about it elsewhere, and
 * how it ended. Jobs of a facility outlive this machine, so every step is on disk before the next one is taken.
 *
 * `launch.json`: what the job is, and under which claim. `step.json`: made once, either by whoever is going to submit
 * the job or by whoever has given it up, so that a server that was thought dead submits nothing. `submitted.json`: the
 * facility's id. `end.json`: made once, the outcome. `outputs/`, `stdout`, `stderr`: what the job left.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GenesisError, type JobOutcome, jobOutcomeSchema, jobSpecSchema } from '@genesis/contracts';
import { z } from 'zod';
import { errorCode, syncFolder } from '../../../kernel/index.ts';

const launchSchema = z.strictObject({
  claim: z.string(),
  /** Unique among all jobs of all platforms: the facility's name of the job. */
  jobName: z.string(),
  /** The submission's key: the same for every attempt to submit this launch. */
  key: z.string(),
  /** The folder of the job at the facility. */
  remote: z.string(),
  spec: jobSpecSchema,
});
export type Launch = z.infer<typeof launchSchema>;

const stepSchema = z.strictObject({ kind: z.enum(['submitting', 'fenced']) });
const submittedSchema = z.strictObject({ id: z.string() });

const removedMark = '.removed-';

export class JobFolder {
  readonly path: string;
  readonly outputs: string;

  constructor(root: string, name: string) {
    this.path = join(root, name);
    this.outputs = join(this.path, 'outputs');
  }

  /** Takes the name for good. Throws `conflict` when it is taken. */
  async create(launch: Launch): Promise<void> {
    try {
      await mkdir(this.path, { mode: 0o700 });
    } catch (cause) {
      if (errorCode(cause) !== 'EEXIST') throw cause;
      const message = `A job named "${launch.spec.name}" has been launched before; names are never used twice.`;
      throw new GenesisError({ code: 'conflict', message }, { cause });
    }
    await mkdir(this.outputs, { mode: 0o700 });
    await this.#publishOnce('launch.json', launch);
    await syncFolder(dirname(this.path));
  }

  /** null: the name is unknown, or its server died before anything could have been done about it. */
  readLaunch(): Promise<Launch | null> {
    return this.#read('launch.json', launchSchema);
  }
  async exists(): Promise<boolean> {
    return (await readdir(dirname(this.path))).includes(basename(this.path));
  }

  /** False when the job has been given up before, or is being submitted already. */
  beginSubmission(): Promise<boolean> {
    return this.#publishOnce('step.json', { kind: 'submitting' });
  }
  /** Makes sure that nobody submits this job from now on; false when somebody may have. */
  async fence(): Promise<boolean> {
    if (await this.#publishOnce('step.json', { kind: 'fenced' })) return true;
    return (await this.#read('step.json', stepSchema))?.kind === 'fenced';
  }

  async recordId(id: string): Promise<void> {
    await this.#publishOnce('submitted.json', { id });
  }
  async readId(): Promise<string | null> {
    return (await this.#read('submitted.json', submittedSchema))?.id ?? null;
  }

  /** The outcome that counts: the given one, or the one that was recorded before it. */
  async end(outcome: JobOutcome): Promise<JobOutcome> {
    if (await this.#publishOnce('end.json', outcome)) return outcome;
    return (await this.readEnd()) ?? outcome;
  }
  readEnd(): Promise<JobOutcome | null> {
    return this.#read('end.json', jobOutcomeSchema);
  }

  /** Makes the name unknown at once. What is left says what has to be cleared away at the facility. */
  async remove(): Promise<JobFolder | null> {
    const name = `${basename(this.path)}${removedMark}${randomUUID()}`;
    try {
      await rename(this.path, join(dirname(this.path), name));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
    await syncFolder(dirname(this.path));
    return new JobFolder(dirname(this.path), name);
  }
  static async removed(root: string): Promise<JobFolder[]> {
    const names = (await readdir(root)).filter((name) => name.includes(removedMark));
    return names.map((name) => new JobFolder(root, name));
  }
  forget(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }

  /** On disk when it returns; readers see the whole file or none, and only the first writer wins. */
  async #publishOnce(file: string, content: unknown): Promise<boolean> {
    const draft = join(this.path, `${file}.${randomUUID()}`);
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(JSON.stringify(content));
      await handle.sync();
      await handle.close();
      await link(draft, join(this.path, file));
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(draft);
    }
    await syncFolder(this.path);
    return true;
  }

  async #read<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
    try {
      return schema.parse(JSON.parse(await readFile(join(this.path, file), 'utf8')));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  }
}
