/** The trainings that are killed: a small one of the deep kit, and one in plain Python that needs no packages. */
import { readFileSync } from 'node:fs';
import type { Ask } from '../crash-compute/people.ts';

export type Training = {
  /** A word of the command line of the trainer, and of no other process of its job. */
  word: string;
  /** Makes ready what the training needs, once for each platform. */
  prepare(ask: Ask, import_: (name: string, content: string) => Promise<string>): Promise<void>;
  submit(ask: Ask, key: string, resource: string): Promise<string>;
  /** Whether a file that it leaves has to be the same, to the byte. */
  counts(path: string): boolean;
};

/** The same rows wherever they are made. */
export function tableOf(rows: number): string {
  let state = 7;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const lines = Array.from({ length: rows }, () => {
    const [a, b, c] = [random() * 4 - 2, random() * 4 - 2, random()];
    return [a, b, c, Math.sin(2 * a) + 0.3 * b * b + c].map((value) => value.toFixed(6)).join(',');
  });
  return ['a,b,c,y', ...lines, ''].join('\n');
}

const waitMs = 1_000;
const environmentMs = 1_800_000;

/** `gpus`: how many of the machine's it trains on. */
export function deepTraining(gpus = 0): Training {
  let version = '';
  const input = {
    ...{ target: 'y', members: 2, steps: 300, width: 128, depth: 2, batch: 64, dropout: 0.1, seed: 3 },
    ...{ checkpointSteps: 20, validateSteps: 20, threads: 1 },
  };
  return {
    word: 'genesis_deep.train',
    async prepare(ask, import_) {
      version = await import_('table', tableOf(600));
      // the one for GPUs is made by the first training
      if (gpus > 0) return;
      await ask('POST', '/v1/kits/deep/prepare');
      const begun = Date.now();
      for (;;) {
        type Kit = { environment: { state: string; lines: string[] } };
        const { environment } = await ask<Kit>('GET', '/v1/kits/deep');
        if (environment.state === 'ready') return;
        if (environment.state !== 'making' || Date.now() - begun > environmentMs)
          throw new Error(`the environment is ${environment.state}: ${environment.lines.at(-1)}`);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    },
    async submit(ask, key, resource) {
      const body = {
        ...{ capability: 'deep-train', input, purpose: 'train', compute: { resources: [resource] } },
        datasets: [{ name: 'table.parquet', version }],
        resources: {
          ...{ cpuCores: 1, memoryBytes: 2 ** 31, outputBytes: 2 ** 28, durationSeconds: 900 },
          ...(gpus === 0 ? {} : { gpus, memoryBytes: gpus * 2 ** 33, processes: 512 }),
        },
      };
      return (await ask<{ id: string }>('POST', '/v1/runs', body, key)).id;
    },
    counts: (path) => path.endsWith('.safetensors') || path === 'model/model.onnx',
  };
}

const tiny = new URL('./tiny_training.py', import.meta.url);

export const tinyTraining = (steps: number, pauseSeconds: number): Training => ({
  word: 'tiny_training.py',
  prepare: async () => undefined,
  async submit(ask, key, resource) {
    const code = [{ path: 'tiny_training.py', content: readFileSync(tiny).toString('base64') }];
    const command = ['python', 'tiny_training.py', String(steps), '--pause', String(pauseSeconds)];
    const body = { program: { command, code, requirements: null }, compute: { resources: [resource] } };
    return (await ask<{ id: string }>('POST', '/v1/runs/train', body, key)).id;
  },
  counts: (path) => path === 'model/weights.bin',
});
