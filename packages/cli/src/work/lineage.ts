import { plain } from '../terminal/plain.ts';

/** `subject relation object`, in the words of W3C PROV: what is younger comes first. */
export type Edge = { entry: string; subject: string; relation: string; object: string };

const inverse: Readonly<Record<string, string>> = {
  wasDerivedFrom: 'led to',
  wasGeneratedBy: 'generated',
  used: 'was used by',
  wasAttributedTo: 'made',
  wasAssociatedWith: 'carried out',
};

type Step = { words: string; to: string };

/** A tree: first where something comes from, then what came of it. What was shown before is not followed again. */
export function drawLineage(root: string, edges: readonly Edge[]): string {
  const seen = new Set([root]);
  const walk = (from: string, next: (id: string) => Step[], indent: string): string[] =>
    next(from).flatMap(({ words, to }, at, all) => {
      const last = at === all.length - 1;
      const known = seen.has(to);
      seen.add(to);
      const line = `${indent}${last ? '└─' : '├─'} ${plain(`${words} ${to}`)}${known ? ' (see above)' : ''}`;
      return known ? [line] : [line, ...walk(to, next, `${indent}${last ? '   ' : '│  '}`)];
    });
  const distinct = (steps: Step[]): Step[] => [
    ...new Map(steps.map((step) => [`${step.words} ${step.to}`, step])).values(),
  ];
  const sources = (id: string) =>
    distinct(
      edges
        .filter(({ subject }) => subject === id)
        .map(({ relation, object }) => ({ words: relation, to: object })),
    );
  const uses = (id: string) =>
    distinct(
      edges
        .filter(({ object }) => object === id)
        .map(({ relation, subject }) => ({ words: inverse[relation] ?? `is ${relation} of`, to: subject })),
    );
  const above = walk(root, sources, '');
  const below = walk(root, uses, '');
  return [
    plain(root),
    'comes from',
    ...(above.length > 0 ? above : ['└─ nothing that you may see']),
    'and of it came',
    ...(below.length > 0 ? below : ['└─ nothing that you may see']),
  ].join('\n');
}

/** Which member of PROV-JSON names each end of a relation. */
const roles: Readonly<Record<string, readonly [string, string]>> = {
  wasDerivedFrom: ['prov:generatedEntity', 'prov:usedEntity'],
  wasGeneratedBy: ['prov:entity', 'prov:activity'],
  used: ['prov:activity', 'prov:entity'],
  wasAttributedTo: ['prov:entity', 'prov:agent'],
  wasAssociatedWith: ['prov:activity', 'prov:agent'],
};

const kindOf = (role: string): 'entity' | 'activity' | 'agent' => {
  if (role === 'prov:activity') return 'activity';
  return role === 'prov:agent' ? 'agent' : 'entity';
};

/** The edges as a PROV-JSON document (W3C member submission of 2013). Relations that PROV does not know are left out. */
export function toProvJson(edges: readonly Edge[]): Record<string, unknown> {
  const elements: Record<string, Record<string, object>> = { entity: {}, activity: {}, agent: {} };
  const relations: Record<string, Record<string, object>> = {};
  for (const { entry, subject, relation, object } of edges) {
    const ends = roles[relation];
    if (ends === undefined) continue;
    const [from, to] = ends;
    elements[kindOf(from)]![`genesis:${subject}`] = {};
    elements[kindOf(to)]![`genesis:${object}`] = {};
    const all = relations[relation] ?? {};
    relations[relation] = all;
    all[`_:${entry}-${Object.keys(all).length + 1}`] = {
      [from]: `genesis:${subject}`,
      [to]: `genesis:${object}`,
    };
  }
  return { prefix: { genesis: 'urn:genesis:' }, ...elements, ...relations };
}
