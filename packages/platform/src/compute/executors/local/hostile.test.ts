import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostileJobs } from './hostile-jobs.ts';
import type { HostileReport } from './hostile-server.ts';
import { sandboxMissing } from './sandbox-for-tests.ts';

const run = promisify(execFile);
const missing = await sandboxMissing();
const isRoot = process.getuid?.() === 0;
const plainUser = 54_321;

type Mode = { title: string; mode: 'cgroup' | 'watchdog'; user: number | null };
const modes: Mode[] = [
  {
    title: `${isRoot ? 'root' : 'a plain user'}, with cgroups where they can be written`,
    mode: 'cgroup',
    user: null,
  },
  { title: `${isRoot ? 'root' : 'a plain user'}, without cgroups`, mode: 'watchdog', user: null },
  ...(isRoot ? [{ title: 'a plain user', mode: 'watchdog' as const, user: plainUser }] : []),
];

for (const { title, mode, user } of modes)
  describe.skipIf(missing !== null)(
    `hostile jobs of a server that runs as ${title}${missing === null ? '' : ` (skipped: ${missing})`}`,
    () => {
      let folder = '';
      let report: HostileReport;
      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'genesis-hostile-'));
        if (user !== null) await chown(folder, user, user);
        const { stdout } = await run(
          process.execPath,
          [new URL('./hostile-server.ts', import.meta.url).pathname, folder, mode],
          {
            cwd: '/',
            env: { CANARY: 'CANARY of the environment' },
            maxBuffer: 2 ** 26,
            ...(user === null ? {} : { uid: user, gid: user }),
          },
        );
        report = JSON.parse(stdout) as HostileReport;
      }, 240_000);
      afterAll(() => rm(folder, { recursive: true, force: true }));

      for (const [name, { expected }] of Object.entries(hostileJobs))
        test(`a job that ${name}`, () => {
          const result = report.results[name];
          expect(result?.outcome).toMatchObject({ sandboxed: true, ...expected });
          expect(result?.log.filter((line) => /CANARY/.test(line))).toEqual([]);
        });

      test('no attempt to reach something succeeded', () => {
        for (const name of [
          'reads files, environments and the processes of the host',
          'writes wherever it can',
          'opens sockets',
        ])
          expect(report.results[name]?.log).toEqual(['tried']);
        expect(report.results['calls every denied part of the kernel']?.log).toEqual([
          expect.stringMatching(/^tried \d\d$/),
        ]);
        expect(report.connections).toBe(0);
      });

      test('of links and special files only the plain ones became outputs', () => {
        const outcome = report.results['leaves links and special files as outputs']?.outcome;
        const paths = outcome?.outputs.map(({ path }) => path).filter((path) => path !== 'locked/y');
        expect(paths).toEqual(['hard', 'plain']);
        expect(outcome?.refusedOutputs.map(({ path, reason }) => `${path}: ${reason}`)).toEqual(
          expect.arrayContaining([
            'stolen: a link',
            'root: a link',
            'up: a link',
            'a/b/deep: a link',
            'pipe: a special file',
            'socket: a special file',
            '"line\\nbreak": the name is not allowed',
            '"back\\\\slash": the name is not allowed',
          ]),
        );
      });

      test('a process of a job is an unprivileged one for the host', () => {
        const own = user ?? process.getuid?.();
        if (own === 0) expect(report.outside.uid).toBeGreaterThanOrEqual(1_900_000_000);
        else expect(report.outside.uid).toBe(own);
        expect(report.outside.seccomp).toBe('2');
        if (report.enforcement === 'cgroup') expect(report.outside.cgroups).toContain('genesis-job-');
      });

      test('nothing of any job is left', () => {
        expect(report.survivors).toBe(0);
      });

      test('the server stayed responsive', () => {
        console.log(`event loop delay: ${JSON.stringify(report.loopDelayMilliseconds)} ms`);
        // generous, because the machine that runs the tests may be busy with other things too
        expect(report.loopDelayMilliseconds.p99).toBeLessThan(200);
        expect(report.loopDelayMilliseconds.max).toBeLessThan(2_000);
      });
    },
  );
