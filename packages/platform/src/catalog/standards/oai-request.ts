/** The errors of OAI-PMH 2.0. */
export type OaiErrorCode =
  | 'badVerb'
  | 'badArgument'
  | 'badResumptionToken'
  | 'cannotDisseminateFormat'
  | 'idDoesNotExist'
  | 'noRecordsMatch'
  | 'noMetadataFormats'
  | 'noSetHierarchy';

/** What OAI-PMH answers as an error, with status 200. */
export class OaiError extends Error {
  readonly code: OaiErrorCode;

  constructor(code: OaiErrorCode, message: string) {
    super(message);
    this.name = 'OaiError';
    this.code = code;
  }
}

export const oaiPrefixes = ['oai_dc', 'oai_datacite'] as const;
export type OaiPrefix = (typeof oaiPrefixes)[number];

/** A choice of records: changed in an interval of time (milliseconds, both ends included), within a set. */
export type OaiSelection = { prefix: OaiPrefix; from?: number; until?: number; set?: string };

export type OaiRequest =
  | { verb: 'Identify' }
  | { verb: 'ListMetadataFormats'; identifier?: string }
  | { verb: 'ListSets' }
  | { verb: 'GetRecord'; identifier: string; prefix: OaiPrefix }
  | { verb: 'ListIdentifiers' | 'ListRecords'; selection: OaiSelection }
  | { verb: 'ListIdentifiers' | 'ListRecords'; resumptionToken: string };

const argumentsOf: Readonly<Record<string, { needed: string[]; allowed: string[]; exclusive?: string }>> = {
  Identify: { needed: [], allowed: [] },
  ListMetadataFormats: { needed: [], allowed: ['identifier'] },
  ListSets: { needed: [], allowed: [], exclusive: 'resumptionToken' },
  GetRecord: { needed: ['identifier', 'metadataPrefix'], allowed: [] },
  ListIdentifiers: {
    needed: ['metadataPrefix'],
    allowed: ['from', 'until', 'set'],
    exclusive: 'resumptionToken',
  },
  ListRecords: {
    needed: ['metadataPrefix'],
    allowed: ['from', 'until', 'set'],
    exclusive: 'resumptionToken',
  },
};

const bad = (message: string): OaiError => new OaiError('badArgument', message);

function prefixOf(text: string): OaiPrefix {
  const known = oaiPrefixes.find((one) => one === text);
  if (known === undefined)
    throw new OaiError('cannotDisseminateFormat', `The formats are ${oaiPrefixes.join(' and ')}.`);
  return known;
}

const dayMs = 86_400_000;

/** The first and the last millisecond that a date of OAI-PMH names, and how fine it is. */
function span(name: string, text: string): { first: number; last: number; length: number } {
  const valid = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?$/.test(text);
  const first = valid ? Date.parse(text) : Number.NaN;
  // 31 February is read as a day of March by some parsers.
  if (Number.isNaN(first) || !new Date(first).toISOString().startsWith(text.slice(0, 10)))
    throw bad(`${name}: expected a day (2026-01-31) or a second (2026-01-31T12:00:00Z) of UTC`);
  return { first, last: first + (text.length === 10 ? dayMs : 1000) - 1, length: text.length };
}

function selectionOf(given: ReadonlyMap<string, string>): OaiSelection {
  const [from, until, set] = ['from', 'until', 'set'].map((name) => given.get(name));
  if (set !== undefined && !/^[A-Za-z0-9_.!~*'()-]+(:[A-Za-z0-9_.!~*'()-]+)*$/.test(set))
    throw bad('set: expected a setSpec of ListSets');
  const start = from === undefined ? undefined : span('from', from);
  const end = until === undefined ? undefined : span('until', until);
  if (start !== undefined && end !== undefined) {
    if (start.length !== end.length)
      throw bad('from and until must be equally fine: both days or both seconds');
    if (start.first > end.last) throw bad('from is later than until');
  }
  return {
    prefix: prefixOf(given.get('metadataPrefix') ?? ''),
    ...(start === undefined ? {} : { from: start.first }),
    ...(end === undefined ? {} : { until: end.last }),
    ...(set === undefined ? {} : { set }),
  };
}

/**
 * Reads the arguments of a request, in the order in which they came.
 *
 * @throws OaiError `badVerb`, `badArgument` or `cannotDisseminateFormat`
 */
export function readOaiRequest(query: readonly (readonly [string, string])[]): OaiRequest {
  const given = new Map(query);
  const verbs = query.filter(([name]) => name === 'verb');
  const verb = verbs[0]?.[1] ?? '';
  const wanted = Object.hasOwn(argumentsOf, verb) ? argumentsOf[verb] : undefined;
  if (verbs.length !== 1 || wanted === undefined)
    throw new OaiError('badVerb', `Expected one verb of ${Object.keys(argumentsOf).join(', ')}.`);
  if (given.size !== query.length) throw bad('An argument is given twice.');
  const { needed, allowed, exclusive } = wanted;
  const names = [...given.keys()].filter((name) => name !== 'verb');
  const resumptionToken = exclusive === undefined ? undefined : given.get(exclusive);
  if (resumptionToken !== undefined) {
    if (names.length !== 1) throw bad('With resumptionToken no other argument is allowed.');
    if (verb === 'ListSets') throw new OaiError('badResumptionToken', 'Sets are listed at once.');
    return { verb: verb as 'ListRecords', resumptionToken };
  }
  const missing = needed.filter((name) => !given.has(name));
  if (missing.length > 0) throw bad(`${verb} needs ${missing.join(' and ')}.`);
  const unknown = names.filter((name) => !needed.includes(name) && !allowed.includes(name));
  if (unknown.length > 0)
    throw bad(`${verb} does not take ${unknown.map((one) => JSON.stringify(one)).join(', ')}.`);
  const identifier = given.get('identifier');
  switch (verb) {
    case 'ListMetadataFormats':
      return { verb, ...(identifier === undefined ? {} : { identifier }) };
    case 'GetRecord':
      return { verb, identifier: identifier ?? '', prefix: prefixOf(given.get('metadataPrefix') ?? '') };
    case 'ListIdentifiers':
    case 'ListRecords':
      return { verb, selection: selectionOf(given) };
    default:
      return { verb: verb as 'Identify' | 'ListSets' };
  }
}
