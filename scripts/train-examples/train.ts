/** One training after the other, by the product's own commands. */
import { basename, join } from 'node:path';
import type { Example } from './examples.ts';
import type { Genesis } from './platform.ts';

type Metric = {
  name: string;
  value: number;
  unit: string | null;
  low?: number;
  high?: number;
  n?: number;
  on?: string;
};
export type Trained = {
  name: string;
  about: string;
  rows: number | null;
  seconds: number;
  model: string;
  metric: Metric | null;
  metrics: Metric[];
};

/** Imports a file; its version and how many rows it has. */
export async function imported(genesis: Genesis, path: string, name = basename(path)) {
  const { version } = (await genesis([
    ...['dataset', 'import', path, '--name', name, '--label', 'internal'],
  ])) as { version: string };
  const { rows } = (await genesis(['dataset', 'show', version])) as { rows: number | null };
  return { version, rows };
}

/** A table of simulated curves, as a dataset. */
async function simulated(genesis: Genesis, folder: string, quick: boolean) {
  const { run } = (await genesis([
    ...['run', 'submit', 'scattering-simulate', '--purpose', 'train', '--wait'],
    ...['--input', JSON.stringify({ curves: quick ? 4_000 : 20_000 })],
  ])) as { run: { id: string } };
  const path = join(folder, 'curves.parquet');
  await genesis(['run', 'output', run.id, 'curves.parquet', '--purpose', 'train', '--output', path]);
  return await imported(genesis, path, 'curves');
}

export async function trainExample(
  genesis: Genesis,
  example: Example,
  given: { data: string; folder: string; quick: boolean },
): Promise<Trained> {
  const { name, about, files, metric } = example;
  const { data, folder, quick } = given;
  const [table] = files;
  const own =
    name === 'scattering'
      ? null
      : table === undefined
        ? await simulated(genesis, folder, quick)
        : await imported(genesis, join(data, table), name);
  const began = performance.now();
  const { run, model } = (await genesis(['train', ...example.train(own?.version ?? '', quick)])) as {
    run: { id: string };
    model: string | null;
  };
  const seconds = (performance.now() - began) / 1_000;
  if (model === null)
    throw new Error(`The run ${run.id} has left no model: the end of its log, in the folder, says why.`);
  const { metrics } = (await genesis(['model', 'show', model])) as { metrics: Metric[] };
  return {
    ...{ name, about, rows: own?.rows ?? null, seconds, model, metrics },
    metric: metrics.find((one) => one.name === metric) ?? metrics[0] ?? null,
  };
}
