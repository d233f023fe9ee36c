/**
 * Who tells how often user code started, when everything else that knows may be killed, lost or removed.
 *
 * A sandbox lets nothing of a job out but what it leaves in its folder. The nodes of the Slurm under test have another
 * bubblewrap, which adds one folder that can be written and is the real one otherwise. In that folder user code makes
 * a new file (O_EXCL) for each of its starts, named after the run. Nobody removes these files: not Genesis, which does
 * not know of them, nor a second start. Only slurmd and what it starts see that bubblewrap, in a mount namespace.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendSignal } from '../../../../scripts/slurm/processes.ts';

const bubblewrap = '/usr/bin/bwrap';
const inside = '/witness';

export type Witness = {
  /** A command that starts the one after it where the other bubblewrap is. */
  under: string[];
  /** How often user code of a run has started. */
  startsOf(identity: number): number;
  /** How often user code has started whose identity lies in this range, the end not included. */
  startsBetween(from: number, to: number): number;
  /**
   * Ends sandboxes that were half made when whoever made them was killed: they wait for ever and have run nothing.
   * Slurm ends them itself only where it has control groups.
   */
  endHalfMade(): void;
};

/** Why there can be no witness here, or null. */
export function witnessMissing(): string | null {
  const { status } = spawnSync('/usr/bin/unshare', ['--mount', '--propagation', 'private', 'true']);
  return status === 0 ? null : 'no mount namespace can be made without more rights';
}

/** What a process was started as; '' when it is gone. */
function programOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').split('\0')[0] ?? '';
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

/** `folder` and all above it can be entered by everybody: each job has a user of its own. */
export function openWitness(folder: string): Witness {
  const place = join(folder, 'starts');
  mkdirSync(place);
  // everybody adds files, and nobody but root removes those of others
  chmodSync(place, 0o1777);
  const real = join(folder, 'real-bwrap');
  copyFileSync(bubblewrap, real);
  chmodSync(real, 0o755);
  const other = join(folder, 'bwrap');
  writeFileSync(other, `#!/bin/sh\nexec '${real}' --bind '${place}' ${inside} "$@"\n`);
  chmodSync(other, 0o755);
  const begin = `mount --bind '${other}' ${bubblewrap} && exec "$@"`;
  const identities = (): number[] => readdirSync(place).map((name) => Number(name.split('.')[0]));
  return {
    under: ['/usr/bin/unshare', '--mount', '--propagation', 'private', '--', '/bin/sh', '-c', begin, 'sh'],
    startsOf: (identity) => identities().filter((one) => one === identity).length,
    startsBetween: (from, to) => identities().filter((one) => one >= from && one < to).length,
    endHalfMade: () => {
      for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one)))
        if (programOf(name) === real) sendSignal(Number(name), 'SIGKILL');
    },
  };
}

/** The command that the runs execute: it leaves its witness before all else, works a little, and says who it was. */
export const userCode = [
  `identity=$(tr -dc '0-9' < inputs/input.json)`,
  `mktemp "${inside}/$identity.XXXXXXXX" > /dev/null || exit 9`,
  'echo started',
  'sleep 0.3',
  `printf '{"identity": %s}' "$identity" > output.json`,
].join('\n');
