import type { Label, Purpose } from '@genesis/contracts';
import { purposes } from '@genesis/contracts';
import type { Governance, Mapping } from '@genesis/datacard';
import { bytesOfCard, facetsOfCard, readinessBand, sizeBand, wordsOfCard, yearOfCard } from './facets.ts';
import type { Face, FacetName, FacetValues } from './model.ts';

/** Text by weight: a name counts more than keywords, these more than a description, and that more than all else. */
export type Weighted = { name: string; keywords: string; about: string; rest: string };

/** A document as it is written; class and facets of policy are added from the row of `resource`. */
export type NewDocument = {
  subject: string;
  face: Face;
  card: string | null;
  name: string;
  summary: string;
  text: Weighted;
  facets: FacetValues;
  bytes: number;
  readiness: number;
  createdAt: number;
};

/** A dataset as it is to be found, from the tables of the catalog or from elsewhere. */
export type Described = {
  subject: string;
  organisation: string | null;
  name: string;
  description: string;
  source: string;
  columns: readonly string[];
  formats: readonly string[];
  bytes: number;
  createdAt: number;
  card: DescribedCard | null;
};

export type DescribedCard = {
  id: string;
  fields: Mapping;
  governance: Governance;
  readiness: number;
  createdAt: number;
};

/** What a document holds of a text, and what a hit shows of it. */
const longestText = 20_000;
const longestSummary = 600;

const yearOf = (at: number): string => new Date(at).toISOString().slice(0, 4);

const both = (a: FacetValues, b: FacetValues): FacetValues => {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<FacetName>;
  return Object.fromEntries(
    [...names].map((name) => [name, [...new Set([...(a[name] ?? []), ...(b[name] ?? [])])]]),
  );
};

const joinText = (a: Weighted, b: Weighted): Weighted => ({
  name: `${a.name}\n${b.name}`,
  keywords: b.keywords,
  about: `${a.about}\n${b.about}`,
  rest: `${a.rest}\n${b.rest}`,
});

const bounded = ({ name, keywords, about, rest }: Weighted): Weighted => ({
  name: name.slice(0, 1000),
  keywords: keywords.slice(0, 2000),
  about: about.slice(0, longestText),
  rest: rest.slice(0, longestText),
});

/** What a card says of the policy of its dataset. That may be stricter by now; who sees the card alone learns nothing of it. */
function policyFacets(
  { label, purposes: open, licences }: Governance,
  organisation: string | null,
): FacetValues {
  const { level, categories }: Label = label;
  return {
    level: [level],
    category: categories,
    purpose: purposes.filter((purpose: Purpose) => open[purpose] !== 'denied'),
    licence: licences,
    organisation: [organisation ?? 'platform'],
  };
}

/** The documents of a thing: one for each face. Pure; what one face shows is in no other one that shows less. */
export function documentsOf(described: Described): NewDocument[] {
  const { subject, name, description, source, columns, formats, bytes, createdAt, card } = described;
  const ownText: Weighted = {
    name,
    keywords: '',
    about: description,
    rest: `${source}\n${columns.join('; ')}`,
  };
  const ownFacets: FacetValues = { format: formats, size: sizeBand(bytes), year: [yearOf(createdAt)] };
  const own: NewDocument = {
    ...{ subject, face: 'dataset', card: card?.id ?? null, name, bytes, readiness: -1, createdAt },
    ...{ summary: description.slice(0, longestSummary), text: bounded(ownText), facets: ownFacets },
  };
  if (card === null) return [own];
  const { fields, governance, readiness } = card;
  const text = wordsOfCard(fields);
  const stated = bytesOfCard(fields);
  const told = facetsOfCard(fields);
  const year = yearOfCard(fields);
  const cardName = text.name === '' ? 'Without a name' : text.name;
  const cardFacets: FacetValues = {
    ...told,
    ...{ size: sizeBand(stated), readiness: readinessBand(readiness) },
    year: [year ?? yearOf(card.createdAt)],
  };
  const alone: NewDocument = {
    ...{ subject, face: 'card', card: card.id, name: cardName.slice(0, 200), bytes: stated, readiness },
    ...{ createdAt: card.createdAt, summary: text.about.slice(0, longestSummary), text: bounded(text) },
    facets: both(cardFacets, policyFacets(governance, described.organisation)),
  };
  const whole: NewDocument = {
    ...{ subject, face: 'both', card: card.id, name, readiness, createdAt },
    ...{ bytes: bytes > 0 ? bytes : stated, text: bounded(joinText(ownText, text)) },
    summary: (description === '' ? text.about : description).slice(0, longestSummary),
    facets: {
      ...both(ownFacets, cardFacets),
      ...{
        size: sizeBand(bytes > 0 ? bytes : stated),
        year: year === undefined ? [yearOf(createdAt)] : [year],
      },
    },
  };
  return [own, alone, whole];
}
