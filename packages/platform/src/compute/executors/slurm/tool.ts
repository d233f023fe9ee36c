/** Slurm's own command-line tools, each call bounded in time and in what it may say. */
import { execFile } from 'node:child_process';

/** Runs one tool of Slurm and gives what it wrote. Rejects with a CommandFailed. */
export type RunTool = (command: string, args: readonly string[]) => Promise<string>;

/** The end of a command that failed. `unclear`: it may have taken effect all the same, or would work a little later. */
export class CommandFailed extends Error {
  readonly unclear: boolean;
  constructor(message: string, unclear: boolean) {
    super(message);
    this.unclear = unclear;
  }
}

const mostOutputBytes = 256 * 2 ** 20;

/**
 * What tools say when they and the controller did not understand each other: Slurm's texts (slurm_errno.c) and those
 * of the C library. None of them is a word of the controller on the job, so none is a refusal.
 */
const transport = [
  /unable to contact slurm controller|slurm_load_jobs error|slurm_load_partitions|slurm_load_node/,
  /socket timed out|zero bytes were transmitted|transport endpoint|insane message length/,
  /(send|receive|connection|shutdown) failure|unexpected message received|header lengths are longer/,
  /protocol authentication error|munge (encode|decode) failed|standby mode|temporarily (disabled|unable)/,
  /connection (reset by peer|refused|timed out|aborted)|broken pipe|no route to host|host is down/,
  /network is (unreachable|down)|resource temporarily unavailable|interrupted system call|timed out/,
  /temporary failure in name resolution|name or service not known|\b(eagain|enomem|emfile|enfile)\b/,
];
export const isTransport = (said: string): boolean =>
  transport.some((pattern) => pattern.test(said.toLowerCase()));

/**
 * Tools run in an environment of three variables. It is also what `sbatch --export=ALL` gives to jobs: nothing of the
 * server's environment. Any other value of --export makes Slurm start a login shell first, which takes a second.
 */
export function toolRunner(slurmConf: string | undefined, timeoutMs: number): RunTool {
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
    LC_ALL: 'C',
    ...(slurmConf === undefined ? {} : { SLURM_CONF: slurmConf }),
  };
  return (command, args) =>
    new Promise((resolve, reject) => {
      const options = { env, cwd: '/', timeout: timeoutMs, maxBuffer: mostOutputBytes };
      execFile(command, args, options, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const said = stderr.trim() || error.message;
        // a tool that was ended, or that said nothing, leaves open what became of its request
        const unclear = error.signal != null || stderr.trim() === '' || isTransport(said);
        const absent = error.code === 'ENOENT';
        const line = said.replaceAll(/\s*\n\s*/g, '; ').slice(0, 500);
        reject(new CommandFailed(`${command}: ${line}`, unclear && !absent));
      });
    });
}
