import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Action, Label } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { actUnder, createDoor, delegate, revokeDelegation } from '../../src/door/index.ts';
import { delegation as delegations } from '../../src/door/tables.ts';
import {
  createCursors,
  createIds,
  createLog,
  createSpaceGuard,
  noCrashPoints,
  openBlobStore,
  openKeyring,
} from '../../src/kernel/index.ts';
import { type PrincipalFacts, unrestricted } from '../../src/policy/index.ts';
import { openRunTracking, type RunTracking } from '../../src/surfaces/index.ts';
import {
  createExperiment,
  createRunTokens,
  createTracked,
  type RunToTrack,
} from '../../src/tracking/index.ts';
import { trackingToken } from '../../src/tracking/tables.ts';
import { handClock, researcher } from '../core-platform.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { freshDatabase } from '../test-database.ts';
import { type Mlflow, mlflowOf, sendMlflow } from './mlflow-client.ts';

const label: Label = { level: 'controlled', categories: ['cui'] };
const submitter: PrincipalFacts = researcher(label);
const hour = 3_600_000;

async function world() {
  const database = await freshDatabase();
  const clock = handClock(Date.now());
  const ids = createIds(clock);
  const door = createDoor({ database, clock, ids });
  const dataFolder = await temporaryFolder();
  const blobs = await openBlobStore({
    dataFolder,
    keyring: await openKeyring(dataFolder),
    guard: createSpaceGuard({ folder: dataFolder, reserveBytes: 0 }),
  });
  const parts = {
    door,
    blobs,
    clock,
    ids,
    cursors: createCursors(Buffer.alloc(32, 1)),
    crash: noCrashPoints,
    uploadLimitBytes: 100_000,
  };
  const directory = { load: async (id: string) => (id === submitter.id ? submitter : undefined) };
  const tokens = createRunTokens({
    ...{ database, door, clock, ids },
    actUnder: (id) => actUnder(database, directory, id),
  });
  const folder = join(dataFolder, 'socket');
  await mkdir(folder, { mode: 0o700 });
  const log = createLog({ level: 'silent' });
  const tracking = await openRunTracking({ parts, tokens, folder, bodyLimitBytes: 1_000_000, log });

  /** A run as `runs` submits it: governed by itself, worked on under a delegation. */
  async function begin(
    actions: readonly Action[] = ['run.read', 'tracking.read', 'tracking.log'],
  ): Promise<RunToTrack> {
    const id = ids.next('run');
    const facts = { kind: 'run', id, organisation: submitter.organisation, label, conditions: unrestricted };
    const { result } = await door.perform(
      { principal: submitter, action: 'run.submit', resource: { create: facts }, purpose: 'train' },
      async (tx) => {
        const wanted = { purpose: 'train' as const, actions, resources: [id], lifetimeMs: 24 * hour };
        return { result: await delegate(tx, { clock, ids }, submitter, wanted), details: {} };
      },
    );
    return { id, governedBy: id, delegation: result };
  }
  return { database, clock, ids, door, parts, tokens, tracking, folder, begin };
}

let the: Awaited<ReturnType<typeof world>>;
beforeAll(async () => {
  the = await world();
});
afterAll(async () => {
  await the.tracking.close();
});

const opened = async (run: RunToTrack, tracking: RunTracking = the.tracking): Promise<Mlflow> => {
  const { socketPath, token } = await tracking.trackingFor(run, hour);
  return mlflowOf({ socketPath }, token);
};

