import { expect, test } from 'vitest';
import { projectDesign } from './project.ts';
import type { Space } from './space.ts';

const space: Space = {
  parameters: [
    { kind: 'continuous', name: 't', min: 10, max: 20 },
    { kind: 'categorical', name: 'base', choices: ['a', 'b'] },
  ],
};

test('a design inside stays as it is, one outside moves to the limit', () => {
  expect(projectDesign(space, { t: 12, base: 'a' })).toEqual({ t: 12, base: 'a' });
  expect(projectDesign(space, { t: 5, base: 'b' })).toEqual({ t: 10, base: 'b' });
  expect(projectDesign(space, { t: 25, base: 'b' })).toEqual({ t: 20, base: 'b' });
});

test('nothing lies near an unknown category or a missing value', () => {
  expect(projectDesign(space, { t: 12, base: 'c' })).toBeUndefined();
  expect(projectDesign(space, { base: 'a' })).toBeUndefined();
  expect(projectDesign(space, { t: Number.NaN, base: 'a' })).toBeUndefined();
});
