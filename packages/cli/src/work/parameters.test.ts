import { expect, test } from 'vitest';
import { parseParameter } from './parameters.ts';

test.each([
  ['teos=0.1..0.5 mol/L', { kind: 'continuous', name: 'teos', min: 0.1, max: 0.5, unit: 'mol/L' }],
  ['x=-1e-3..2', { kind: 'continuous', name: 'x', min: -0.001, max: 2 }],
  ['n=1..8 integer', { kind: 'integer', name: 'n', min: 1, max: 8 }],
  ['dose=0.001..10 log', { kind: 'continuous', name: 'dose', min: 0.001, max: 10, scale: 'log' }],
  ['solvent=water|ethanol', { kind: 'categorical', name: 'solvent', choices: ['water', 'ethanol'] }],
  ['fe=fraction', { kind: 'fraction', name: 'fe', group: 'composition' }],
])('%s', (text, parameter) => {
  expect(parseParameter(text)).toEqual([parameter]);
});

test('given several times, they are gathered', () => {
  expect(parseParameter('b=0..1', parseParameter('a=0..1'))).toHaveLength(2);
});

test.each(['teos', '=1..2', 'x=1', 'x=1..2.5 integer', 'x=a..b'])('%s is refused', (text) => {
  expect(() => parseParameter(text)).toThrow('NAME=MIN..MAX');
});
