/** Runs in a worker thread: calls one built-in function at a time and reports. */
import { parentPort } from 'node:worker_threads';
import type { LogLine } from '@genesis/contracts';
import type { Call, FunctionContext, Report } from './messages.ts';

if (parentPort === null) throw new Error('This module runs in a worker thread only.');
const port = parentPort;
const report = (message: Report): void => port.postMessage(message);

const logText = (stream: LogLine['stream'], text: string): void =>
  report({ kind: 'log', lines: text.split('\n').map((line) => ({ stream, text: line })) });

/** console.log() inside a function becomes its log, in order, and never reaches the server's own output. */
for (const stream of ['stdout', 'stderr'] as const) {
  process[stream].write = (chunk: Uint8Array | string): boolean => {
    logText(
      stream,
      (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')).replace(/\n$/, ''),
    );
    return true;
  };
}

const context: FunctionContext = { log: (text) => logText('stdout', text) };

const cpuSeconds = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function find({
  moduleUrl,
  exportName,
}: Call): Promise<(input: unknown, context: FunctionContext) => unknown> {
  const loaded: Record<string, unknown> = await import(moduleUrl);
  const found = loaded[exportName];
  if (typeof found !== 'function') throw new TypeError(`${moduleUrl} exports no function "${exportName}"`);
  return found as (input: unknown, context: FunctionContext) => unknown;
}

async function answer(call: Call): Promise<void> {
  const before = cpuSeconds();
  const threw = (what: 'missing' | 'exception', error: unknown): void => {
    const failureClass = (error as { failureClass?: unknown } | null)?.failureClass;
    report({
      kind: 'threw',
      what,
      message: messageOf(error),
      failureClass: typeof failureClass === 'string' ? failureClass : null,
      cpuSeconds: cpuSeconds() - before,
    });
  };
  const called = await find(call).catch((error: unknown) => {
    threw('missing', error);
    return null;
  });
  if (called === null) return;
  try {
    const output = await called(call.input, context);
    // an output that cannot be copied to another thread throws here, and is the function's fault
    report({ kind: 'returned', output, cpuSeconds: cpuSeconds() - before });
  } catch (error) {
    threw('exception', error);
  }
}

port.on('message', (call: Call) => {
  void answer(call);
});
