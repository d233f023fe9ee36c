/**
 * Whether the DOE IRI Facility API of a real platform keeps to its specification, and whether a client that others have
 * written can use it.
 *
 *   npm run conformance:iri -- [--spec FILE] [--quick] [--json]
 *
 * Schemathesis tries every operation of the specification with examples that fit it and examples that do not; the AmSC
 * client discovers resources, runs a job and fetches its output. Both come from PyPI into a virtual environment below
 * `node_modules`. Without a specification at hand, the platform is held against the document that it serves itself.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { startWorld, type World } from './world.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const packages = ['schemathesis==4.32.5', 'amscrot-py==1.2.0'];
const operationsInAll = 47;
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];

const { values: options } = parseArgs({
  options: {
    spec: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** The Python with what is pinned above; made once. */
async function python(): Promise<string> {
  const folder = join(repository, 'node_modules', '.genesis-conformance');
  const program = join(folder, 'bin', 'python');
  const mark = join(folder, 'installed.json');
  const wanted = JSON.stringify(packages);
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return program;
  say('Installing Schemathesis and the AmSC client ...');
  await rm(folder, { recursive: true, force: true });
  await run('python3.11', ['-m', 'venv', folder]).catch((cause: unknown) => {
    throw new Error('python3.11 with venv is needed (Debian: python3.11-venv)', { cause });
  });
  await run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  await writeFile(mark, wanted);
  return program;
}

async function inhabit(world: World) {
  const steward = await world.newPerson('Maria', ['steward', 'operator']);
  const ada = await world.newPerson('Ada', ['researcher']);
  const operator = await world.newPerson('Otto', ['operator'], 'platform');
  const { id: project, folder } = await world.newProject(steward, [ada]);
  return { steward, ada, operator, project, folder };
}
type People = Awaited<ReturnType<typeof inhabit>>;

/** Files, allocations, jobs that run and jobs that wait, an incident: ids for every path. */
async function furnish(world: World, { steward, ada, operator, project, folder }: People) {
  const place = `/v1/projects/${project}/allocations/${world.machine}`;
  const allocation = await world.must(steward, 'PUT', place, { granted: 1000 });
  const share = await world.must(steward, 'PUT', `${place}/members/${ada.id}`, { granted: 10 });
  await world.file(ada, 'mkdir', { path: `${folder}/folder/inside`, parent: true });
  for (const name of ['file.txt', 'folder/other.txt'])
    await world.upload(ada, `${folder}/${name}`, 'first line\nsecond line\n');
  await world.file(ada, 'compress', { path: `${folder}/folder`, target_path: `${folder}/archive.tar.gz` });
  const spec = { executable: '/bin/sleep', arguments: ['3000'], attributes: { account: project } };
  const jobs: string[] = [];
  for (let count = 0; count < 40; count += 1) jobs.push((await world.submit(ada, spec)).body.id);
  const tasks: string[] = [];
  for (let count = 0; count < 40; count += 1)
    tasks.push((await world.file(ada, 'stat', { path: `${folder}/file.txt` })).body.id);
  const outage = { name: 'A cable was cut', status: 'degraded', resources: ['projects'] };
  await world.must(operator, 'POST', '/v1/compute/incidents', outage);
  const events = (await world.must(null, 'GET', '/api/v2/status/events')) as { id: string }[];
  const incidents = (await world.must(null, 'GET', '/api/v2/status/incidents')) as { id: string }[];
  const sites = (await world.must(null, 'GET', '/api/v2/facility/sites')) as { id: string }[];
  return {
    ada,
    known: {
      project,
      paths: [...['file.txt', 'folder', 'folder/other.txt', 'archive.tar.gz', 'NEW', 'folder/NEW']].map(
        (path) => `${folder}/${path}`,
      ),
      ids: {
        resource_id: [world.machine, world.store],
        ...Object.fromEntries(
          ['launchJob', 'updateJob', 'getJob', 'getJobs', 'cancelJob'].map((name) => [
            `${name}.resource_id`,
            [world.machine],
          ]),
        ),
        job_id: jobs,
        'cancelJob.job_id': jobs.slice(30),
        'updateJob.job_id': jobs.slice(20, 30),
        task_id: tasks.slice(0, 5),
        'deleteTask.task_id': tasks.slice(5),
        project_id: [project],
        project_allocation_id: [allocation.id],
        user_allocation_id: [share.id],
        capability_id: [world.machine],
        site_id: sites.map(({ id }) => id),
        event_id: events.map(({ id }) => id),
        incident_id: incidents.map(({ id }) => id),
      },
    },
  };
}

type Counts = Record<string, Record<string, number>>;

