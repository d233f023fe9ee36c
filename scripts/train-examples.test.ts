import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { chosen, examples } from './train-examples/examples.ts';
import { shown } from './train-examples/platform.ts';
import { curveTable, missingFiles, trainingTable } from './train-examples/show.ts';
import { type Known, linesOf, type Told, toldOtherwise, verdictOf } from './train-examples/told.ts';

const script = fileURLToPath(new URL('./train-examples.ts', import.meta.url));
const known = JSON.parse(
  readFileSync(new URL('../kits/scattering/genesis_scattering/known.json', import.meta.url), 'utf8'),
) as Record<string, Known>;

/** How the script ends, before it starts anything. */
const refused = (...words: string[]): Promise<{ code: number; said: string }> =>
  new Promise((resolve) => {
    const { GENESIS_DATA: _data, ...env } = process.env;
    execFile(process.execPath, [script, ...words], { env }, (error, _out, said) =>
      resolve({ code: Number(error?.code ?? 0), said }),
    );
  });

test('a size is within its interval, partly, or missed; none without an interval', () => {
  expect(verdictOf(76, 85, [80, 80])).toBe('within');
  expect(verdictOf(70, 79, [80, 80])).toBe('MISS');
  expect(verdictOf(46, 61, [60, 65])).toBe('partly');
  expect(verdictOf(null, null, [80, 80])).toBe('MISS');
  expect(verdictOf(70, 79, null)).toBe('not known');
});

test('where another shape than the known one is told, the sizes of the known one are shown and it is said', () => {
  const told: Told[] = [
    {
      file: 'sphere_80.txt',
      shape: 'sphere',
      probability: 0.9,
      sizes: [{ size: 'radius', value: 81, low: 76, high: 85 }],
    },
    {
      file: 'cyl_400_20.txt',
      shape: 'fractal',
      probability: 0.5,
      sizes: [{ size: 'block_radius', value: 3, low: 1, high: 9 }],
    },
    {
      file: 'strange.txt',
      shape: 'lamella',
      probability: 0.5,
      sizes: [{ size: 'thickness', value: 3, low: 1, high: 9 }],
    },
    { file: 'noise.txt', refused: 'noise.txt: no columns' },
  ];
  expect(toldOtherwise(told, known)).toEqual(new Map([['cylinder', ['cyl_400_20.txt']]]));
  const sizes = [
    { size: 'radius', value: 24, low: 21, high: 27 },
    { size: 'length', value: 380, low: 106, high: 1380 },
  ];
  const asked = new Map([['cyl_400_20.txt', { file: 'cyl_400_20.txt', shape: 'cylinder', sizes }]]);
  const lines = linesOf(told, known, asked);
  expect(lines.map(({ file, size, verdict }) => [file, size, verdict])).toEqual([
    ['sphere_80.txt', 'radius', 'within'],
    ['cyl_400_20.txt', 'radius', 'MISS'],
    ['cyl_400_20.txt', 'length', 'within'],
    ['strange.txt', 'thickness', 'not known'],
  ]);
  const text = curveTable(lines, told.slice(3));
  expect(text).toMatch(/cyl_400_20\.txt +fractal +radius \(as cylinder\) +20 +24 +21 to 27 +MISS/);
  expect(text).toMatch(/Of 3 known sizes 2 lie within their interval, 0 partly, 1 are missed/);
  expect(text).toMatch(/told first for: cyl_400_20\.txt\.$/);
  expect(text).toContain('noise.txt: passed over: noise.txt: no columns');
});

test('what failed stands in the table beside what was trained', () => {
  const metric = { name: 'mae', value: 84.44, unit: null, low: 70, high: 99.99 };
  const steels = {
    name: 'steels',
    about: 'strength',
    rows: 312,
    seconds: 90,
    model: 'mdl_1',
    metric,
    metrics: [metric],
  };
  const text = trainingTable([steels], [{ name: 'gaps', message: 'it broke\nand more' }]);
  expect(text).toMatch(/steels +312 +1\.5 +mae 84\.4 +70 to 100 +mdl_1 +strength/);
  expect(text).toMatch(/gaps +- +- +FAILED +- +- +it broke$/);
});

test('every training names the files that it needs, and the command of a kit', () => {
  expect(examples.map(({ name }) => name)).toEqual(['steels', 'gaps', 'esol', 'deep', 'scattering']);
  expect(missingFiles(examples, () => false).length).toBe(10);
  expect(missingFiles(examples, () => true)).toEqual([]);
  for (const { train } of examples) expect(['tabular', 'deep', 'scattering']).toContain(train('x', true)[0]);
  expect(chosen('deep').map(({ name }) => name)).toEqual(['deep']);
  expect(() => chosen('steels,iron')).toThrow(/no training "iron"; there are: steels, gaps/);
  expect(shown(['train', '--set', 'curve={"prefix":"q_"}'])).toBe(`train --set 'curve={"prefix":"q_"}'`);
});

test('without the data, it says what is missing and starts nothing', async () => {
  const nowhere = await refused('--only', 'steels,gaps');
  expect(nowhere.code).toBe(1);
  expect(nowhere.said).toMatch(/--data FOLDER.*materials\/steels_yield\.csv, materials\/expt_gap\.csv\.\n$/);
  const empty = await refused('--only', 'esol', '--data', '/nowhere');
  expect(empty.said).toMatch(/^\/nowhere lacks what is needed.*molecules\/delaney-processed\.csv/);
  expect((await refused('--only', 'iron')).said).toMatch(/no training "iron"/);
});
