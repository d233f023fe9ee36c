/** A small encoder of ONNX files (onnx/onnx.proto), enough for what tests and benchmarks need. */

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  return Buffer.from([...bytes, left]);
};
type Part = Buffer | string | number;
/** A field: bytes, text, or a whole number. */
export const field = (number: number, value: Part): Buffer => {
  if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)]);
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
};
export const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields);

const floats = (values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes;
};
const types = { floats: 6, ints: 7, strings: 8, string: 3, int: 2 } as const;
const attribute = (name: string, kind: keyof typeof types, value: readonly (number | string)[]): Buffer => {
  const content =
    kind === 'floats'
      ? [field(7, floats(value as number[]))]
      : kind === 'ints'
        ? [field(8, Buffer.concat((value as number[]).map(varint)))]
        : kind === 'strings'
          ? value.map((one) => field(9, one))
          : [field(kind === 'string' ? 4 : 3, value[0]!)];
  return field(5, message(field(1, name), ...content, field(20, types[kind])));
};

export const node = (
  operator: string,
  inputs: string[],
  outputs: string[],
  domain = '',
  more: Buffer[] = [],
): Buffer =>
  field(
    1,
    message(
      ...inputs.map((one) => field(1, one)),
      ...outputs.map((one) => field(2, one)),
      field(4, operator),
      ...more,
      ...(domain === '' ? [] : [field(7, domain)]),
    ),
  );

/** A value of 32-bit floats of shape [rows, width]. */
const value = (name: string, width: number): Buffer => {
  const shape = message(field(1, message(field(2, 'n'))), field(1, message(field(1, width))));
  return message(field(1, name), field(2, message(field(1, message(field(1, 1), field(2, shape))))));
};

export const onnxModel = (
  nodes: readonly Buffer[],
  inputs: readonly (readonly [string, number])[],
  outputs: readonly (readonly [string, number])[],
  more: readonly Buffer[] = [],
  domains: readonly string[] = ['', 'ai.onnx.ml'],
): Buffer =>
  message(
    field(1, 8),
    field(2, 'test'),
    field(
      7,
      message(
        ...nodes,
        field(2, 'graph'),
        ...more,
        ...inputs.map(([name, width]) => field(11, value(name, width))),
        ...outputs.map(([name, width]) => field(12, value(name, width))),
      ),
    ),
    ...domains.map((domain) => field(8, message(field(1, domain), field(2, domain === '' ? 17 : 3)))),
  );

/** Whole numbers below 2^32, the same for the same seed (mulberry32). */
function* draws(seed: number): Generator<number> {
  for (let state = seed >>> 0; ; ) {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    yield ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}

export type Trees = { inputs: number; trees: number; depth: number; seed?: number };

/**
 * Boosted trees as a TreeEnsembleRegressor from `x` to `y`, with thresholds between 0 and 1. Beside the file a plain reading of the
 * same trees, to compare with.
 */
export function boostedTrees({ inputs, trees, depth, seed = 1 }: Trees) {
  const draw = draws(seed);
  const next = (): number => draw.next().value as number;
  const inner = 2 ** depth - 1;
  const all = 2 ** (depth + 1) - 1;
  const nodes = { tree: [] as number[], id: [] as number[], feature: [] as number[], mode: [] as string[] };
  const [values, yes, no]: [number[], number[], number[]] = [[], [], []];
  const target = { tree: [] as number[], node: [] as number[], weight: [] as number[] };
  for (let tree = 0; tree < trees; tree++) {
    for (let id = 0; id < all; id++) {
      const isLeaf = id >= inner;
      nodes.tree.push(tree);
      nodes.id.push(id);
      nodes.feature.push(isLeaf ? 0 : Math.floor(next() * inputs));
      nodes.mode.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ');
      values.push(isLeaf ? 0 : Math.fround(next()));
      yes.push(isLeaf ? 0 : 2 * id + 1);
      no.push(isLeaf ? 0 : 2 * id + 2);
      if (isLeaf) {
        target.tree.push(tree);
        target.node.push(id);
        target.weight.push(Math.fround(next() - 0.5));
      }
    }
  }
  const attributes = [
    attribute('n_targets', 'int', [1]),
    attribute('aggregate_function', 'string', ['SUM']),
    attribute('post_transform', 'string', ['NONE']),
    attribute('nodes_treeids', 'ints', nodes.tree),
    attribute('nodes_nodeids', 'ints', nodes.id),
    attribute('nodes_featureids', 'ints', nodes.feature),
    attribute('nodes_modes', 'strings', nodes.mode),
    attribute('nodes_values', 'floats', values),
    attribute('nodes_truenodeids', 'ints', yes),
    attribute('nodes_falsenodeids', 'ints', no),
    attribute('target_treeids', 'ints', target.tree),
    attribute('target_nodeids', 'ints', target.node),
    attribute(
      'target_ids',
      'ints',
      target.tree.map(() => 0),
    ),
    attribute('target_weights', 'floats', target.weight),
  ];
  const bytes = onnxModel(
    [node('TreeEnsembleRegressor', ['x'], ['y'], 'ai.onnx.ml', attributes)],
    [['x', inputs]],
    [['y', 1]],
  );
  const predict = (row: readonly number[]): number => {
    let sum = 0;
    for (let tree = 0; tree < trees; tree++) {
      let id = 0;
      while (id < inner) {
        const at = tree * all + id;
        id = Math.fround(row[nodes.feature[at]!]!) <= values[at]! ? 2 * id + 1 : 2 * id + 2;
      }
      sum += target.weight[tree * (inner + 1) + id - inner]!;
    }
    return sum;
  };
  return { bytes, predict };
}
