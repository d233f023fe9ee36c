import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { processesOf } from './processes.ts';

const script = fileURLToPath(new URL('./slurm.ts', import.meta.url));
const top = mkdtempSync(join(tmpdir(), 'genesis-slurm-'));
const folders = [join(top, 'one'), join(top, 'two')];

const say = (action: string, folder: string): { status: number | null; said: Record<string, string> } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, action, folder]);
  if (status !== 0 && status !== 3) throw new Error(stderr.toString());
  return { status, said: stdout.length === 0 ? {} : JSON.parse(stdout.toString()) };
};
const first = say('start', folders[0]!);
const missing = first.said['missing'] ?? null;

afterAll(() => {
  for (const folder of folders) say('stop', folder);
  rmSync(top, { recursive: true, force: true });
});

const run = (configuration: string, command: string, ...args: string[]): string => {
  const env = { PATH: '/usr/bin:/bin', SLURM_CONF: configuration };
  const { status, stdout, stderr } = spawnSync(command, args, { env });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout.toString().trim();
};

test.skipIf(missing !== null)(
  `two development Slurms run jobs beside each other, and each stop ends its own${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    const second = say('start', folders[1]!);
    const configurations = [first.said['SLURM_CONF']!, second.said['SLURM_CONF']!];
    for (const configuration of configurations)
      expect(run(configuration, 'srun', '--mem=50', 'echo', 'here')).toBe('here');
    expect(() => say('start', folders[0]!)).toThrow(/holds a Slurm already/);
    say('stop', folders[0]!);
    expect(processesOf(folders[0]!)).toEqual([]);
    expect(run(configurations[1]!, 'srun', '--mem=50', 'echo', 'still here')).toBe('still here');
    say('stop', folders[1]!);
    expect(processesOf(folders[1]!)).toEqual([]);
  },
);
