import { type Field, fieldsOf, ProtobufError } from './protobuf.ts';

/*
 * Numbers of fields from onnx/onnx.proto (ONNX 1.18):
 * ModelProto: ir_version 1, graph 7, opset_import 8, training_info 20, functions 25. OperatorSetIdProto: domain 1, version 2.
 * GraphProto: node 1, initializer 5, input 11, output 12, sparse_initializer 15. NodeProto: attribute 5, op_type 4, domain 7.
 * AttributeProto: t 5, g 6, tensors 10, graphs 11, sparse_tensor 22, sparse_tensors 23. TensorProto: dims 1, external_data 13, data_location 14.
 * SparseTensorProto: values 1, indices 2. FunctionProto: node 7, opset_import 9. TrainingInfoProto: graphs 1 and 2.
 */

/** Operators of the ONNX standard; everything else would need a library of somebody's. */
const knownDomains: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml']);

const limits = { nodes: 200_000, tensors: 200_000, elements: 2 ** 31, depth: 16 } as const;

/** What an ONNX file that passed says of itself. */
export type OnnxFacts = { inputs: string[]; outputs: string[]; nodes: number };

class Refused extends Error {}

type Counts = { nodes: number; tensors: number };

const textOf = ({ bytes }: Field): string => bytes?.toString('utf8') ?? '';

function checkTensor(bytes: Buffer, counts: Counts): void {
  counts.tensors += 1;
  if (counts.tensors > limits.tensors) throw new Refused(`it has more than ${limits.tensors} tensors`);
  let elements = 1;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 13 || (field.number === 14 && field.value !== 0))
      throw new Refused('a tensor lies in another file (external data): put everything into the ONNX file');
    if (field.number === 1 && field.value !== undefined) elements *= field.value;
    if (field.number === 1 && field.bytes !== undefined)
      for (const dim of packed(field.bytes)) elements *= dim;
    if (elements > limits.elements) throw new Refused('a tensor says that it is larger than 2^31 values');
  }
  // Values take at least one bit each, and a tensor without data is a bomb for whoever allocates it.
  if (elements > 64 && elements / 8 > bytes.length * 8)
    throw new Refused('a tensor says that it has more values than the file has bytes for');
}

function* packed(bytes: Buffer): Generator<number> {
  let value = 0;
  let shift = 0;
  for (const byte of bytes) {
    value += (byte & 0x7f) * 2 ** (7 * shift);
    shift += 1;
    if (byte >= 0x80) {
      if (shift > 9) throw new ProtobufError('a number has more than ten bytes');
      continue;
    }
    yield value;
    value = 0;
    shift = 0;
  }
}

const checkSparse = (bytes: Buffer, counts: Counts): void => {
  for (const { number, bytes: inner } of fieldsOf(bytes))
    if ((number === 1 || number === 2) && inner !== undefined) checkTensor(inner, counts);
};

function checkNode(bytes: Buffer, counts: Counts, depth: number): void {
  counts.nodes += 1;
  if (counts.nodes > limits.nodes) throw new Refused(`it has more than ${limits.nodes} operators`);
  let operator = 'an operator';
  let domain = '';
  for (const field of fieldsOf(bytes)) {
    if (field.number === 4) operator = textOf(field).slice(0, 100);
    if (field.number === 7) domain = textOf(field).slice(0, 100);
    if (field.number === 5 && field.bytes !== undefined) checkAttribute(field.bytes, counts, depth);
  }
  if (!knownDomains.has(domain))
    throw new Refused(
      `the operator ${operator} is one of ${domain}, and only those of the ONNX standard are run`,
    );
}

function checkAttribute(bytes: Buffer, counts: Counts, depth: number): void {
  for (const { number, bytes: inner } of fieldsOf(bytes)) {
    if (inner === undefined) continue;
    if (number === 5 || number === 10) checkTensor(inner, counts);
    if (number === 22 || number === 23) checkSparse(inner, counts);
    if (number === 6 || number === 11) checkGraph(inner, counts, depth + 1);
  }
}

function checkGraph(bytes: Buffer, counts: Counts, depth: number): { inputs: string[]; outputs: string[] } {
  if (depth > limits.depth) throw new Refused(`its graphs are nested deeper than ${limits.depth}`);
  const ends = { inputs: [] as string[], outputs: [] as string[] };
  for (const { number, bytes: inner } of fieldsOf(bytes)) {
    if (inner === undefined) continue;
    if (number === 1) checkNode(inner, counts, depth);
    if (number === 5) checkTensor(inner, counts);
    if (number === 15) checkSparse(inner, counts);
    if (number === 11) ends.inputs.push(nameOf(inner));
    if (number === 12) ends.outputs.push(nameOf(inner));
  }
  return ends;
}

const nameOf = (bytes: Buffer): string => {
  for (const field of fieldsOf(bytes)) if (field.number === 1) return textOf(field);
  return '';
};

function checkOpset(bytes: Buffer): void {
  for (const field of fieldsOf(bytes))
    if (field.number === 1 && !knownDomains.has(textOf(field)))
      throw new Refused(
        `it needs the operators of ${textOf(field).slice(0, 100)}, and only those of the ONNX standard are run`,
      );
}

/**
 * Looks through a whole ONNX file before any runtime sees it: only operators of the standard, nothing that lies in
 * another file, no sizes that the bytes do not bear out. Gives the facts, or why it is refused.
 */
export function readOnnx(bytes: Buffer): { facts: OnnxFacts } | { refused: string } {
  const counts: Counts = { nodes: 0, tensors: 0 };
  let ends: { inputs: string[]; outputs: string[] } | undefined;
  let version = 0;
  try {
    for (const { number, bytes: inner, value } of fieldsOf(bytes)) {
      if (number === 1 && value !== undefined) version = value;
      if (number === 20 || number === 25)
        throw new Refused('it carries functions or training of its own, which are not run');
      if (inner === undefined) continue;
      if (number === 8) checkOpset(inner);
      if (number === 7 && ends !== undefined) throw new Refused('it has two graphs');
      if (number === 7) ends = checkGraph(inner, counts, 0);
    }
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    if (error instanceof ProtobufError) return { refused: `it is no ONNX file: ${error.message}` };
    throw error;
  }
  if (version < 3 || version > 100 || ends === undefined || counts.nodes === 0)
    return { refused: 'it is no ONNX file: the version or the graph is missing' };
  return { facts: { ...ends, nodes: counts.nodes } };
}
