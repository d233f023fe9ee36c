import type { DatasetRecord, LineageStatement } from './record.ts';

type Statements = Record<string, Record<string, unknown>>;

const agents = /^(prn|org)_/;
const activities = /^(run|job|cmp|exp|att|ent)_/;

/** Whether an id of the ledger names an agent, an activity or a thing, in the sense of PROV. */
const roleOf = (id: string): 'agent' | 'activity' | 'entity' =>
  agents.test(id) || id === 'platform' ? 'agent' : activities.test(id) ? 'activity' : 'entity';

const name = (id: string): string => `genesis:${id.replace(/[^A-Za-z0-9_.-]/g, '_')}`;

/**
 * W3C PROV-JSON of a lineage. PROV is strict about what may stand where: an agent that the ledger names beside a thing is
 * one that the thing is attributed to, and whoever used something did so in the act that the ledger entered.
 */
export function toProv(record: DatasetRecord) {
  const entity: Statements = {};
  const activity: Statements = {};
  const agent: Statements = {};
  const relations: Record<string, Statements> = {};
  const introduce = (id: string): void => {
    const key = name(id);
    const kind = roleOf(id);
    if (kind === 'agent') agent[key] = {};
    else if (kind === 'activity') activity[key] = {};
    else entity[key] ??= {};
  };
  const relate = (kind: string, statement: LineageStatement, fields: Record<string, string>): void => {
    const { entry, subject, object } = statement;
    relations[kind] ??= {};
    relations[kind][`_:${entry}_${kind}_${subject}_${object}`.replace(/[^A-Za-z0-9_:.-]/g, '_')] = fields;
  };
  entity[name(record.id)] = {
    'prov:label': record.name,
    'prov:type': { $: 'prov:Collection', type: 'prov:QUALIFIED_NAME' },
    'genesis:url': { $: record.url, type: 'xsd:anyURI' },
  };
  for (const statement of record.lineage) {
    const { subject, relation, object, entry } = statement;
    introduce(subject);
    introduce(object);
    const [from, to] = [roleOf(subject), roleOf(object)];
    const [a, b] = [name(subject), name(object)];
    const act = name(entry);
    if (relation === 'wasDerivedFrom' && from === 'entity' && to === 'entity')
      relate('wasDerivedFrom', statement, { 'prov:generatedEntity': a, 'prov:usedEntity': b });
    else if (relation === 'wasGeneratedBy' && from === 'entity' && to === 'activity')
      relate('wasGeneratedBy', statement, { 'prov:entity': a, 'prov:activity': b });
    else if (relation === 'used' && from === 'activity' && to === 'entity')
      relate('used', statement, { 'prov:activity': a, 'prov:entity': b });
    else if (relation === 'used' && from === 'agent' && to === 'entity') {
      introduce(entry);
      relate('used', statement, { 'prov:activity': act, 'prov:entity': b });
      relate('wasAssociatedWith', statement, { 'prov:activity': act, 'prov:agent': a });
    } else if (relation === 'wasAssociatedWith' && from === 'activity' && to === 'agent')
      relate('wasAssociatedWith', statement, { 'prov:activity': a, 'prov:agent': b });
    else if (relation === 'wasAssociatedWith' && from === 'entity' && to === 'agent')
      relate('wasAttributedTo', statement, { 'prov:entity': a, 'prov:agent': b });
    else if (relation === 'wasInformedBy' && from === 'activity' && to === 'activity')
      relate('wasInformedBy', statement, { 'prov:informed': a, 'prov:informant': b });
    else if (relation === 'wasInvalidatedBy' && from === 'entity' && to === 'activity')
      relate('wasInvalidatedBy', statement, { 'prov:entity': a, 'prov:activity': b });
    else relate('wasInfluencedBy', statement, { 'prov:influencee': a, 'prov:influencer': b });
  }
  return {
    prefix: {
      genesis: `${new URL(record.url).origin}/prov#`,
      xsd: 'http://www.w3.org/2001/XMLSchema#',
      prov: 'http://www.w3.org/ns/prov#',
    },
    entity,
    ...(Object.keys(activity).length === 0 ? {} : { activity }),
    ...(Object.keys(agent).length === 0 ? {} : { agent }),
    ...relations,
  };
}
