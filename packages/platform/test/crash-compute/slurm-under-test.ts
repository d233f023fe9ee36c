import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processesOf, sendSignal } from '../../../../scripts/slurm/processes.ts';
import { type DevelopmentSlurm, developmentSlurm } from '../development-slurm.ts';

export type Daemon = 'slurmctld' | 'slurmd';

const readGone = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // the process is gone
    return '';
  }
};
const programOf = (pid: number): string => readGone(`/proc/${pid}/comm`).trim();

/** A Slurm of one node whose daemons can be killed, and somebody who keeps it going. */
export class SlurmUnderTest {
  readonly #slurm: DevelopmentSlurm;

  /**
   * Whether the controller was ever killed. Then it may give ids of jobs again that the node still knows, for minutes;
   * the node refuses such jobs, and Slurm cancels them before they begin.
   */
  hasForgotten = false;

  constructor(under: readonly string[]) {
    this.#slurm = developmentSlurm(under);
  }

  get missing(): string | null {
    return this.#slurm.missing;
  }
  get configuration(): string {
    return this.#slurm.configuration;
  }
  get folder(): string {
    return this.#slurm.folder;
  }

  #ask(command: string, ...args: string[]): string {
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', SLURM_CONF: this.configuration };
    const { status, stdout } = spawnSync(command, args, { env, timeout: 30_000 });
    return status === 0 ? stdout.toString().trim() : '(no answer)';
  }

  #processes(program: string): number[] {
    return processesOf(this.folder).filter((pid) => programOf(pid).startsWith(program));
  }

  /** SIGKILL; resolves when it is dead. */
  async kill(daemon: Daemon): Promise<void> {
    if (daemon === 'slurmctld') this.hasForgotten = true;
    for (const pid of this.#processes(daemon)) sendSignal(pid, 'SIGKILL');
    while (this.#processes(daemon).length > 0) await pause(10);
  }

  /** The node goes down with everything on it: slurmd, the stewards of the jobs and the jobs. */
  async killNode(): Promise<void> {
    await this.kill('slurmd');
    const stewards = this.#processes('slurmstepd');
    for (const pid of stewards.flatMap((steward) => [steward, ...descendantsOf(steward)]))
      sendSignal(pid, 'SIGKILL');
    while (this.#processes('slurmstepd').length > 0) await pause(10);
  }

  /** What an operator does: starts what has died, takes a drained node back. */
  restart(): void {
    this.#slurm.restart();
  }

  /** Whether an operator has something to do. */
  get troubled(): boolean {
    if (this.#processes('slurmctld').length === 0 || this.#processes('slurmd').length === 0) return true;
    return /down|drain|unk|no answer/.test(this.#ask('sinfo', '--noheader', '--format=%T'));
  }

  /** Names and states of the jobs that have not ended, one a line. */
  queue(): string {
    return this.#ask('squeue', '--noheader', '--format=%j %T');
  }

  /** Without its folder, which stays where something is to be looked at. */
  end({ keep }: { keep: boolean }): void {
    if (keep) this.#slurm.stopOnly();
    else this.#slurm.stop();
  }
}

function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const parent = /^PPid:\s+(\d+)/m.exec(readGone(join('/proc', name, 'status')))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const children = (of: number): number[] =>
    [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...children(child)]);
  return children(pid);
}
