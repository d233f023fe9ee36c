import { expect, test } from 'vitest';
import { drawLineage, toProvJson } from './lineage.ts';

const edges = [
  { entry: 'ent_1', subject: 'mdl', relation: 'wasDerivedFrom', object: 'cmp' },
  { entry: 'ent_1', subject: 'mdl', relation: 'wasGeneratedBy', object: 'run' },
  { entry: 'ent_2', subject: 'cmp', relation: 'wasDerivedFrom', object: 'ver' },
  { entry: 'ent_3', subject: 'hyp', relation: 'used', object: 'mdl' },
  { entry: 'ent_4', subject: 'run', relation: 'used', object: 'cmp' },
];

test('a tree of sources and uses, each followed once', () => {
  expect(drawLineage('mdl', edges)).toBe(
    [
      'mdl',
      'comes from',
      '├─ wasDerivedFrom cmp',
      '│  └─ wasDerivedFrom ver',
      '└─ wasGeneratedBy run',
      '   └─ used cmp (see above)',
      'and of it came',
      '└─ was used by hyp',
    ].join('\n'),
  );
});

test('a circle ends', () => {
  const circle = [
    { entry: 'e', subject: 'a', relation: 'wasDerivedFrom', object: 'b' },
    { entry: 'e', subject: 'b', relation: 'wasDerivedFrom', object: 'a' },
  ];
  expect(drawLineage('a', circle)).toContain('a (see above)');
});

test('PROV-JSON names both ends of every relation, and declares them', () => {
  const document = toProvJson(edges) as Record<string, Record<string, Record<string, string>>>;
  expect(Object.keys(document['activity']!)).toEqual(['genesis:run', 'genesis:hyp']);
  expect(document['used']!['_:ent_3-1']).toEqual({
    'prov:activity': 'genesis:hyp',
    'prov:entity': 'genesis:mdl',
  });
  for (const relation of ['used', 'wasGeneratedBy', 'wasDerivedFrom']) {
    for (const ends of Object.values(document[relation]!)) {
      for (const id of Object.values(ends))
        expect(document['entity']![id] ?? document['activity']![id]).toBeDefined();
    }
  }
});
