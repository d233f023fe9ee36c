import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('../../src/server.ts', import.meta.url));

/** A platform in a process of its own, that can be killed and started again on the same folder. */
export class ServerUnderTest {
  readonly folder: string;
  /** Empty while it cannot answer. */
  url = '';
  starts = 0;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  readonly #log: 'inherit' | number;
  readonly #port: number;
  readonly #flags: readonly string[];

  /** What it says goes to the standard error of the test, or to the end of a file. Without a port it takes a free one. */
  constructor(
    folder: string,
    { log, port = 0, flags = [] }: { log?: string; port?: number; flags?: readonly string[] } = {},
  ) {
    this.folder = folder;
    this.#log = log === undefined ? 'inherit' : openSync(log, 'a');
    this.#port = port;
    this.#flags = flags;
  }

  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Of the last process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Whether the last process was ended by SIGKILL, as a crash point does. */
  get killed(): boolean {
    return this.#child?.signalCode === 'SIGKILL';
  }

  /** Starts the process; resolves when it answers. A crash point may end it before that: then it throws. */
  async start(crashPoint?: string): Promise<void> {
    const level = this.#log === 'inherit' ? 'error' : 'info';
    const place = ['--data-folder', this.folder, '--port', String(this.#port)];
    const args = [server, ...place, '--log-level', level, ...this.#flags];
    const point = crashPoint === undefined ? [] : ['--crash-point', crashPoint];
    const child = spawn(process.execPath, [...args, ...point], { stdio: ['ignore', 'pipe', this.#log] });
    this.#child = child;
    this.url = '';
    this.starts += 1;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
    const lines = createInterface({ input: child.stdout! });
    const first = await Promise.race([
      new Promise<string>((resolve) => lines.once('line', resolve)),
      this.#ended.then(() => undefined),
    ]);
    if (first === undefined) throw new Error('the server ended before it answered');
    this.url = (JSON.parse(first) as { url: string }).url;
  }

  /** SIGKILL to the server, to its PostgreSQL, or to both. */
  async kill(what: 'server' | 'database' | 'both'): Promise<void> {
    if (what !== 'server') {
      const [pid] = readFileSync(join(this.folder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGKILL');
    }
    if (what !== 'database' && this.alive) {
      this.#child!.kill('SIGKILL');
      await this.#ended;
    }
  }

  async ended(): Promise<void> {
    await this.#ended;
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    this.url = '';
    this.#child!.kill('SIGTERM');
    await this.#ended;
  }
}
