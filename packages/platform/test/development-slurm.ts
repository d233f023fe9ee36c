import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../../scripts/slurm/slurm.ts', import.meta.url));

/** A real Slurm of one node in a folder of its own, or why there can be none here. */
export type DevelopmentSlurm = {
  configuration: string;
  missing: string | null;
  folder: string;
  /** Starts again what was killed. */
  restart(): void;
  stop(): void;
  /** Leaves its folder, with the logs of its daemons. */
  stopOnly(): void;
};

function say(action: string, folder: string, under: readonly string[] = []): Record<string, string> {
  const [program, ...args] = [...under, process.execPath, script, action, folder];
  const { status, stdout, stderr } = spawnSync(program, args);
  if (status !== 0 && status !== 3) throw new Error(`Slurm cannot ${action}: ${stderr.toString()}`);
  return stdout.length === 0 ? {} : JSON.parse(stdout.toString());
}

/** `under` is a command that starts the one after it, by which daemons and jobs are started. */
export function developmentSlurm(under: readonly string[] = []): DevelopmentSlurm {
  const top = mkdtempSync(join(tmpdir(), 'genesis-slurm-'));
  const folder = join(top, 'slurm');
  const said = say('start', folder, under);
  return {
    configuration: said['SLURM_CONF'] ?? '',
    missing: said['missing'] ?? null,
    folder,
    restart: () => void say('restart', folder, under),
    stopOnly: () => void say('stop', folder),
    stop: () => {
      if (said['missing'] === undefined) say('stop', folder);
      rmSync(top, { recursive: true, force: true });
    },
  };
}
