/**
 * A small facility that speaks the IRI Facility API, v2 or v1, for tests: its state is in memory, its files lie in a
 * folder, and it really runs jobs with `sh`. Tests tell it how to fail.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';

export type FacilityRequest = { method: string; operation: string; path: string; body: string };
/** `cut`: half an answer. `lost`: it takes effect, and its answer never arrives. `drop`: it never arrives. */
export type Fault =
  | 'cut'
  | 'lost'
  | 'drop'
  | { status: number; headers?: Record<string, string>; body?: string | Buffer };

type Job = {
  id: string;
  state: string;
  name: string | null;
  message: string | null;
  process: ChildProcess | null;
  spec: { executable: string; arguments: string[]; directory: string; stderr_path?: string };
};

const fields = (path: string): string => path.split('?')[0] ?? path;

export async function startFacility(how: { version?: 'v1' | 'v2'; keys?: boolean; names?: boolean } = {}) {
  const { version = 'v2', keys = version === 'v2', names = true } = how;
  const jobs = new Map<string, Job>();
  const submissions = new Map<string, string>();
  const tasks = new Map<string, { status: string; result: unknown }>();
  const requests: FacilityRequest[] = [];
  const grants: URLSearchParams[] = [];
  const base = `/api/${version}`;
  const file = version === 'v2' ? 'post' : 'get';
  const state = {
    tokens: new Set(['secret-token']),
    /** What a request meets instead of its answer. */
    fault: (_request: FacilityRequest): Fault | undefined => undefined,
    /** Jobs wait as long as it is set. */
    held: false,
    /** How a part of a file is shown. */
    viewAs: (text: string): string => text,
    /** Answers of the token endpoint, in order; the last one stays. */
    grants: [] as { status?: number; body: unknown }[],
  };
  const keyParameter = keys ? [{ name: 'Idempotency-Key', in: 'header' }] : [];
  const document = {
    openapi: '3.1.0',
    paths: {
      [`${base}/compute/job/{resource_id}`]: { post: { parameters: keyParameter } },
      [`${base}/compute/status/{resource_id}`]: { post: {} },
      [`${base}/compute/status/{resource_id}/{job_id}`]: { get: {} },
      [`${base}/compute/cancel/{resource_id}/{job_id}`]: { delete: {} },
      [`${base}/task/{task_id}`]: { get: {} },
      [`${base}/status/resources/{resource_id}`]: { get: {} },
      [`${base}/filesystem/mkdir/{resource_id}`]: { post: {} },
      [`${base}/filesystem/upload/{resource_id}`]: { post: {} },
      [`${base}/filesystem/download/{resource_id}`]: { [file]: {} },
      [`${base}/filesystem/view/{resource_id}`]: { [file]: {} },
      [`${base}/filesystem/rm/{resource_id}`]: { [version === 'v2' ? 'post' : 'delete']: {} },
    },
  };

  const start = (job: Job): void => {
    job.state = 'active';
    const { executable, arguments: args, directory } = job.spec;
    job.process = spawn(executable, args, {
      cwd: directory,
      detached: true,
      env: { PATH: process.env['PATH'], FACILITY_SECRET: 'of the facility' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    job.process.stderr?.on('data', (data: Buffer) => {
      said += data.toString();
    });
    job.process.on('error', () => {
      job.state = 'failed';
    });
    job.process.on('close', (code) => {
      if (job.state === 'active') job.state = code === 0 ? 'completed' : 'failed';
      else job.state = 'canceled';
      if (job.spec.stderr_path !== undefined)
        void writeFile(job.spec.stderr_path, said).catch(() => undefined);
    });
  };
  const submit = (body: string, key: string | undefined): string => {
    const known = key === undefined ? undefined : submissions.get(key);
    if (known !== undefined) return known;
    const spec = JSON.parse(body);
    const job: Job = {
      ...{ id: `j/${randomUUID().slice(0, 8)}`, state: 'queued', message: null, process: null, spec },
      name: spec.name ?? null,
    };
    jobs.set(job.id, job);
    if (key !== undefined) submissions.set(key, job.id);
    if (!state.held) start(job);
    return job.id;
  };
  const end = (job: Job, signal: NodeJS.Signals): void => {
    const { pid, exitCode, signalCode } = job.process ?? {};
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
  };
  const cancel = (job: Job): void => {
    if (job.state === 'queued') job.state = 'canceled';
    if (job.state !== 'active') return;
    job.state = 'ending';
    end(job, 'SIGTERM');
    setTimeout(() => end(job, 'SIGKILL'), 2_000).unref();
  };
  const shown = (job: Job, withSpec: boolean) => ({
    id: job.id,
    status: { state: job.state === 'ending' ? 'active' : job.state, message: job.message },
    ...(withSpec && names ? { job_spec: { name: job.name } } : {}),
  });

  const operate = async (operation: string, args: Record<string, string>, content: Buffer | null) => {
    const path = args['path'] ?? '';
    if (operation === 'mkdir') {
      await mkdir(path, { recursive: args['parent'] === 'true' });
      return null;
    }
    if (operation === 'upload') {
      await writeFile(path, content ?? '');
      return null;
    }
    if (operation === 'rm') {
      await rm(path, { recursive: true });
      return null;
    }
    if (operation === 'download') {
      const bytes = await readFile(path);
      if (bytes.length > 5 * 2 ** 20) throw new Error('too large');
      return { output: bytes.toString('base64') };
    }
    const handle = await open(path);
    try {
      const size = Number(args['size']);
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(size), 0, size, Number(args['offset']));
      return {
        output: { content: state.viewAs(buffer.toString('utf8', 0, bytesRead)), contentType: 'bytes' },
      };
    } finally {
      await handle.close();
    }
  };

  const answer = async (request: IncomingMessage, raw: Buffer, operation: string): Promise<unknown> => {
    const url = new URL(request.url ?? '', 'http://facility');
    const last = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
    switch (operation) {
      case 'job': {
        const key = request.headers['idempotency-key'];
        return { id: submit(raw.toString(), keys && typeof key === 'string' ? key : undefined) };
      }
      case 'list': {
        const all = url.searchParams.get('historical') === 'true';
        const withSpec = url.searchParams.get('include_spec') === 'true';
        const live = [...jobs.values()].filter((job) => all || /queued|active|ending/.test(job.state));
        return live.map((job) => shown(job, withSpec));
      }
      case 'status': {
        const job = jobs.get(last);
        return job === undefined ? null : shown(job, false);
      }
      case 'cancel': {
        const job = jobs.get(last);
        if (job !== undefined) cancel(job);
        return undefined;
      }
      case 'resources':
        return { id: last, current_status: 'degraded' };
      case 'task':
        return { id: last, ...tasks.get(last) };
      default: {
        const query = Object.fromEntries(url.searchParams);
        const type = request.headers['content-type'] ?? '';
        let content: Buffer | null = null;
        let args: Record<string, string> = query;
        if (type.startsWith('multipart/')) {
          const form = await new Response(new Uint8Array(raw), {
            headers: { 'content-type': type },
          }).formData();
          content = Buffer.from(await (form.get('file') as File).arrayBuffer());
        } else if (raw.length > 0)
          args = Object.fromEntries(
            Object.entries(JSON.parse(raw.toString())).map(([k, v]) => [k, String(v)]),
          );
        const id = randomUUID();
        tasks.set(id, { status: 'active', result: null });
        operate(operation, args, content).then(
          (result) => tasks.set(id, { status: 'completed', result }),
          (error: unknown) => tasks.set(id, { status: 'failed', result: { output: String(error) } }),
        );
        return { task_id: id, task_uri: `${base}/task/${id}` };
      }
    }
  };

  const operationOf = (method: string, path: string): string => {
    const [first = '', second = ''] = path.replace(`${base}/`, '').split('/');
    if (first === 'filesystem') return second;
    if (first === 'task') return 'task';
    if (second === 'status') return method === 'POST' ? 'list' : 'status';
    return second;
  };

  const respond = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...headers });
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  };
  const problem = (status: number, detail: string) => ({
    type: 'about:blank',
    title: 'Problem',
    status,
    detail,
  });

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => void handle(request, response, Buffer.concat(parts)));
  });
  async function handle(request: IncomingMessage, response: ServerResponse, raw: Buffer): Promise<void> {
    const method = request.method ?? '';
    const path = fields(request.url ?? '');
    if (path === '/token') {
      grants.push(new URLSearchParams(raw.toString()));
      const grant = state.grants.length > 1 ? state.grants.shift() : state.grants[0];
      return respond(response, grant?.status ?? 200, grant?.body ?? {});
    }
    const operation = path.endsWith('/openapi.json') ? 'openapi' : operationOf(method, path);
    const told = { method, operation, path, body: raw.toString('latin1') };
    requests.push(told);
    const fault = state.fault(told);
    if (fault === 'drop') return void request.socket.destroy();
    if (typeof fault === 'object') return respond(response, fault.status, fault.body ?? '', fault.headers);
    if (operation === 'openapi') {
      const here = path === `${base}/openapi.json`;
      return respond(response, here ? 200 : 404, here ? document : problem(404, 'no such document'));
    }
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (!state.tokens.has(token))
      return respond(response, 401, problem(401, `the token ${token} is not good`));
    const body = await answer(request, raw, operation);
    if (fault === 'lost') return void request.socket.destroy();
    if (fault === 'cut') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"id":');
      return void setTimeout(() => request.socket.destroy(), 20);
    }
    if (body === null) return respond(response, 404, problem(404, 'no such job'));
    if (body === undefined) return respond(response, 204, '');
    respond(response, 200, body);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    state,
    jobs,
    requests,
    grants,
    count: (operation: string): number => requests.filter((told) => told.operation === operation).length,
    /** Starts what waits. */
    letGo(): void {
      state.held = false;
      for (const job of jobs.values()) if (job.state === 'queued') start(job);
    },
    /** The scheduler starts a job once more, as some do after they have lost it. */
    repeat(job: Job): void {
      start(job);
    },
    kill: (job: Job): void => end(job, 'SIGKILL'),
    async stop(): Promise<void> {
      for (const job of jobs.values()) end(job, 'SIGKILL');
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type TestFacility = Awaited<ReturnType<typeof startFacility>>;

/** Credentials for a facility in a folder of keys. */
export async function placeCredentials(keysFolder: string, content: unknown, mode = 0o600): Promise<string> {
  const path = `${keysFolder}/facilities/test.json`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(content), { mode });
  return path;
}

export const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');
