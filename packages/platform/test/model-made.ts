import { createHash } from 'node:crypto';
import type { ModelDescription } from '@genesis/contracts';
import { boostedTrees } from './onnx-made.ts';

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

type Files = Record<string, Uint8Array | string>;
type Change = Partial<Omit<ModelDescription, 'files'>> & {
  files?: { path: string; format: string; sha256: string }[];
};

export const trees = boostedTrees({ inputs: 2, trees: 20, depth: 3 });

/** What a training run leaves: a boosted-tree model of two numbers, with `change` in model.json and `more` files beside. */
export function trainedModel(change: Change = {}, more: Files = {}): Files {
  const description = {
    format: 'genesis-model/1',
    task: 'regression',
    inputs: [
      { name: 'carbon', kind: 'number', unit: '%', minimum: 0, maximum: 1 },
      { name: 'temperature', kind: 'number', unit: 'K', minimum: 0, maximum: 1 },
    ],
    outputs: [{ name: 'strength', unit: 'MPa' }],
    files: [{ path: 'model.onnx', format: 'onnx', sha256: sha256(trees.bytes) }],
    serving: {
      file: 'model.onnx',
      input: 'x',
      outputs: { mean: 'y' },
      interval: { level: 0.9, halfWidth: 2 },
    },
    metrics: [{ name: 'mae', value: 0.25, unit: 'MPa', on: 'outer folds', n: 12, low: 0.2, high: 0.3 }],
    seeds: ['seed-1'],
    software: [{ name: 'lightgbm', version: '4.6.0' }],
    config: { rounds: 20 },
    ...change,
  };
  const files: Files = { 'model.onnx': trees.bytes, ...more };
  return {
    'output.json': '{}',
    'model/model.json': JSON.stringify(description),
    ...Object.fromEntries(Object.entries(files).map(([path, content]) => [`model/${path}`, content])),
  };
}
