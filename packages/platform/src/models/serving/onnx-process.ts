import { InferenceSession, Tensor } from 'onnxruntime-node';

/**
 * The process that holds one model: it reads the ONNX file once, then answers batches. It has no data, no keys and no
 * environment of the platform; what breaks ONNX Runtime ends this process and nothing else.
 */
type Load = {
  kind: 'load';
  bytes: Uint8Array;
  input: string;
  /** By name, with how many numbers each gives for a row. */
  outputs: Map<string, number>;
  width: number;
};
type Run = { kind: 'run'; number: number; data: Float32Array; rows: number };
export type ToProcess = Load | Run;
export type Output = { data: Float32Array; width: number };
export type FromProcess =
  | { kind: 'loaded' }
  | { kind: 'refused'; message: string }
  | { kind: 'done'; number: number; outputs: Record<string, Output> }
  | { kind: 'failed'; number: number; message: string };

let session: InferenceSession | undefined;
let shape: Omit<Load, 'bytes' | 'kind'> | undefined;

const say = (message: FromProcess): void => void process.send?.(message);
const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 500);

async function load({ bytes, ...rest }: Load): Promise<void> {
  session = await InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const { inputNames, outputNames } = session;
  const missing = [...rest.outputs.keys()].find((name) => !outputNames.includes(name));
  if (inputNames.length !== 1 || inputNames[0] !== rest.input)
    throw new Error(`its inputs are ${inputNames.join(', ')}, and model.json names ${rest.input}`);
  if (missing !== undefined) throw new Error(`it has no output ${missing}; it has ${outputNames.join(', ')}`);
  shape = rest;
  await run(new Float32Array(rest.width), 1);
}

const asFloats = (data: Tensor['data']): Float32Array =>
  data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number | bigint>, Number);

async function run(data: Float32Array, rows: number): Promise<Record<string, Output>> {
  if (session === undefined || shape === undefined) throw new Error('no model is loaded');
  const { input, outputs, width } = shape;
  const asked = [...outputs.keys()];
  const given = await session.run({ [input]: new Tensor('float32', data, [rows, width]) }, asked);
  return Object.fromEntries(
    [...outputs].map(([name, expected]) => {
      const tensor = given[name]!;
      const values = tensor.data;
      if (
        !(values instanceof Float32Array || values instanceof Float64Array || values instanceof BigInt64Array)
      )
        throw new Error(`the output ${name} is no number`);
      // Checked here, so that a tensor of any other size stays in this process.
      if (values.length !== rows * expected)
        throw new Error(
          `the output ${name} has ${values.length} numbers for ${rows} rows, where ${expected} ${expected === 1 ? 'is' : 'are'} expected for each`,
        );
      return [name, { data: asFloats(values), width: expected }];
    }),
  );
}

process.on('message', (message: ToProcess) => {
  if (message.kind === 'load') {
    load(message).then(
      () => say({ kind: 'loaded' }),
      (error: unknown) => say({ kind: 'refused', message: textOf(error) }),
    );
    return;
  }
  const { number } = message;
  run(message.data, message.rows).then(
    (outputs) => say({ kind: 'done', number, outputs }),
    (error: unknown) => say({ kind: 'failed', number, message: textOf(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
