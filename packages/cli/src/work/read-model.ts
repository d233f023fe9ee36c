import { decodeSurrogate, type Surrogate, type Tensor } from '@genesis/explorer';

const mostHeaderBytes = 1_000_000;

const wholes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

function readTensor(name: string, entry: unknown, data: DataView): Tensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (dtype !== 'F64' || !wholes(shape) || !wholes(offsets) || offsets.length !== 2) {
    throw new Error(`model.safetensors: ${name} needs the dtype F64, a shape and two offsets`);
  }
  const [from, to] = offsets as [number, number];
  const count = shape.reduce((product, size) => product * size, 1);
  if (to > data.byteLength || to - from !== count * 8) {
    throw new Error(`model.safetensors: the offsets of ${name} do not fit its shape or the file`);
  }
  return {
    shape,
    data: Float64Array.from({ length: count }, (_, at) => data.getFloat64(from + at * 8, true)),
  };
}

/** The tensors of a safetensors file of 64-bit floats. Every length and offset in it is checked before it is used. */
function readSafetensors(bytes: Uint8Array): Record<string, Tensor> {
  if (bytes.length < 8) throw new Error('model.safetensors is shorter than its header length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > mostHeaderBytes || Number(length) > bytes.length - 8) {
    throw new Error('model.safetensors: the header is longer than the file or than a megabyte');
  }
  const start = 8 + Number(length);
  const header = JSON.parse(
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, start)),
  ) as unknown;
  if (typeof header !== 'object' || header === null)
    throw new Error('model.safetensors: the header is no object');
  const data = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  return Object.fromEntries(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, entry]) => [name, readTensor(name, entry, data)]),
  );
}

/**
 * The surrogate in the two files of a model version. They may come from anywhere.
 *
 * @throws Error whose message says what is wrong with the files
 */
export function readModel(config: Uint8Array, tensors: Uint8Array): Surrogate {
  return decodeSurrogate({
    config: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(config)) as Record<string, unknown>,
    tensors: readSafetensors(tensors),
  });
}
