/** A job from here to its facility and back, with all that comes between. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLine } from '@genesis/contracts';
import { afterEach, expect, test } from 'vitest';
import { placeCredentials, sha256 } from '../../../../test/iri-facility.ts';
import { fast, iriPlace } from '../../../../test/iri-place.ts';

const opened: Awaited<ReturnType<typeof iriPlace>>[] = [];
const place = async (how?: Parameters<typeof iriPlace>[0]) => {
  const made = await iriPlace(how);
  opened.push(made);
  return made;
};
afterEach(async () => {
  for (const { facility } of opened.splice(0)) await facility.stop();
});
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('small inputs travel with the script in one upload; large ones and large outputs in pieces', async () => {
  const { open, job, facility, root } = await place();
  const executor = await open();
  const [small, large] = [join(root, 'small'), join(root, 'large')];
  const content = randomBytes(11 * 2 ** 20);
  await writeFile(small, 'measured');
  await writeFile(large, content);
  await (await executor.launch(job('true', { inputs: [{ path: 'a/b', source: small }] }))).wait();
  expect(facility.count('upload')).toBe(1);
  const handle = await executor.launch(
    job('cat inputs/a/b inputs/large > both', {
      inputs: [
        { path: 'a/b', source: small },
        { path: 'large', source: large },
      ],
    }),
  );
  expect(facility.count('upload')).toBe(1 + 4);
  const outcome = await handle.wait();
  const both = Buffer.concat([Buffer.from('measured'), content]);
  expect(outcome.outputs).toEqual([{ path: 'both', bytes: both.length, sha256: sha256(both) }]);
  expect(sha256(await readFile(join(outcome.outputDirectory, 'both')))).toBe(sha256(both));
  for (const { operation, body } of facility.requests)
    if (operation === 'upload') expect(body.length).toBeLessThan(5 * 2 ** 20 + 1_000);
  await executor.close();
}, 30_000);

test('the log comes while the job runs, and complete whatever bytes are in it', async () => {
  const { open, job, root } = await place();
  const executor = await open();
  const lines: LogLine[] = [];
  const script = String.raw`echo early; printf 'wide \303\274\n' >&2; while [ ! -e ${root}/go ]; do sleep 0.1; done
    printf 'bad \377 byte\nafter\r\nlast'; i=0; while [ $i -lt 300 ]; do echo "line $i" >&2; i=$((i + 1)); done`;
  const handle = await executor.launch(job(script), { onLog: (added) => void lines.push(...added) });
  while (lines.length < 2) await pause(10);
  await writeFile(`${root}/go`, '');
  await handle.wait();
  const of = (wanted: string) => lines.filter(({ stream }) => stream === wanted).map(({ text }) => text);
  expect(of('stdout')).toEqual(['early', 'bad \uFFFD byte', 'after\r', 'last']);
  expect(of('stderr')).toEqual(['wide ü', ...Array.from({ length: 300 }, (_, index) => `line ${index}`)]);
  await executor.close();
});

test('a facility that shows other line ends than there are makes no line come twice or not at all', async () => {
  const { open, job, root, facility } = await place();
  const executor = await open();
  facility.state.viewAs = (text) => text.replaceAll('\r\n', '\n');
  const lines: string[] = [];
  const script = String.raw`i=0; while [ $i -lt 20 ]; do printf "line $i\r\n"; i=$((i + 1)); done
    while [ ! -e ${root}/go ]; do sleep 0.1; done; printf 'later\r\nlast\r\n'`;
  const handle = await executor.launch(job(script), {
    onLog: (added) => void lines.push(...added.map(({ text }) => text.trimEnd())),
  });
  while (lines.length < 20) await pause(10);
  await writeFile(`${root}/go`, '');
  await handle.wait();
  expect(lines).toEqual([...Array.from({ length: 20 }, (_, index) => `line ${index}`), 'later', 'last']);
  await executor.close();
});

test('a facility that is away for a while stops nothing', async () => {
  const { open, job, facility, warnings } = await place();
  const executor = await open({ tempo: { ...fast, attempts: 2, breakerFailures: 3, breakerPauseMs: 50 } });
  const handle = await executor.launch(job('echo through'));
  facility.state.fault = () => ({ status: 503 });
  await expect(executor.launch(job('true'))).rejects.toMatchObject({ failure: { code: 'unavailable' } });
  await pause(300);
  facility.state.fault = () => undefined;
  expect(await handle.wait()).toMatchObject({ state: 'succeeded' });
  expect(warnings.join('\n')).toMatch(/does not answer; it is left alone/);
  expect(warnings.join('\n')).toMatch(/answers again/);
  // the name of what was not launched is free
  expect(await executor.reconcile('job-2')).toEqual({ state: 'unknown' });
  await executor.close();
});

test('a list of jobs that never comes leaves its place to single questions', async () => {
  const { open, job, facility } = await place();
  const executor = await open({ tempo: { ...fast, attempts: 1 } });
  facility.state.fault = ({ operation }) => (operation === 'list' ? { status: 504 } : undefined);
  const handle = await executor.launch(job('true'));
  expect(await handle.wait()).toMatchObject({ state: 'succeeded' });
  expect(facility.count('list')).toBe(3);
  await executor.close();
});

test('a file that is not there may be told at once, too', async () => {
  const { open, job, facility } = await place();
  facility.state.held = true;
  const executor = await open();
  const handle = await executor.launch(job('true'));
  facility.state.fault = ({ operation, body }) =>
    operation === 'view' && /token|outcome/.test(body) ? { status: 404 } : undefined;
  handle.cancel();
  expect(await handle.wait()).toMatchObject({ state: 'cancelled' });
  await executor.close();
});

test('a token that ends in between is renewed, and no token is ever told', async () => {
  const { open, job, facility, root, warnings } = await place();
  const grant = (token: string) => ({
    body: {
      access_token: token,
      token_type: 'bearer',
      expires_in: 3_600,
      refresh_token: `refresh-of-${token}`,
    },
  });
  facility.state.grants = [grant('token-a'), grant('token-b')];
  facility.state.tokens = new Set(['token-a']);
  const tokenUrl = `${facility.url}/token`;
  const file = await placeCredentials(join(root, 'keys'), {
    tokenUrl,
    clientId: 'us',
    refreshToken: 'refresh-first',
  });
  const executor = await open();
  const handle = await executor.launch(job('sleep 0.3'));
  facility.state.tokens = new Set(['token-b']);
  expect(await handle.wait()).toMatchObject({ state: 'succeeded' });
  expect(facility.grants.map((form) => form.get('refresh_token'))).toEqual([
    'refresh-first',
    'refresh-of-token-a',
  ]);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ refreshToken: 'refresh-of-token-b' });
  facility.state.tokens.clear();
  facility.state.grants = [{ status: 400, body: { error: 'invalid_grant' } }];
  const refused = await executor.launch(job('true')).then(() => 'launched', String);
  expect(refused).toMatch(/refused the credentials \(invalid_grant\)/);
  expect(`${refused}${warnings.join('')}`).not.toMatch(/token-|refresh-/);
  await executor.close();
});

test('what cannot run there is told before anything is done there', async () => {
  const { open, job, facility, root } = await place();
  const executor = await open();
  const workspace = { root, directory: '' };
  await expect(executor.launch(job('true', { workspace }))).rejects.toMatchObject({
    failure: { code: 'unsupported' },
  });
  const missing = [{ path: 'a', source: join(root, 'not-there') }];
  await expect(executor.launch(job('true', { inputs: missing }))).rejects.toThrow(
    /^inputs\.0\.source: cannot be opened/,
  );
  facility.state.fault = ({ operation }) => (operation === 'openapi' ? { status: 404 } : undefined);
  const other = await open();
  await expect(other.launch(job('true'))).rejects.toThrow(/describes no IRI Facility API/);
  expect(facility.count('job')).toBe(0);
  await executor.close();
  await other.close();
});

test('what a job asks for goes to the facility in its words', async () => {
  const { open, job, facility, root } = await place();
  const executor = await open({
    access: {
      ...{
        kind: 'iri',
        url: `${facility.url}/`,
        resource: 'machine',
        credentials: 'test',
        folder: `${root}/remote/`,
      },
      ...{ account: 'm1234', queue: 'debug', customAttributes: { constraint: 'gpu' } },
    },
  });
  const resources = { cpuCores: 1.5, gpus: 2, memoryBytes: 2 ** 30, durationSeconds: 9.5 };
  await (await executor.launch(job('true', { resources }))).wait();
  const { body = '' } = facility.requests.find(({ operation }) => operation === 'job') ?? {};
  const { attributes, resources: asked, executable } = JSON.parse(body);
  expect(executable).toBe('/bin/sh');
  expect(attributes).toEqual({
    ...{ duration: 310, account: 'm1234', queue_name: 'debug', custom_attributes: { constraint: 'gpu' } },
  });
  expect(asked).toEqual({
    ...{ node_count: 1, process_count: 1, processes_per_node: 1, cpu_cores_per_process: 2 },
    ...{ gpu_cores_per_process: 2, exclusive_node_use: false, memory: 2 ** 30 },
  });
  await executor.close();
});

test('the facility says how its resource is', async () => {
  const { open, facility } = await place();
  const executor = await open();
  expect(await executor.inspect?.()).toEqual({
    ...{ status: 'degraded', reason: `${new URL(facility.url).host} says that it is degraded.` },
  });
  facility.state.fault = () => ({ status: 503 });
  await expect(executor.inspect?.()).rejects.toMatchObject({ failure: { code: 'unavailable' } });
  await executor.close();
});
