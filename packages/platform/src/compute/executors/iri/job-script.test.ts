/** The script of a job, run by every shell that is here. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JobSpecInput, jobSpecSchema } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { sha256 } from '../../../../test/iri-facility.ts';
import { temporaryFolder } from '../../../../test/temporary-folder.ts';
import { tarEnd, tarHeader, tarPadding } from '../../../kernel/index.ts';
import { jobScript, remoteFiles, type ScriptInputs } from './job-script.ts';
import { remoteOutcomeSchema } from './remote-outcome.ts';

const shells = [['/bin/dash'], ['/bin/bash', '--posix'], ['/bin/busybox', 'sh'], ['/bin/sh']].filter(
  ([path = '']) => existsSync(path),
);
const limits = { graceSeconds: 1, pieceBytes: 5 * 2 ** 20 };
const claim = '6ad5a1cb-3d4d-4a6a-9d69-5f2f3b0f2a55';

async function prepared(
  spec: Partial<JobSpecInput>,
  how: { inputs?: ScriptInputs; tail?: Buffer; pieceBytes?: number } = {},
) {
  // a folder whose name is a trap for whoever does not quote it
  const remote = join(await temporaryFolder(), `it's "$HOME" \`here\``);
  await mkdir(remote);
  const whole = jobSpecSchema.parse({ name: 'job', executable: 'true', ...spec });
  const text = jobScript(whole, remote, claim, how.inputs ?? null, { ...limits, ...how });
  const path = join(remote, remoteFiles.script);
  await writeFile(path, Buffer.concat([Buffer.from(text), how.tail ?? Buffer.alloc(0)]));
  const run = (shell: readonly string[] = ['/bin/sh'], path_ = process.env['PATH']) => {
    const [command = '', ...args] = shell;
    return spawnSync(command, [...args, path], { env: { PATH: path_, SECRET: 'of the facility' } });
  };
  const outcome = async () =>
    remoteOutcomeSchema.parse(JSON.parse(await readFile(join(remote, 'outcome.json'), 'utf8')));
  const log = (stream: 'stdout' | 'stderr') => readFile(join(remote, stream), 'utf8');
  return { remote, run, outcome, log };
}

test.each(shells)('%s runs a job with inputs, odd arguments and outputs', async (...shell) => {
  const content = Buffer.from('measured\0\n');
  const tail = Buffer.concat([tarHeader('0', content.length), content, tarPadding(content.length), tarEnd()]);
  const paths = [`a 'b'/$(c).txt`];
  const script = `
    cmp -s "inputs/a 'b'/\\$(c).txt" "inputs/a 'b'/\\$(c).txt" && printf '%s|' "$@" && echo "$ODD" && env | grep -c SECRET
    mkdir -p "out put" && echo 1 > "out put/-n" && echo 2 > 'ümlaut' && ln -s /etc/passwd link && mkfifo pipe
    printf x > "$(printf 'new\\nline')"; printf x > 'back\\slash'; echo wrong >&2; exit 0`;
  const { run, outcome, log, remote } = await prepared(
    {
      executable: 'sh',
      arguments: ['-c', script, 'sh', `it's`, '', '$(date) `date` \\ "', 'line\nend'],
      environment: { ODD: `'"$x\n;` },
    },
    { inputs: { sha256: sha256(tail), paths, attached: true }, tail },
  );
  const { stderr, status } = run(shell);
  expect([status, stderr.toString()]).toEqual([0, '']);
  expect(await log('stdout')).toBe(`it's||$(date) \`date\` \\ "|line\nend|'"$x\n;\n0\n`);
  expect(await log('stderr')).toBe('wrong\n');
  const told = await outcome();
  expect(told).toMatchObject({ claim, problem: 'none', missing: false, over: false, pieces: 1 });
  const packed = await readFile(join(remote, remoteFiles.piece(0)));
  expect(sha256(packed)).toBe(told.sha256);
  const hashes = packed.toString('utf8', 0, told.parts[0]);
  expect(
    hashes
      .split('\n')
      .map((line) => line.slice(66))
      .sort(),
  ).toEqual(['', './out put/-n', './ümlaut']);
  const refused = packed.subarray(told.parts[0] + told.parts[1]).toString('latin1', 0, told.parts[2]);
  expect(refused.split('\n').sort()).toEqual(
    ['', './back\\slash', './link', './new\nline', './pipe'].join('\n').split('\n').sort(),
  );
});

test.each(shells)('%s starts the job once, and never after it was given up', async (...shell) => {
  const once = await prepared({ executable: 'sh', arguments: ['-c', 'echo started >> ../../count'] });
  for (let start = 0; start < 3; start += 1) expect(once.run(shell).status).toBe(0);
  expect(await readFile(join(once.remote, '..', 'count'), 'utf8')).toBe('started\n');
  const fenced = await prepared({ executable: 'sh', arguments: ['-c', 'echo started >> ../../count'] });
  await mkdir(join(fenced.remote, remoteFiles.fence), { recursive: true });
  expect(fenced.run(shell).stderr.toString()).toMatch(/claimed or given up before/);
  expect(await readdir(join(fenced.remote, '..'))).not.toContain('count');
  expect(await readdir(fenced.remote)).not.toContain('outcome.json');
});

test('a job that is given up just after it took its claim does not start', async () => {
  const bin = join(await temporaryFolder(), 'bin');
  await mkdir(bin);
  const slow = '#!/bin/sh\n/bin/mkdir "$@" || exit\n[ "$1" != claim ] || /bin/mkdir claim/fenced\n';
  await writeFile(join(bin, 'mkdir'), slow, { mode: 0o755 });
  const { run, remote } = await prepared({
    executable: 'sh',
    arguments: ['-c', 'echo started >> ../../count'],
  });
  expect(run(['/bin/sh'], `${bin}:${process.env['PATH']}`).stderr.toString()).toMatch(/^given up before/);
  expect(await readdir(join(remote, '..'))).not.toContain('count');
});

test.each(shells)('%s holds the limits of time, files and log', async (...shell) => {
  const slow = await prepared({
    executable: 'sleep',
    arguments: ['60'],
    resources: { durationSeconds: 0.5 },
  });
  slow.run(shell);
  const { exitCode, started, ended } = await slow.outcome();
  expect([exitCode, ended - started >= 1, ended - started < 20]).toEqual([124, true, true]);
  const files = 'head -c 5000 /dev/zero > a; head -c 5000 /dev/zero > b; echo said';
  const large = await prepared({
    executable: 'sh',
    arguments: ['-c', files],
    resources: { outputBytes: 8_192 },
  });
  large.run(shell);
  expect(await large.outcome()).toMatchObject({ over: true, parts: [0, 0, 0, 5, 0] });
  const script = 'head -c 3000 /dev/zero; echo wrong >&2';
  const loud = await prepared({
    executable: 'sh',
    arguments: ['-c', script],
    resources: { logBytes: 1_024 },
  });
  loud.run(shell);
  expect(await loud.outcome()).toMatchObject({ over: true, parts: [0, 0, 0, 1_024, 0] });
});

test('without timeout the program runs all the same, also one with an equals sign in its name', async () => {
  const bin = join(await temporaryFolder(), 'bin');
  await mkdir(bin);
  const tools =
    'sh date mkdir mv sha256sum find xargs awk split tail head tar tr wc cut env cat chmod rm ls'.split(' ');
  for (const tool of tools) {
    const [there] = [`/usr/bin/${tool}`, `/bin/${tool}`].filter(existsSync);
    await writeFile(join(bin, tool), `#!/bin/sh\nexec ${there} "$@"\n`, { mode: 0o755 });
  }
  await writeFile(join(bin, 'a=b'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
  const { run, log, outcome } = await prepared({ executable: join(bin, 'a=b') });
  run(['/bin/sh'], bin);
  expect(await log('stdout')).toBe('ran\n');
  expect(await outcome()).toMatchObject({ exitCode: 0, missing: false });
});

test('a package larger than a piece is cut, and its pieces are named as they are asked for', async () => {
  const files = 'head -c 3000 /dev/urandom > a';
  const { run, outcome, remote } = await prepared(
    { executable: 'sh', arguments: ['-c', files] },
    { pieceBytes: 100 },
  );
  run();
  const { pieces, sha256: hash, bytes } = await outcome();
  expect(pieces).toBe(Math.ceil(bytes / 100));
  expect(pieces).toBeGreaterThan(26);
  const names = Array.from({ length: pieces }, (_, index) => join(remote, remoteFiles.piece(index)));
  const all = Buffer.concat(await Promise.all(names.map((name) => readFile(name))));
  expect(sha256(all)).toBe(hash);
});
