import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sandboxMissing } from '../runs-platform.ts';
import { type Person, type World, worldAt } from './world.ts';

const server = fileURLToPath(new URL('../../src/server.ts', import.meta.url));
const missing = await sandboxMissing();

let base: string;
let data: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'genesis-restart-'));
  data = join(base, 'data');
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
  }
  await rm(base, { recursive: true, force: true });
});

/** A platform in a process of its own, which dies at the crash point. */
async function start(crashPoint?: string): Promise<{ world: World; died: Promise<unknown> }> {
  const flags = ['--data-folder', data, '--port', '0', '--log-level', 'error', '--reserve-bytes', '0'];
  const crash = crashPoint === undefined ? [] : ['--crash-point', crashPoint];
  const process_ = spawn(process.execPath, [server, ...flags, ...crash, '--until-stdin-closes'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child = process_;
  const died = once(process_, 'exit');
  const [line] = await once(createInterface(process_.stdout), 'line');
  const world = await worldAt(JSON.parse(String(line)).url, data, async () => undefined);
  return { world, died };
}

type Set = { ada: Person; project: { id: string; folder: string } };

async function inhabit(world: World): Promise<Set> {
  const steward = await world.newPerson('Maria', ['steward']);
  const ada = await world.newPerson('Ada', ['researcher']);
  return { ada, project: await world.newProject(steward, [ada]) };
}

const counting = (project: Set['project'], more: string) => ({
  ...{ executable: '/bin/sh', arguments: ['-c', `echo run >> runs.txt; ${more}`] },
  attributes: { account: project.id },
});

describe.skipIf(missing !== null)('a job whose platform dies', () => {
  test.each([
    ['job.launched', 'sleep 2', ['failed'], 1],
    ['job.ended', 'true', ['completed'], 1],
    ['job.recorded', 'true', ['completed'], 1],
  ])('at %s ends once, and its program never runs twice', async (point, script, states, most) => {
    const before = await start(point);
    const { ada, project } = await inhabit(before.world);
    const { body } = await before.world.submit(ada, counting(project, script));
    await before.died;
    const { world } = await start();
    const ended = await world.jobEnd(ada, body.id);
    expect(states).toContain(ended.status.state);
    const runs = await readFile(join(project.folder, 'runs.txt'), 'utf8').catch(() => '');
    expect(runs.split('\n').length - 1).toBeLessThanOrEqual(most);
    if (ended.status.state === 'completed') expect(runs).toBe('run\n');
    else expect(ended.status.message).toMatch(/lost|started/);
    const next = await world.submit(ada, counting(project, 'true'));
    expect((await world.jobEnd(ada, next.body.id)).status.state).toBe('completed');
  });

  test('by SIGKILL, with some that wait, brings all of them to an end', async () => {
    const before = await start();
    const { ada, project } = await inhabit(before.world);
    const jobs: string[] = [];
    for (let count = 0; count < 6; count += 1)
      jobs.push((await before.world.submit(ada, counting(project, 'sleep 1'))).body.id);
    await new Promise((wake) => setTimeout(wake, 500));
    child?.kill('SIGKILL');
    await before.died;
    const { world } = await start();
    const states: string[] = [];
    for (const id of jobs) states.push((await world.jobEnd(ada, id)).status.state);
    expect(states.every((state) => state === 'completed' || state === 'failed')).toBe(true);
    expect(states.filter((state) => state === 'completed').length).toBeGreaterThanOrEqual(4);
    const runs = await readFile(join(project.folder, 'runs.txt'), 'utf8');
    expect(runs.split('\n').length - 1).toBeLessThanOrEqual(6);
  }, 180_000);
});

describe('an operation on files whose platform dies', () => {
  test.each([
    ['file.begun', 'mkdir', 'failed'],
    ['file.done', 'mkdir', 'failed'],
    ['file.done', 'ls', 'completed'],
    ['file.begun', 'chmod', 'completed'],
  ])('at %s: %s ends as %s', async (point, name, state) => {
    const before = await start(point);
    const { ada, project } = await inhabit(before.world);
    await writeFile(join(project.folder, 'file'), 'text');
    const path =
      name === 'mkdir' ? `${project.folder}/new` : name === 'ls' ? project.folder : `${project.folder}/file`;
    const body = name === 'chmod' ? { path, mode: '640' } : { path };
    const asked = await before.world.call(
      ada,
      'POST',
      `/api/v2/filesystem/${name}/${before.world.store}`,
      body,
    );
    await before.died;
    const { world } = await start();
    const ended = await world.taskEnd(ada, asked.body.task_id);
    expect(ended.body.status).toBe(state);
    if (state === 'failed') expect(ended.body.result.code).toBe('interrupted');
  });
});
