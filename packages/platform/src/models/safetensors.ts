import { invalidField } from '@genesis/contracts';

/** A tensor of 64-bit floats in row-major order. */
export type Tensor = { shape: number[]; data: Float64Array };

/** A header of more than this is refused: the format allows 100 MB, and a surrogate needs a few hundred bytes. */
const mostHeaderBytes = 1_000_000;

/**
 * Writes tensors in the safetensors format (8 bytes of header length, JSON header, little-endian data): names in
 * order, header padded with spaces to 8 bytes, so that equal tensors give equal bytes.
 */
export function encodeSafetensors(tensors: Readonly<Record<string, Tensor>>): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = {};
  const parts: Buffer[] = [];
  for (const name of Object.keys(tensors).sort()) {
    const { shape, data } = tensors[name]!;
    const bytes = Buffer.alloc(data.length * 8);
    data.forEach((value, i) => {
      bytes.writeDoubleLE(value, i * 8);
    });
    header[name] = { dtype: 'F64', shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8, ' '));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...parts]);
}

/**
 * Reads what `encodeSafetensors` writes. Anything from outside is hostile: lengths, offsets and shapes are checked
 * before they are used.
 *
 * @throws GenesisError `invalid-input` naming the tensor
 */
export function decodeSafetensors(bytes: Buffer): Record<string, Tensor> {
  if (bytes.length < 8) throw invalidField('safetensors', 'shorter than its header length');
  const length = bytes.readBigUInt64LE(0);
  if (length > mostHeaderBytes || Number(length) > bytes.length - 8) {
    throw invalidField('safetensors', 'the header is longer than the file or than a megabyte');
  }
  const start = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(bytes.subarray(8, start).toString('utf8'));
  } catch (error) {
    throw invalidField('safetensors', 'the header is not JSON', { cause: error });
  }
  if (typeof header !== 'object' || header === null)
    throw invalidField('safetensors', 'the header is not an object');
  const tensors: Record<string, Tensor> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name !== '__metadata__') tensors[name] = readTensor(name, entry, bytes.subarray(start));
  }
  return tensors;
}

function readTensor(name: string, entry: unknown, data: Buffer): Tensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const wholes = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
  if (dtype !== 'F64' || !wholes(shape) || !wholes(offsets) || offsets.length !== 2) {
    throw invalidField(`safetensors.${name}`, 'expected dtype F64, a shape and two offsets');
  }
  const [from, to] = offsets as [number, number];
  const count = shape.reduce((product, size) => product * size, 1);
  if (to > data.length || from > to || to - from !== count * 8) {
    throw invalidField(`safetensors.${name}`, 'the offsets do not fit the shape or the file');
  }
  const values = Float64Array.from({ length: count }, (_, i) => data.readDoubleLE(from + i * 8));
  return { shape, data: values };
}
