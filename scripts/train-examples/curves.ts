/** A scattering model on measured curves, by runs of the platform. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { curveFiles } from './examples.ts';
import type { Genesis } from './platform.ts';
import { type Known, type Line, linesOf, type Told, toldOtherwise } from './told.ts';
import { imported } from './train.ts';

const knownFile = new URL('../../kits/scattering/genesis_scattering/known.json', import.meta.url);

async function apply(
  genesis: Genesis,
  model: string,
  curves: ReadonlyMap<string, string>,
  input: object,
): Promise<Told[]> {
  const datasets = [...curves].flatMap(([file, version]) => ['--dataset', `curves/${file}=${version}`]);
  const { output } = (await genesis([
    ...['run', 'submit', 'scattering-apply', '--purpose', 'infer', '--model', model],
    ...[...datasets, '--input', JSON.stringify(input), '--wait'],
  ])) as { output: { value: { curves: Told[] } } };
  return output.value.curves;
}

/** Imports the curves and has the model tell of them; where a known shape was not told first, its sizes are asked for too. */
export async function applyToCurves(
  genesis: Genesis,
  model: string,
  data: string,
): Promise<{ lines: Line[]; refused: Told[] }> {
  const known = JSON.parse(await readFile(knownFile, 'utf8')) as Record<string, Known>;
  const versions = new Map<string, string>();
  for (const path of curveFiles)
    versions.set(basename(path), (await imported(genesis, join(data, path))).version);
  const told = await apply(genesis, model, versions, {});
  const asked = new Map<string, Told>();
  for (const [shape, files] of toldOtherwise(told, known)) {
    const some = new Map(files.map((file) => [file, versions.get(file)!]));
    for (const one of await apply(genesis, model, some, { shape })) asked.set(one.file, one);
  }
  return { lines: linesOf(told, known, asked), refused: told.filter(({ refused }) => refused !== undefined) };
}