async function tryOperations(
  program: string,
  world: World,
  furnished: Awaited<ReturnType<typeof furnish>>,
  folder: string,
  spec: string,
): Promise<{ code: number; counts: Counts; text: string }> {
  const [worldFile, countsFile] = [join(folder, 'world.json'), join(folder, 'counts.json')];
  await writeFile(worldFile, JSON.stringify(furnished.known));
  const child = spawn(
    program,
    [
      ...['-m', 'schemathesis.cli', 'run', spec, '--url', world.url],
      ...['--header', `Authorization: Bearer ${furnished.ada.token}`],
      ...['--checks', checks.join(','), '--phases', 'examples,coverage,fuzzing', '--no-color'],
      ...['--max-examples', options.quick ? '5' : '60', '--seed', '1', '--generation-database', 'none'],
      ...['--continue-on-failure', '--suppress-health-check', 'all', '--request-timeout', '20'],
    ],
    {
      // its own state stays in the temporary folder
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        PYTHONPATH: here('.'),
        PYTHONDONTWRITEBYTECODE: '1',
        SCHEMATHESIS_HOOKS: 'schemathesis_hooks',
        GENESIS_WORLD: worldFile,
        GENESIS_COUNTS: countsFile,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
  const code = await new Promise<number>((settle) => child.once('close', (exit) => settle(exit ?? 1)));
  const counts = existsSync(countsFile) ? (JSON.parse(await readFile(countsFile, 'utf8')) as Counts) : {};
  return { code, counts, text };
}

async function driveByClient(program: string, world: World, people: People, home: string) {
  const { ada, folder, project } = people;
  const given = [here('amscrot_drive.py'), world.url, ada.token, project, folder];
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, PYTHONDONTWRITEBYTECODE: '1' };
  try {
    const { stdout } = await run(program, given, { env, cwd: home, timeout: 180_000 });
    return { failed: null, steps: JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as unknown[] };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error), steps: [] };
  }
}

function table(counts: Counts): string {
  const rows = Object.entries(counts).sort(([one], [other]) => (one < other ? -1 : 1));
  return rows
    .map(([name, statuses]) => {
      const shown = Object.entries(statuses)
        .sort(([one], [other]) => Number(one) - Number(other))
        .map(([status, count]) => `${status}: ${count}`);
      return `${name.padEnd(40)} ${shown.join(', ')}`;
    })
    .join('\n');
}

const shared = resolve(repository, '..', 'shared', 'specs', 'iri', 'all_spec_v2.yaml');
const folder = await mkdtemp(join(tmpdir(), 'genesis-conformance-'));
const home = join(folder, 'home');
await mkdir(home);
const program = await python();
const world = await startWorld(join(folder, 'data'));
try {
  let spec = options.spec ?? (existsSync(shared) ? shared : undefined);
  if (spec === undefined) {
    spec = join(folder, 'served.json');
    await writeFile(spec, JSON.stringify(await world.must(null, 'GET', '/api/v2/openapi.json')));
  }
  say(`Specification: ${spec}`);
  const people = await inhabit(world);
  const client = await driveByClient(program, world, people, home);
  const furnished = await furnish(world, people);
  const { code, counts, text } = await tryOperations(program, world, furnished, home, resolve(spec));
  const statuses = Object.values(counts).flatMap(Object.entries);
  const examples = statuses.reduce((all, [, count]) => all + count, 0);
  const succeeded = Object.entries(counts).filter(([, found]) =>
    Object.keys(found).some((status) => Number(status) < 400),
  );
  const serverErrors = statuses.filter(
    ([status]) => Number(status) >= 500 && status !== '501' && status !== '503',
  );
  const silent = Object.keys(counts).filter((name) => succeeded.every(([one]) => one !== name));
  const conforms = code === 0;
  if (!conforms) say(text);
  process.stdout.write(`${table(counts)}\n\n`);
  process.stdout.write(`operations that answered      ${Object.keys(counts).length} of ${operationsInAll}\n`);
  process.stdout.write(
    `operations that succeeded     ${succeeded.length} (not: ${silent.join(', ') || 'none'})\n`,
  );
  process.stdout.write(`examples tried                ${examples}\n`);
  process.stdout.write(`server errors                 ${serverErrors.length}\n`);
  process.stdout.write(`all answers conform           ${conforms ? 'yes' : 'NO'}\n`);
  process.stdout.write(
    `the AmSC client               ${client.failed ?? `${client.steps.length} steps done`}\n`,
  );
  const answered = Object.keys(counts).length >= operationsInAll && silent.length === 0;
  const holds = answered && conforms && serverErrors.length === 0 && client.failed === null;
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ holds, operations: Object.keys(counts).length, succeeded: succeeded.length, examples, serverErrors: serverErrors.length, conforms, client })}\n`,
    );
  process.exitCode = holds ? 0 : 1;
} finally {
  await world.close();
  await rm(folder, { recursive: true, force: true });
}
