import type { LogLine } from '@genesis/contracts';

/** To a worker: call one function. */
export type Call = { moduleUrl: string; exportName: string; input: unknown };

/** From a worker: any number of logs, then one end. */
export type Report =
  | { kind: 'log'; lines: LogLine[] }
  | { kind: 'returned'; output: unknown; cpuSeconds: number }
  | {
      kind: 'threw';
      /** `missing` when the module or its export is not there. */
      what: 'missing' | 'exception';
      message: string;
      /** What the thrown error says of itself, if anything. */
      failureClass: string | null;
      cpuSeconds: number;
    };

/** What a function gets besides its input. */
export type FunctionContext = { log: (text: string) => void };
