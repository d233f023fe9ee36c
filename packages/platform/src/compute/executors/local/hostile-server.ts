/**
 * A process of its own that runs all hostile jobs as a server would, measures how responsive it stays, and writes
 * what it saw as JSON. Usage: node hostile-server.ts FOLDER cgroup|watchdog
 */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type JobOutcome, jobSpecSchema } from '@genesis/contracts';
import { hostileJobs, type Targets } from './hostile-jobs.ts';
import { createLocalExecutor } from './local-executor.ts';

export type HostileReport = {
  enforcement: string;
  results: Record<string, { outcome: JobOutcome; log: string[] }>;
  /** Connections that reached the server's sockets. */
  connections: number;
  /** What processes of jobs look like from outside while one runs: the real user, and its cgroups. */
  outside: { uid: number; cgroups: string; seccomp: string };
  /** Processes with the mark of a job's daemon that live after all jobs have ended. */
  survivors: number;
  loopDelayMilliseconds: { p99: number; max: number };
};

const listen = async (where: string | number, onConnection: () => void): Promise<Server> => {
  const server = createServer((socket) => {
    onConnection();
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  return server;
};

/** Processes of this machine whose command line holds a text. */
async function findProcesses(text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((_pid, index) => lines[index]?.split('\0').includes(text));
}

async function main(folder: string, mode: string): Promise<HostileReport> {
  const privateFolder = join(folder, 'private');
  await mkdir(privateFolder, { mode: 0o700 });
  const openFolder = join(folder, 'open');
  await mkdir(openFolder);
  await writeFile(join(openFolder, 'file'), 'CANARY of an open folder');
  let connections = 0;
  const count = (): void => {
    connections += 1;
  };
  const unixSocket = join(openFolder, 'postgres.sock');
  const abstractSocket = `genesis-hostile-${process.pid}`;
  const servers = [
    await listen(0, count),
    await listen(unixSocket, count),
    await listen(`\0${abstractSocket}`, count),
  ];
  await chmod(unixSocket, 0o777);
  const address = servers[0]?.address();
  const targets: Targets = {
    secretFile: join(privateFolder, 'secret'),
    openFolder,
    tcpPort: typeof address === 'object' && address !== null ? address.port : 0,
    unixSocket,
    abstractSocket,
  };
  await writeFile(targets.secretFile, 'CANARY of a private file', { mode: 0o644 });

  const executor = await createLocalExecutor({
    stagingRoot: join(privateFolder, 'jobs'),
    graceSeconds: 0.5,
    useCgroups: mode === 'cgroup',
  });
  if (!executor.sandbox.available) throw new Error(executor.sandbox.reason);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();

  const results: HostileReport['results'] = {};
  let number = 0;
  for (const [title, { script, resources = {} }] of Object.entries(hostileJobs)) {
    number += 1;
    const log: string[] = [];
    const spec = jobSpecSchema.parse({
      name: `hostile-${number}`,
      executable: 'sh',
      arguments: ['-c', script(targets)],
      resources: { durationSeconds: 60, ...resources },
    });
    const keep = 200;
    const handle = await executor.launch(spec, {
      onLog: (lines) => {
        for (const line of lines) if (log.length < keep) log.push(line.text.slice(0, keep));
      },
    });
    results[title] = { outcome: await handle.wait(), log };
  }
  delay.disable();

  const marked = '31536.5';
  const sleeper = await executor.launch(
    jobSpecSchema.parse({ name: 'sleeper', executable: 'sleep', arguments: [marked] }),
  );
  let pids: string[] = [];
  // the gate itself carries the argument until it has become the program: look for a process named sleep
  while (pids.length === 0) {
    const found = await findProcesses(marked);
    const names = await Promise.all(
      found.map((pid) => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')),
    );
    pids = found.filter((_pid, index) => names[index] === 'sleep\n');
  }
  const status = await readFile(`/proc/${pids[0]}/status`, 'utf8');
  const outside = {
    uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]),
    seccomp: /^Seccomp:\s+(\d+)/m.exec(status)?.[1] ?? '',
    cgroups: await readFile(`/proc/${pids[0]}/cgroup`, 'utf8'),
  };
  sleeper.cancel();
  await sleeper.wait();
  const survivors = (await findProcesses('31536.25')).length + (await findProcesses(marked)).length;
  await executor.close();
  for (const server of servers) server.close();
  return {
    enforcement: executor.sandbox.enforcement,
    results,
    connections,
    outside,
    survivors,
    loopDelayMilliseconds: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
  };
}

const [folder, mode] = process.argv.slice(2);
if (folder === undefined || mode === undefined)
  throw new Error('usage: hostile-server.ts FOLDER cgroup|watchdog');
console.log(JSON.stringify(await main(folder, mode)));
