/**
 * Callers of a served model, in a process of their own: each has one connection and asks again as soon as it is answered.
 * Reads what to do from its first argument, prints the figures as JSON.
 */
import { connect } from 'node:net';

export type Load = {
  url: string;
  path: string;
  token: string;
  callers: number;
  seconds: number;
  bodies: string[];
};
export type LoadFigures = {
  answers: number;
  failures: number;
  seconds: number;
  p50: number;
  p99: number;
  most: number;
  /** Processor seconds of the callers. */
  cpuSeconds: number;
};

const head = Buffer.from('\r\n\r\n');
const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

async function caller(
  { url, path, token, bodies }: Load,
  number: number,
  until: () => number,
): Promise<{ times: number[]; failures: number }> {
  const { hostname, port } = new URL(url);
  const requests = bodies.map((body) =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const times: number[] = [];
  let [failures, next, began] = [0, number % requests.length, 0];
  let held: Buffer = Buffer.alloc(0);
  return await new Promise((resolve, reject) => {
    const send = (): void => {
      if (performance.now() >= until()) {
        socket.destroy();
        resolve({ times, failures });
        return;
      }
      next = (next + 1) % requests.length;
      began = performance.now();
      socket.write(requests[next]!);
    };
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const end = held.indexOf(head);
      if (end === -1) return;
      const text = held.toString('latin1', 0, end);
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? NaN);
      if (!Number.isFinite(length)) {
        reject(new Error(`an answer without a length: ${text.slice(0, 200)}`));
        return;
      }
      if (held.length < end + head.length + length) return;
      held = held.subarray(end + head.length + length);
      times.push(performance.now() - began);
      if (!text.startsWith('HTTP/1.1 200')) failures += 1;
      send();
    });
    send();
  });
}

/** Processor seconds of this process so far. */
const used = (): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};
const before = process.cpuUsage();
const load = JSON.parse(process.argv[2] ?? '') as Load;
const started = performance.now();
const end = started + load.seconds * 1000;
const all = await Promise.all(
  Array.from({ length: load.callers }, (_, number) => caller(load, number, () => end)),
);
const seconds = (performance.now() - started) / 1000;
const sorted = Float64Array.from(all.flatMap(({ times }) => times)).sort();
const figures: LoadFigures = {
  answers: sorted.length,
  failures: all.reduce((sum, { failures }) => sum + failures, 0),
  seconds,
  p50: quantile(sorted, 0.5),
  p99: quantile(sorted, 0.99),
  most: sorted.at(-1) ?? NaN,
  cpuSeconds: used(),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
