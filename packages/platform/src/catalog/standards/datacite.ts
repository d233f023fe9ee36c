import { type DatasetRecord, dayOf, descriptionOf, licenceAddress, type Party } from './record.ts';
import { element, type Written } from './xml.ts';

const dataciteNamespace = 'http://datacite.org/schema/kernel-4';
const dataciteSchema = 'http://schema.datacite.org/meta/kernel-4.6/metadata.xsd';
const schemaInstance = 'http://www.w3.org/2001/XMLSchema-instance';

const nameTypes = { person: 'Personal', organisation: 'Organizational' } as const;

const creator = ({ kind, name, givenName, familyName, orcid, ror, affiliation }: Party): Written =>
  element(
    'creator',
    {},
    element('creatorName', { nameType: nameTypes[kind] }, name),
    givenName !== undefined && element('givenName', {}, givenName),
    familyName !== undefined && element('familyName', {}, familyName),
    orcid !== undefined &&
      element('nameIdentifier', { nameIdentifierScheme: 'ORCID', schemeURI: 'https://orcid.org/' }, orcid),
    ror !== undefined &&
      element('nameIdentifier', { nameIdentifierScheme: 'ROR', schemeURI: 'https://ror.org/' }, ror),
    affiliation !== undefined && element('affiliation', {}, affiliation),
  );

/** Our words for a relation as DataCite has them; anything else is a plain reference. */
const relationTypes: Readonly<Record<string, string>> = {
  cites: 'Cites',
  cited_by: 'IsCitedBy',
  derived_from: 'IsDerivedFrom',
  source_of: 'IsSourceOf',
  describes: 'Describes',
  described_by: 'IsDescribedBy',
  supersedes: 'Obsoletes',
  superseded_by: 'IsObsoletedBy',
  part_of: 'IsPartOf',
  supplements: 'IsSupplementTo',
  documents: 'Documents',
  documented_by: 'IsDocumentedBy',
  used_to_create: 'Requires',
};

const identifierTypes: Readonly<Record<string, string>> = {
  doi: 'DOI',
  ark: 'ARK',
  handle: 'Handle',
  arxiv: 'arXiv',
  url: 'URL',
  urn: 'URN',
  isbn: 'ISBN',
  issn: 'ISSN',
  pmid: 'PMID',
};

function relatedIdentifiers({ related }: DatasetRecord): Written[] {
  return related.flatMap(({ relation, identifier: { scheme, value } }) => {
    const type = identifierTypes[scheme.toLowerCase()];
    if (type === undefined || value.trim() === '') return [];
    const relationType = relationTypes[relation.toLowerCase()] ?? 'References';
    return [element('relatedIdentifier', { relatedIdentifierType: type, relationType }, value)];
  });
}

const list = (name: string, items: readonly Written[]): Written | false =>
  items.length > 0 && element(name, {}, ...items);

/** An element that must not be empty: DataCite's word for "not known" stands in. */
const filled = (text: string): string => (text.trim() === '' ? ':unav' : text);

function rights({ licences, access, open }: DatasetRecord): Written[] {
  const named = licences.map((licence) => {
    const address = licenceAddress(licence);
    return element(
      'rights',
      address === null
        ? {}
        : {
            rightsURI: address,
            rightsIdentifier: licence,
            rightsIdentifierScheme: 'SPDX',
            schemeURI: 'https://spdx.org/licenses/',
          },
      licence,
    );
  });
  return [...named, element('rights', {}, open ? `Open access. ${access}` : access)];
}

/**
 * A resource of DataCite 4.6. Without a DOI the identifier is the address of the dataset: the schema takes that, but
 * registering it needs a DOI first.
 */
export function toDatacite(record: DatasetRecord): Written {
  const { doi, publisher, modified, created, issued, version, files } = record;
  const creators = record.creators.length > 0 ? record.creators : [publisher];
  const others = [
    { scheme: 'Genesis', value: record.id },
    ...record.identifiers.filter(({ value }) => value !== doi),
  ];
  return element(
    'resource',
    {
      xmlns: dataciteNamespace,
      'xmlns:xsi': schemaInstance,
      'xsi:schemaLocation': `${dataciteNamespace} ${dataciteSchema}`,
    },
    doi === null
      ? element('identifier', { identifierType: 'URL' }, record.url)
      : element('identifier', { identifierType: 'DOI' }, doi),
    element('creators', {}, ...creators.map((one) => creator({ ...one, name: filled(one.name) }))),
    element('titles', {}, element('title', {}, filled(record.name))),
    element('publisher', {}, filled(publisher.name)),
    element('publicationYear', {}, dayOf(issued ?? created).slice(0, 4)),
    element('resourceType', { resourceTypeGeneral: 'Dataset' }, 'Dataset'),
    list(
      'subjects',
      record.keywords.filter((one) => one.trim() !== '').map((one) => element('subject', {}, one)),
    ),
    element(
      'dates',
      {},
      element('date', { dateType: 'Created' }, created),
      element('date', { dateType: 'Updated' }, modified),
      issued !== null && element('date', { dateType: 'Issued' }, issued),
    ),
    record.language !== null && element('language', {}, record.language),
    element(
      'alternateIdentifiers',
      {},
      ...others.map(({ scheme, value }) =>
        element('alternateIdentifier', { alternateIdentifierType: scheme }, value),
      ),
    ),
    list('relatedIdentifiers', relatedIdentifiers(record)),
    list(
      'sizes',
      files.filter(({ sha256 }) => sha256 !== null).map(({ bytes }) => element('size', {}, `${bytes} bytes`)),
    ),
    list(
      'formats',
      [...new Set(files.map(({ mediaType }) => mediaType))].map((one) => element('format', {}, one)),
    ),
    version !== null && element('version', {}, version),
    element('rightsList', {}, ...rights(record)),
    element(
      'descriptions',
      {},
      element('description', { descriptionType: 'Abstract' }, descriptionOf(record)),
    ),
    list(
      'fundingReferences',
      record.funding
        .filter(({ funder }) => funder.trim() !== '')
        .map(({ funder, ror, award, program }) =>
          element(
            'fundingReference',
            {},
            element('funderName', {}, funder),
            ror !== undefined && element('funderIdentifier', { funderIdentifierType: 'ROR' }, ror),
            award !== undefined && element('awardNumber', {}, award),
            program !== undefined && element('awardTitle', {}, program),
          ),
        ),
    ),
  );
}
