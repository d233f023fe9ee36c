import { GenesisError } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { artifactFolder, artifactPath, proxyPlace } from './paths.ts';

test.each(['a', 'plots/loss.png', 'a b/ü.txt', 'model/MLmodel', '..a/b..', 'a/...'])('a path: %s', (path) => {
  expect(artifactPath(path)).toBe(path);
});

test.each([
  ...[
    '',
    '/etc/passwd',
    '../a',
    'a/../b',
    'a/..',
    './a',
    'a//b',
    'a/',
    'a\\..\\b',
    'C:/x',
    'a#b',
    'a\u0000b',
    'a\nb',
  ],
  ...['x'.repeat(256), 'x/'.repeat(600), '\ud800'],
])('no path: %j', (path) => {
  expect(() => artifactPath(path)).toThrow(GenesisError);
});

test('places in the proxy', () => {
  expect(proxyPlace('tex_1/trn_2/artifacts/a/b.txt')).toEqual({
    experiment: 'tex_1',
    owner: 'trn_2',
    path: 'a/b.txt',
  });
  expect(proxyPlace('/tex_1/models/lgm_2/artifacts')).toEqual({
    experiment: 'tex_1',
    owner: 'lgm_2',
    path: undefined,
  });
  expect(proxyPlace('tex_1/trn_2/artifacts/')).toMatchObject({ path: undefined });
  for (const other of [
    'tex_1',
    'tex_1/trn_2',
    'tex_1/trn_2/other/a',
    '../x/artifacts/a',
    'a/b/c/artifacts/x',
    '',
  ])
    expect(proxyPlace(other)).toBeUndefined();
  expect(() => proxyPlace('tex_1/trn_2/artifacts/../../x')).toThrow(GenesisError);
  expect(artifactFolder('a/b/')).toBe('a/b');
});
