/**
 * The folder of one job on the host: `claim.json` (made once, before user code), `end.json` (made once: the outcome,
 * or a note that it was lost), `outputs/`, `kept/`, and what the job needs while it runs. Both files appear by an atomic
 * operation that only one party can win, so a server that was thought dead cannot record a second end. They outlive
 * the server, which is what they are for. They are not synced: when the machine itself goes down, no job of it lives
 * on, none has left anything outside this folder, and what the run's own record does not know is done again.
 */
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GenesisError, type JobOutcome, jobOutcomeSchema } from '@genesis/contracts';
import { z } from 'zod';

const claimSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('claimed'),
    claim: z.string(),
    /** The process whose end takes the whole job with it; for an unsandboxed job, its first process. */
    process: z.object({ pid: z.int(), startTicks: z.number(), bootId: z.string() }),
    sandboxed: z.boolean(),
    cgroupFolders: z.array(z.string()),
    /** What runs the job for a scheduler, where that is known by a name of its own: one task of a job array. */
    task: z.string().optional(),
  }),
  z.object({ kind: z.literal('fenced') }),
]);
export type Claim = Extract<z.infer<typeof claimSchema>, { kind: 'claimed' }>;

const endSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('outcome'), outcome: jobOutcomeSchema }),
  z.object({ kind: z.literal('lost') }),
]);
type End = z.infer<typeof endSchema>;

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

/** In the name of a folder that is being removed; no job's name can hold it. */
export const removedMark = '.removed-';

export class Staging {
  readonly folder: string;
  readonly outputs: string;
  /** Copies of the folder that the job keeps. */
  readonly kept: string;
  /** A name for this job among all jobs of all servers on this machine. */
  readonly id: string;

  constructor(root: string, name: string) {
    this.folder = join(root, name);
    this.outputs = join(this.folder, 'outputs');
    this.kept = join(this.folder, 'kept');
    this.id = createHash('sha256').update(resolve(this.folder)).digest('hex').slice(0, 24);
  }

  /** Takes the name. Throws `conflict` when it is taken. */
  async create(name: string): Promise<void> {
    try {
      await mkdir(this.folder, { mode: 0o700 });
    } catch (cause) {
      if (!isCode(cause, 'EEXIST')) throw cause;
      throw new GenesisError(
        {
          code: 'conflict',
          message: `A job named "${name}" has been launched before; names are never used twice.`,
        },
        { cause },
      );
    }
    await mkdir(this.outputs);
  }

  async exists(): Promise<boolean> {
    return stat(this.folder).then(
      () => true,
      (error: unknown) => {
        if (isCode(error, 'ENOENT')) return false;
        throw error;
      },
    );
  }

  /** False when the name has been claimed or fenced before. */
  claim(claim: Claim): Promise<boolean> {
    return this.#publishOnce('claim.json', claim);
  }

  /** Makes sure that nobody claims this name from now on; false when somebody has. */
  fence(): Promise<boolean> {
    return this.#publishOnce('claim.json', { kind: 'fenced' });
  }

  async readClaim(): Promise<Claim | null> {
    const claim = await this.#read('claim.json', claimSchema);
    return claim?.kind === 'claimed' ? claim : null;
  }

  /** The end that counts: the given one, or the one that was recorded before it. */
  async end(end: End): Promise<End> {
    if (await this.#publishOnce('end.json', end)) return end;
    return (await this.readEnd()) ?? { kind: 'lost' };
  }

  readEnd(): Promise<End | null> {
    return this.#read('end.json', endSchema);
  }

  async remove(): Promise<void> {
    // renamed first: a removal that a crash interrupts leaves no half a job under the name
    const doomed = `${this.folder}${removedMark}${randomUUID()}`;
    try {
      await rename(this.folder, doomed);
    } catch (error) {
      if (isCode(error, 'ENOENT')) return;
      throw error;
    }
    await rm(doomed, { recursive: true, force: true });
  }

  /** Writes and links: readers see the whole file or none, and only the first writer wins. */
  async #publishOnce(file: string, content: unknown): Promise<boolean> {
    const temporary = join(this.folder, `${file}.${randomUUID()}`);
    await writeFile(temporary, JSON.stringify(content), { flag: 'wx', mode: 0o600 });
    try {
      await link(temporary, join(this.folder, file));
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false;
      throw error;
    } finally {
      await unlink(temporary);
    }
    return true;
  }

  async #read<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
    try {
      const text = await readFile(join(this.folder, file), 'utf8');
      // what the machine's end can leave of a file that was not synced
      return text === '' ? null : schema.parse(JSON.parse(text));
    } catch (error) {
      if (isCode(error, 'ENOENT')) return null;
      throw error;
    }
  }
}

export const outcomeEnd = (outcome: JobOutcome): End => ({ kind: 'outcome', outcome });
