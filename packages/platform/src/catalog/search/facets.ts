import { type Mapping, placesOf } from '@genesis/datacard';
import type { FacetName, FacetValues } from './model.ts';

/**
 * Which fields of a Data Card feed which facet. Values that are no text, blank or `not_applicable` feed none. What policy
 * says of a dataset (level, category, purpose, licence, organisation) is read from its row of `resource`, never from its
 * card: only where the card alone is shown, it is what the card says.
 */
const fieldsOf: Readonly<Partial<Record<FacetName, readonly string[]>>> = {
  field: [
    'discoverability.dataset_description.science_domain',
    'interoperability.domain_metadata[].science_domain',
  ],
  facility: ['discoverability.facilities[].name'],
  instrument: ['interoperability.provenance.instrumentation'],
  format: ['interoperability.data_structure.formats[]'],
};

/** Metadata of a domain whose name is one of these feeds the facet with the values of its fields. */
const namedFields: Readonly<Partial<Record<FacetName, RegExp>>> = {
  sample: /sample|specimen|material/i,
  instrument: /instrument|beamline/i,
};

const longest = 100;
const mostValues = 10;

const textsAt = (fields: Mapping, path: string): string[] =>
  placesOf(fields, path).flatMap(({ value }) =>
    typeof value === 'string' && value.trim() !== '' && value !== 'not_applicable' ? [value.trim()] : [],
  );

const unique = (values: readonly string[]): string[] =>
  [...new Set(values.map((value) => value.slice(0, longest)))].slice(0, mostValues);

function domainValues(fields: Mapping, named: RegExp): string[] {
  return placesOf(fields, 'interoperability.domain_metadata[].fields.{FIELD_NAME}.field_value').flatMap(
    ({ path, value }) => {
      const name = path.split('.').at(-2) ?? '';
      return named.test(name) && typeof value === 'string' && value.trim() !== '' ? [value.trim()] : [];
    },
  );
}

/** The facets that a card feeds, but for size, readiness, year and policy. */
export function facetsOfCard(fields: Mapping): FacetValues {
  const found: Partial<Record<FacetName, string[]>> = {};
  for (const [facet, paths] of Object.entries(fieldsOf) as [FacetName, readonly string[]][])
    found[facet] = paths.flatMap((path) => textsAt(fields, path));
  for (const [facet, named] of Object.entries(namedFields) as [FacetName, RegExp][])
    found[facet] = [...(found[facet] ?? []), ...domainValues(fields, named)];
  return Object.fromEntries(Object.entries(found).map(([facet, values]) => [facet, unique(values)]));
}

/** Text of a card by weight: its name, its keywords, what it says of itself, and what it was made of and with. */
export const wordsOfCard = (
  fields: Mapping,
): { name: string; keywords: string; about: string; rest: string } => ({
  name: textsAt(fields, 'discoverability.identification.name').join(' '),
  keywords: [
    ...textsAt(fields, 'discoverability.dataset_description.keywords[]'),
    ...textsAt(fields, 'discoverability.dataset_description.science_domain'),
  ].join('; '),
  about: [
    ...textsAt(fields, 'discoverability.dataset_description.dataset_summary'),
    ...textsAt(fields, 'discoverability.dataset_description.purpose'),
  ].join('\n'),
  rest: [
    ...textsAt(fields, 'interoperability.data_structure.features[].name'),
    ...textsAt(fields, 'interoperability.provenance.instrumentation'),
    ...textsAt(fields, 'discoverability.facilities[].name'),
    ...domainValues(fields, /./),
  ].join('; '),
});

const bytesPaths = ['uncompressed_bytes', 'compressed_bytes'].map(
  (name) => `accessibility.dataset_scale.${name}`,
);

/** Bytes of the data as the card tells, 0 where it does not. */
export function bytesOfCard(fields: Mapping): number {
  for (const path of bytesPaths) {
    const value = placesOf(fields, path)[0]?.value;
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) return value;
  }
  return 0;
}

const datePaths = ['issued', 'data_collection_end', 'data_collection_start'];

/** The year of a card: when the data was issued, else collected; undefined where it tells neither. */
export function yearOfCard(fields: Mapping): string | undefined {
  for (const name of datePaths) {
    const [date] = textsAt(fields, `interoperability.dates.${name}`);
    if (date !== undefined && /^\d{4}-/.test(date)) return date.slice(0, 4);
  }
  return undefined;
}

const sizeBands: readonly (readonly [below: number, band: string])[] = [
  [1e6, 'below 1 MB'],
  [1e9, '1 MB to 1 GB'],
  [1e11, '1 GB to 100 GB'],
  [1e13, '100 GB to 10 TB'],
];

/** Size as people look for it; nothing where it is not known. */
export const sizeBand = (bytes: number): string[] =>
  bytes <= 0 ? [] : [sizeBands.find(([below]) => bytes < below)?.[1] ?? '10 TB and more'];

/** AI-readiness in quarters; nothing without a card. */
export function readinessBand(readiness: number | null): string[] {
  if (readiness === null || readiness < 0) return [];
  const quarter = Math.min(Math.floor(readiness / 25), 3);
  return [['0 to 24', '25 to 49', '50 to 74', '75 to 100'][quarter]!];
}
