import { expect, test } from 'vitest';
import {
  assembleProof,
  canonicalJson,
  type JsonValue,
  leafHash,
  type NodeCoordinate,
  planBatch,
  readZip,
  rootFromLeaves,
  sha256Hex,
  verifyCrate,
  writeZip,
} from '../src/index.ts';
import { logSigner, witnessSigner } from './memory-log.ts';
import { sampleCrate, samplePredict } from './sample-crate.ts';

const { key } = logSigner();
const verify = (bytes: Uint8Array) =>
  verifyCrate(bytes, { key, witnesses: [witnessSigner.key], predict: samplePredict });

/** mulberry32: the same bytes are changed in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Files = Map<string, Uint8Array>;
const filesOf = (crate: Uint8Array): Files =>
  new Map(readZip(crate).map(({ name, content }) => [name, content]));

/** What a careful forger does: after a change the manifest states the new hashes, sizes and list of files. */
function reseal(files: Files): Uint8Array {
  const manifest = JSON.parse(Buffer.from(files.get('manifest.json')!).toString()) as { files: unknown[] };
  const records = [...files]
    .filter(([path]) => path !== 'manifest.json')
    .map(([path, content]) => ({ path, sha256: sha256Hex(content), bytes: content.length }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const sealed = new Map(files);
  sealed.set('manifest.json', Buffer.from(`${canonicalJson({ ...manifest, files: records })}\n`));
  return writeZip([...sealed].map(([name, content]) => ({ name, content })));
}

test('1,000 random bytes: each change is caught', async () => {
  const crate = await sampleCrate({ witness: witnessSigner });
  expect(verify(crate).status).toBe('verified');
  const next = random(1);
  for (let i = 0; i < 1000; i++) {
    const changed = Buffer.from(crate);
    const at = Math.floor(next() * changed.length);
    changed[at]! ^= 1 + Math.floor(next() * 255);
    const report = verify(changed);
    if (report.ok) throw new Error(`byte ${at} was changed without notice`);
    expect(report.findings.find(({ ok }) => !ok)?.place).not.toBe('');
  }
});

/** Every way to change one value of a JSON text, with the path of the change. */
function* mutations(value: JsonValue, path = ''): Generator<[string, JsonValue | undefined]> {
  yield [path, undefined];
  if (value === null) yield [path, 0];
  else if (typeof value === 'boolean') yield [path, !value];
  else if (typeof value === 'number') yield [path, value + 1];
  else if (typeof value === 'string') yield [path, `${value}0`];
}

function* places(value: JsonValue, path: (string | number)[] = []): Generator<(string | number)[]> {
  yield path;
  if (Array.isArray(value)) {
    // Long lists repeat themselves: their ends and middle stand for the rest.
    const chosen = new Set([0, Math.floor(value.length / 2), value.length - 1]);
    for (const [at, item] of value.entries()) if (chosen.has(at)) yield* places(item, [...path, at]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) yield* places(item as JsonValue, [...path, name]);
  }
}

function at(root: JsonValue, path: readonly (string | number)[]): JsonValue {
  let value: unknown = root;
  for (const step of path) value = (value as Record<string | number, unknown>)[step];
  return value as JsonValue;
}

function changed(root: JsonValue, path: readonly (string | number)[], to: JsonValue | undefined): JsonValue {
  const copy = structuredClone(root);
  const last = path.at(-1)!;
  const parent = at(copy, path.slice(0, -1)) as Record<string | number, JsonValue>;
  if (to !== undefined) parent[last] = to;
  else if (Array.isArray(parent)) parent.splice(last as number, 1);
  else delete parent[last];
  return copy;
}

function* withExtra(root: JsonValue): Generator<[string, JsonValue]> {
  for (const path of places(root)) {
    const value = at(root, path);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    const copy = structuredClone(root);
    (at(copy, path) as Record<string, JsonValue>)['unknown'] = 1;
    yield [`/${path.join('/')}/unknown`, copy];
  }
}

function* variants(root: JsonValue): Generator<[string, JsonValue]> {
  for (const path of places(root)) {
    if (path.length === 0) continue;
    for (const [, to] of mutations(at(root, path)))
      yield [`/${path.join('/')} = ${JSON.stringify(to)}`, changed(root, path, to)];
  }
  yield* withExtra(root);
}

const parse = (text: string): JsonValue => JSON.parse(text) as JsonValue;

/** Every variant of a file's text; of long files with lines, the first, middle and last line. */
function* variantsOfFile(path: string, text: string): Generator<[string, string]> {
  if (path.endsWith('.json')) {
    for (const [place, value] of variants(parse(text))) yield [place, `${canonicalJson(value)}\n`];
    return;
  }
  const lines = text.split('\n').slice(0, -1);
  const chosen = new Set([0, Math.floor(lines.length / 2), lines.length - 1]);
  for (const [n, line] of lines.entries()) {
    if (!chosen.has(n)) continue;
    const replaced = (...by: string[]) => `${lines.toSpliced(n, 1, ...by).join('\n')}\n`;
    yield [`line ${n + 1} left out`, replaced()];
    yield [`line ${n + 1} doubled`, replaced(line, line)];
    if (path.endsWith('.jsonl')) {
      for (const [place, value] of variants(parse(line)))
        yield [`line ${n + 1} ${place}`, replaced(canonicalJson(value))];
    } else {
      yield [`line ${n + 1} longer`, replaced(`${line}0`)];
      yield [`line ${n + 1} shorter`, replaced(line.slice(0, -1))];
    }
  }
}

test('every field, changed by a forger who also repairs the manifest, is caught', async () => {
  const crate = await sampleCrate({ witness: witnessSigner, confirmRows: true });
  const files = filesOf(crate);
  expect(verify(reseal(files)).status).toBe('verified');
  let tried = 0;
  const unnoticed: string[] = [];
  for (const [path, content] of files) {
    const text = Buffer.from(content).toString('latin1');
    for (const [place, forged] of variantsOfFile(path, text)) {
      const bytes = Buffer.from(forged, 'latin1');
      if (Buffer.compare(bytes, content) === 0) continue;
      const next = new Map(files).set(path, bytes);
      const archive =
        path === 'manifest.json'
          ? writeZip([...next].map(([name, each]) => ({ name, content: each })))
          : reseal(next);
      const report = verify(archive);
      tried += 1;
      if (report.ok) unnoticed.push(`${path} ${place}: ${report.status}, ${report.witness}`);
    }
  }
  expect(tried).toBeGreaterThan(1000);
  // A witness's signature is a voluntary line of a note: without it the crate says the same, attested by one less.
  expect(unnoticed).toEqual([
    'ledger/checkpoints/000.note line 6 left out: verified, order attested by the operator only',
    'ledger/checkpoints/001.note line 6 left out: verified, order attested by witness.example/w too',
  ]);
}, 600_000);

test('every ledger entry, left out by a forger who proves the rest anew, is missed', async () => {
  const files = filesOf(await sampleCrate({ foreign: 0 }));
  const text = (path: string) => Buffer.from(files.get(path)!).toString();
  const lines = text('ledger/entries.jsonl').split('\n').slice(0, -1);
  const leaves = lines.map((line) =>
    leafHash(Buffer.from(canonicalJson((parse(line) as { body: JsonValue }).body))),
  );
  const hashAt = ({ level, index }: NodeCoordinate) =>
    rootFromLeaves(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
  const proofs = parse(text('ledger/proofs.json')) as { inclusion: string[] };
  const forge = (kept: readonly number[]) => {
    const plan = planBatch(kept, lines.length);
    const inclusion = assembleProof(plan, plan.nodes.map(hashAt)).map((hash) =>
      Buffer.from(hash).toString('base64'),
    );
    const next = new Map(files);
    next.set('ledger/entries.jsonl', Buffer.from(kept.map((at) => `${lines[at]!}\n`).join('')));
    next.set('ledger/proofs.json', Buffer.from(`${canonicalJson({ ...proofs, inclusion })}\n`));
    return verify(reseal(next));
  };
  const all = [...lines.keys()];
  expect(forge(all).status).toBe('verified');
  for (const dropped of all) {
    const report = forge(all.filter((at) => at !== dropped));
    expect(report.findings.find(({ check }) => check === 'inclusion-proof')?.ok).toBe(true);
    expect(report.ok, lines[dropped]!).toBe(false);
  }
});

test('every file, left out or added by a forger who also repairs the manifest, is caught', async () => {
  const files = filesOf(await sampleCrate({ witness: witnessSigner }));
  for (const path of files.keys()) {
    if (path === 'manifest.json') continue;
    const fewer = new Map(files);
    fewer.delete(path);
    expect(verify(reseal(fewer)).ok, `${path} left out`).toBe(false);
  }
  for (const path of [
    'extra.txt',
    'data/confirm.csv',
    'models/mdl_2/README.md',
    'ledger/checkpoints/002.note',
  ]) {
    expect(verify(reseal(new Map(files).set(path, Buffer.from('x\n')))).ok, `${path} added`).toBe(false);
  }
});
