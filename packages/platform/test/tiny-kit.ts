/** A kit of one module and one wheel, in a folder made for a test. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWheel } from '../src/compute/environments/wheel-for-tests.ts';

const train = `
import json, os, pathlib, sys
import shelf
given = json.loads(pathlib.Path("inputs/input.json").read_text())
print("fitting", given["target"], "on", os.environ["GENESIS_GPUS"], "GPUs", file=sys.stderr)
try:
    pathlib.Path("/opt/kit/new").write_text("x")
except OSError as error:
    print(type(error).__name__, error.strerror, file=sys.stderr)
pathlib.Path("model").mkdir()
pathlib.Path("model/model.json").write_text(json.dumps({"format": "genesis-model/1", "task": "regression"}))
pathlib.Path("output.json").write_text(json.dumps({"books": shelf.books, "target": given["target"]}))
`;

/** With `onGpus` it has a lock for GPUs, by which it counts one book more. */
export async function makeTinyKit(root: string, version = '1.0.0', onGpus = false) {
  const wheelFolder = join(root, 'wheels');
  const kitsFolder = join(root, 'kits');
  const kit = join(kitsFolder, 'tiny');
  const wheel = await writeWheel(wheelFolder, 'shelf', '1.2.0+cpu', { 'shelf.py': 'books = 7\n' });
  await mkdir(join(kit, 'genesis_tiny'), { recursive: true });
  const any = { type: 'object' };
  await writeFile(
    join(kit, 'kit.json'),
    JSON.stringify({
      ...{ name: 'tiny', version, summary: 'A kit for tests.', python: '3.11' },
      capabilities: [
        {
          ...{ name: 'train', summary: 'Counts books.', module: 'genesis_tiny.train' },
          input: { type: 'object', properties: { target: { type: 'string' } }, required: ['target'] },
          output: { ...any, required: ['books'] },
          datasets: [{ name: 'table.parquet', summary: 'What to train on.' }],
          resources: { durationSeconds: 60, cpuCores: 1 },
        },
      ],
    }),
  );
  await writeFile(join(kit, 'requirements.in'), 'shelf\n');
  const lock = `shelf==1.2.0+cpu --hash=sha256:${wheel}\n`;
  await writeFile(join(kit, 'requirements.txt'), lock);
  if (onGpus) {
    const other = await writeWheel(wheelFolder, 'shelf', '1.2.0', { 'shelf.py': 'books = 8\n' });
    await writeFile(join(kit, 'requirements-gpu.txt'), `shelf==1.2.0 --hash=sha256:${other}\n`);
  }
  await writeFile(join(kit, 'genesis_tiny/__init__.py'), '');
  await writeFile(join(kit, 'genesis_tiny/train.py'), train);
  return { wheelFolder, kitsFolder, kit, lock };
}
