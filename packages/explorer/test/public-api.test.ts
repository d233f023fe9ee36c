import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as explorer from '../src/index.ts';

test('the names that others may build on', () => {
  expect(Object.keys(explorer).sort()).toEqual([
    'ExplorerError',
    'assertDesign',
    'assertGoal',
    'assertObservations',
    'assertSpace',
    'bestOf',
    'createRandom',
    'decodeSurrogate',
    'deriveSeed',
    'designKey',
    'drawDesign',
    'encodeSurrogate',
    'fitSurrogate',
    'isBetter',
    'keepsConstraints',
    'predict',
    'projectDesign',
    'score',
    'suggest',
  ]);
});

test('the package depends on nothing', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as object;
  expect(manifest).toMatchObject({ dependencies: {} });
  expect(Object.keys(manifest)).not.toContain('peerDependencies');
});
