import { expect, test } from 'vitest';
import { mapClaims } from './mapping.ts';
import type { MappingRule } from './settings.ts';

const rule = (wanted: Partial<MappingRule>): MappingRule => ({
  when: 'everyone',
  roles: [],
  platformRoles: [],
  ...wanted,
});

test('without a rule that applies and names an organisation nobody belongs anywhere', () => {
  expect(mapClaims([], { groups: ['a'] })).toBe('none');
  expect(mapClaims([rule({ roles: ['steward'] })], {})).toBe('none');
  expect(mapClaims([rule({ when: { groups: 'a' }, organisation: 'x' })], { groups: ['b'] })).toBe('none');
});

test('rules that name two organisations give none of them; naming the same one twice is fine', () => {
  const two = [rule({ organisation: 'x' }), rule({ when: { b: true }, organisation: 'y' })];
  expect(mapClaims(two, { b: true })).toBe('several');
  expect(mapClaims(two, { b: false })).toMatchObject({ organisation: 'x' });
  expect(mapClaims([rule({ organisation: 'x' }), rule({ organisation: 'x' })], {})).toMatchObject({
    organisation: 'x',
  });
});

test('what several rules give adds up, and an administrator of the platform is named apart', () => {
  const rules = [
    rule({
      organisation: 'x',
      roles: ['researcher', 'administrator'],
      clearance: { level: 'internal', categories: ['pii'] },
    }),
    rule({ when: { dept: 7 }, roles: ['steward'], clearance: { level: 'controlled', categories: ['cui'] } }),
    rule({ when: { root: 'yes' }, platformRoles: ['administrator'] }),
  ];
  expect(mapClaims(rules, { dept: 7 })).toEqual({
    organisation: 'x',
    roles: ['administrator', 'researcher', 'steward'],
    platformRoles: [],
    clearance: { level: 'controlled', categories: ['cui', 'pii'] },
  });
  expect(mapClaims(rules, { root: ['no', 'yes'] })).toMatchObject({ platformRoles: ['administrator'] });
});

test('values are compared whole and with their types, and a claim is never inherited', () => {
  const gives = (when: MappingRule['when'], claims: object) =>
    mapClaims([rule({ when, organisation: 'x' })], claims as Record<string, unknown>) !== 'none';
  expect(gives({ group: 'lab' }, { group: 'lab' })).toBe(true);
  expect(gives({ group: 'lab' }, { group: 'laboratory' })).toBe(false);
  expect(gives({ group: 'lab' }, { group: 'a lab' })).toBe(false);
  expect(gives({ email_verified: true }, { email_verified: 'true' })).toBe(false);
  expect(gives({ level: 1 }, { level: '1' })).toBe(false);
  expect(gives({ group: 'lab', extra: 'y' }, { group: 'lab' })).toBe(false);
  expect(gives({ toString: 'x' }, {})).toBe(false);
  expect(gives({ '/constructor/name': 'Object' }, {})).toBe(false);
  expect(gives({ '/realm/roles': 'lab' }, { realm: { roles: ['lab'] } })).toBe(true);
  expect(gives({ '/a~1b/c': 'lab' }, { 'a/b': { c: 'lab' } })).toBe(true);
  expect(gives({ 'https://x.example/groups': 'lab' }, { 'https://x.example/groups': ['lab'] })).toBe(true);
});