test('the code of a run tracks itself: experiments by name, runs, metrics, artifacts, logged models', async () => {
  const run = await the.begin();
  const code = await opened(run);
  expect(await code.code('GET', 'experiments/get-by-name', { experiment_name: 'mine' })).toBe(
    'RESOURCE_DOES_NOT_EXIST',
  );
  const experiment = await code.experiment('mine');
  const tracked = await code.run(experiment);
  await code.ask('POST', 'runs/log-batch', {
    run_id: tracked,
    metrics: [{ key: 'loss', value: 1, timestamp: 1, step: 1 }],
    params: [{ key: 'a', value: 'b' }],
  });
  const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${tracked}/artifacts/a/b.txt`;
  await code.ask('PUT', path, 'bytes');
  expect((await code.send('GET', path)).text).toBe('bytes');
  await code.ask('POST', 'logged-models', { experiment_id: experiment, name: 'net', source_run_id: tracked });
  type Default = {
    run: { info: { experiment_id: string }; data: { tags: { key: string; value: string }[] } };
  };
  const other = await code.ask<Default>('POST', 'runs/create', { experiment_id: '0' });
  expect(other.run.info.experiment_id).not.toBe(experiment);
  expect(other.run.data.tags).toContainEqual({ key: 'genesis.run', value: run.id });
  // It carries the label of the run: whoever is not cleared sees nothing of it.
  const rows = await the.database.pool.query(
    'select governed_by, genesis_run from tracked_run where id = $1',
    [tracked],
  );
  expect(rows.rows).toEqual([{ governed_by: run.id, genesis_run: run.id }]);
});

test('a token reaches the tracked runs of its own run, and nothing else', async () => {
  const [one, two] = [await the.begin(), await the.begin()];
  const [mine, theirs] = [await opened(one), await opened(two)];
  const experiment = await theirs.experiment('theirs');
  const tracked = await theirs.run(experiment);
  const person = { principal: submitter, purpose: 'train' as const, run: null };
  const ofPerson = await createExperiment(the.parts, person, { name: 'of a person', tags: [] });
  const runOfPerson = await createTracked(the.parts, person, {
    ...{ experiment: ofPerson, name: undefined, userId: '', startTime: 1, tags: [] },
  });
  const batch = { metrics: [{ key: 'a', value: 1, timestamp: 1 }] };
  const unknown = tracked.replace(/.{6}$/, '000000');
  for (const id of [tracked, runOfPerson.id, unknown]) {
    expect(await mine.code('GET', 'runs/get', { run_id: id })).toBe('PERMISSION_DENIED');
    expect(await mine.code('POST', 'runs/log-batch', { run_id: id, ...batch })).toBe('PERMISSION_DENIED');
    expect(await mine.code('POST', 'runs/set-tag', { run_id: id, key: 'a', value: 'b' })).toBe(
      'PERMISSION_DENIED',
    );
    expect(await mine.code('POST', 'runs/delete', { run_id: id })).toBe('PERMISSION_DENIED');
    expect(
      await mine.code('PUT', `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${id}/artifacts/x`, 'x'),
    ).toBe('PERMISSION_DENIED');
  }
  for (const id of [experiment, ofPerson]) {
    expect(await mine.code('GET', 'experiments/get', { experiment_id: id })).toBe('PERMISSION_DENIED');
    expect(await mine.code('POST', 'runs/create', { experiment_id: id })).toBe('PERMISSION_DENIED');
    const found = await mine.ask<object>('POST', 'runs/search', { experiment_ids: [id] });
    expect(found).toEqual({ runs: [] });
  }
  type Listed = { experiments: { name: string }[] };
  expect((await mine.ask<Listed>('POST', 'experiments/search', {})).experiments).toEqual([]);
  expect(await mine.code('POST', 'registered-models/create', { name: 'x' })).toBe('PERMISSION_DENIED');
  expect(await mine.code('GET', 'registered-models/search', {})).toBe('PERMISSION_DENIED');
  // A name that another run has is free here.
  expect(await mine.experiment('theirs')).not.toBe(experiment);
});

test('people do not write what the code of a run measures, and may tag it', async () => {
  const code = await opened(await the.begin());
  const tracked = await code.run(await code.experiment('measured'));
  const { logBatch, tagTracked } = await import('../../src/tracking/index.ts');
  const person = { principal: submitter, purpose: 'train' as const, run: null };
  const point = { key: 'loss', value: 0, timestamp: 1, step: 1 };
  await expect(
    logBatch(the.parts, person, tracked, { metrics: [point], params: [], tags: [] }),
  ).rejects.toMatchObject({
    failure: { code: 'denied' },
  });
  await tagTracked(the.parts, person, tracked, { key: 'note', value: 'looked at' });
});

test('a token ends: with a newer one, with its run, with its time, with the authority behind it', async () => {
  const run = await the.begin();
  const first = await opened(run);
  await first.experiment('a');
  const second = await opened(run);
  expect(await first.code('GET', 'experiments/get', { experiment_id: '0' })).toBe('UNAUTHENTICATED');
  await second.experiment('b');
  await the.tracking.end(run);
  await the.tracking.end(run);
  expect(await second.code('GET', 'experiments/get', { experiment_id: '0' })).toBe('UNAUTHENTICATED');

  const timed = await opened(run);
  await timed.experiment('c');
  the.clock.advance(hour + 1);
  expect(await timed.code('GET', 'experiments/get', { experiment_id: '0' })).toBe('UNAUTHENTICATED');

  const bound = await opened(run);
  await bound.experiment('d');
  await the.door.perform(
    { principal: submitter, action: 'run.cancel', resource: run.id, purpose: null },
    async (tx) => {
      await revokeDelegation(tx, the, run.delegation);
      return { result: undefined, details: {} };
    },
  );
  expect(await bound.code('POST', 'experiments/create', { name: 'e' })).toBe('UNAUTHENTICATED');
  await the.tracking.end(run);
});

test('a delegation without tracking gives a token that can do nothing', async () => {
  const run = await the.begin(['run.read']);
  await expect(the.tracking.trackingFor(run, hour)).rejects.toMatchObject({ failure: { code: 'denied' } });
});

test('the socket serves tracking alone, to tokens of runs alone', async () => {
  const { socketPath, token } = await the.tracking.trackingFor(await the.begin(), hour);
  for (const path of [
    '/v1/me',
    '/openapi.json',
    '/v1/tracking/runs',
    '/',
    '/api/2.0/mlflowx/experiments/get',
  ])
    expect((await sendMlflow({ socketPath }, token, 'GET', path)).status, path).toBe(404);
  // One of a thousand tokens ends with AA.
  const otherEnd = token.endsWith('AA') ? 'BA' : 'AA';
  const changed = `${token.slice(0, -2)}${otherEnd}`;
  const forged = [undefined, 'x', token.slice(0, -1), changed, token.replace('tkt', 'tok')];
  for (const one of forged)
    expect(
      await mlflowOf({ socketPath }, one).code('GET', 'experiments/get', { experiment_id: '0' }),
      String(one),
    ).toBe('UNAUTHENTICATED');
  expect(statSync(the.folder).mode & 0o777).toBe(0o700);
});

test('only a hash of the token is kept', async () => {
  const run = await the.begin();
  const { token } = await the.tracking.trackingFor(run, hour);
  const [row] = await the.database.orm.select().from(trackingToken).where(eq(trackingToken.run, run.id));
  const secret = token.slice(token.lastIndexOf('_') + 1);
  expect(row!.hash).toHaveLength(32);
  expect(JSON.stringify(row)).not.toContain(secret);
  const [held] = await the.database.orm.select().from(delegations).where(eq(delegations.id, run.delegation));
  expect(held!.actions).toContain('tracking.log');
});

test('a platform that starts again listens in the same folder', async () => {
  const again = await world();
  const run = await again.begin();
  await again.tracking.close();
  const log = createLog({ level: 'silent' });
  const { parts, tokens, folder } = again;
  const tracking = await openRunTracking({ parts, tokens, folder, bodyLimitBytes: 1_000_000, log });
  await (await opened(run, tracking)).experiment('after');
  await tracking.close();
});
