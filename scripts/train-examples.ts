// Starts a platform, trains the kits on the tables and curves of a folder by the product's own commands, and says for each
// real curve whether its known size lies within the interval that was told. Exits 1 when a training fails.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { applyToCurves } from './train-examples/curves.ts';
import { chosen, type Example } from './train-examples/examples.ts';
import { startPlatform } from './train-examples/platform.ts';
import { curveTable, missingFiles, trainingTable } from './train-examples/show.ts';
import type { Line, Told } from './train-examples/told.ts';
import { type Trained, trainExample } from './train-examples/train.ts';

type Given = {
  data: string;
  folder: string | undefined;
  quick: boolean;
  json: boolean;
  wanted: readonly Example[];
};

const usage = `Usage: npm run train:examples -- --data FOLDER [--only NAMES] [--quick] [--folder FOLDER] [--json]

  --data    folder with the tables and curves (or GENESIS_DATA)
  --only    some of steels, gaps, esol, deep, scattering; all by default
  --quick   small budgets: some minutes in place of most of an hour
  --folder  where the platform keeps its data; a temporary folder by default
  --json    one object with what was told, on the last line

Examples:
  npm run train:examples -- --data /data
  npm run train:examples -- --data /data --only steels,scattering --quick`;

function given(): Given {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      only: { type: 'string' },
      folder: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const wanted = chosen(values.only);
  const data = values.data ?? process.env['GENESIS_DATA'];
  const folder = data === undefined ? null : resolve(data);
  const missing = missingFiles(wanted, (file) => folder !== null && existsSync(join(folder, file)));
  if (missing.length > 0)
    throw new Error(
      `${folder === null ? 'Name the folder with the data by --data FOLDER (or GENESIS_DATA). It' : `${folder} lacks what is needed: the folder`} must hold ${missing.join(', ')}.`,
    );
  return {
    ...{ data: folder ?? '', folder: values.folder, quick: values.quick, json: values.json, wanted },
  };
}

async function work({ data, quick, json, wanted, folder: kept }: Given): Promise<boolean> {
  const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  const folder = kept === undefined ? await mkdtemp(join(tmpdir(), 'genesis-training-')) : resolve(kept);
  await mkdir(folder, { recursive: true });
  say(
    `The platform and its log lie in ${folder}${kept === undefined ? ', which goes when all went well (--folder keeps one)' : ''}.`,
  );
  const trained: Trained[] = [];
  const failed: { name: string; message: string }[] = [];
  let curves: { lines: Line[]; refused: Told[] } | null = null;
  const platform = await startPlatform(folder, say);
  try {
    for (const example of wanted) {
      say(`\n${example.name}: ${example.about}`);
      try {
        const one = await trainExample(platform.genesis, example, { data, folder, quick });
        trained.push(one);
        if (example.name === 'scattering') curves = await applyToCurves(platform.genesis, one.model, data);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        failed.push({ name: example.name, message });
        say(`  FAILED: ${message}`);
      }
    }
  } finally {
    await platform.stop();
  }
  say(`\n${trainingTable(trained, failed)}`);
  if (curves !== null) say(`\n${curveTable(curves.lines, curves.refused)}`);
  if (json) process.stdout.write(`${JSON.stringify({ quick, trained, failed, curves })}\n`);
  if (kept === undefined && failed.length === 0) await rm(folder, { recursive: true, force: true });
  return failed.length === 0;
}

try {
  if (!(await work(given()))) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
