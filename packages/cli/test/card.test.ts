import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../src/main.ts';

const example = join(import.meta.dirname, '..', '..', 'datacard', 'test', 'example-card.md');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-card-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function* typed(text: string): AsyncGenerator<Uint8Array> {
  // In pieces that end anywhere, as a pipe gives them.
  for (const piece of text.match(/[\s\S]{1,7}/g) ?? [])
    yield await Promise.resolve(new TextEncoder().encode(piece));
}

async function run(
  line: readonly string[],
  input = '',
): Promise<{ status: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await main(['card', ...line], {
    stdout: { write: (text) => void out.push(text) },
    stderr: { write: (text) => void err.push(text) },
    stdin: typed(input),
    env: {},
    folder,
    signal: new AbortController().signal,
  });
  return { status, out: out.join(''), err: err.join('') };
}

test('validate ends well without findings, and with 1 and a line number with them', async () => {
  expect(await run(['validate', example])).toMatchObject({ status: 0, out: 'No findings.\n' });
  const wrong = join(folder, 'wrong.md');
  await writeFile(wrong, (await readFile(example, 'utf8')).replace('spdx_id: CC-BY-4.0', 'spdx_id: CC-BY'));
  const { status, out } = await run(['validate', wrong]);
  expect(status).toBe(1);
  expect(out).toMatch(/error REU-02: line \d+, reusability\.license\.spdx_id\n.*\n {2}Fix: an identifier/);
  const json = await run(['validate', wrong, '--json']);
  expect(JSON.parse(json.out)).toMatchObject({ findings: [{ rule: 'REU-02', severity: 'error' }] });
});

test('findings below the severity that was asked for do not count', async () => {
  const tagged = join(folder, 'tagged.md');
  await writeFile(
    tagged,
    (await readFile(example, 'utf8')).replace(
      'project: genesis-materials\n      science',
      'project: x\n      science',
    ),
  );
  expect((await run(['validate', tagged])).status).toBe(1);
  expect((await run(['validate', tagged, '--least', 'warn'])).status).toBe(0);
});

test('a history that was changed is found against the card before', async () => {
  const changed = join(folder, 'changed.md');
  await writeFile(changed, (await readFile(example, 'utf8')).replace('Initial creation', 'Something else'));
  const { status, out } = await run(['validate', changed, '--previous', example]);
  expect([status, out]).toEqual([1, expect.stringContaining('VER-04')]);
});

test('show has the scores and the policy', async () => {
  const { status, out } = await run(['show', example, '--steps', '2']);
  expect(status).toBe(0);
  expect(out).toMatch(/Ready for AI +100 of 100/);
  expect(out).toMatch(/Label +public\n/);
  expect(out).toMatch(/To evaluate +conditional: Report scores/);
  const { governance, score } = JSON.parse((await run(['show', example, '--json', '--steps', '2'])).out);
  expect(governance.label).toEqual({ level: 'public', categories: [] });
  expect(score.next).toHaveLength(2);
});

test('export and back gives the same card', async () => {
  const json = join(folder, 'card.json');
  expect((await run(['export', example, '--output', json])).status).toBe(0);
  const there = await run(['export', json, '--format', 'markdown']);
  expect((await run(['export', example, '--format', 'markdown'])).out).toBe(there.out);
});

test('what is no card is a fault of the input, named with its line', async () => {
  const bad = join(folder, 'bad.md');
  await writeFile(bad, '---\na: 1\na: 2\n---\n');
  expect(await run(['show', bad])).toMatchObject({
    status: 2,
    err: expect.stringMatching(/bad\.md: line 3: a: stands here twice/),
  });
});

test('a card from answers in a file has its defaults, and nothing is overwritten', async () => {
  const answers = join(folder, 'answers.json');
  await writeFile(
    answers,
    JSON.stringify({ discoverability: { identification: { name: 'Silica, Batch 7' } } }),
  );
  expect((await run(['new', '--from', answers])).status).toBe(0);
  const text = await readFile(join(folder, 'genesis_datacard_silica_batch_7.md'), 'utf8');
  expect(text).toContain('template_version: "1.2"');
  expect(text).toContain('# Datacard for Silica, Batch 7');
  expect(await run(['new', '--from', answers])).toMatchObject({
    status: 2,
    err: expect.stringMatching(/exists already/),
  });
});

test('a person is asked in plain words, again after an answer that does not fit, and may leave questions open', async () => {
  const { status, out } = await run(['new', 'mine.md'], `n\nn\nperhaps\nn\nn\nn\n${'\n'.repeat(200)}`);
  expect(status).toBe(0);
  expect(out).toContain('1. Will the card say how to get at the data? (y/n)');
  expect(out).toContain('"perhaps" is not one of the words for this field.');
  expect(out).toMatch(/Wrote mine\.md, with \d+ findings\.\nWhat is left: genesis card validate mine\.md/);
  expect(await readFile(join(folder, 'mine.md'), 'utf8')).toContain('supports_reusability: "No"');
});

test('an input that ends early writes nothing', async () => {
  const { status, err } = await run(['new', 'half.md'], 'y\ny\n');
  expect([status, err]).toEqual([2, expect.stringContaining('nothing was written')]);
  await expect(readFile(join(folder, 'half.md'))).rejects.toThrow('ENOENT');
});
