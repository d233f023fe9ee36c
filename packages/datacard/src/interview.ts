import { isBlank, type Mapping, notApplicable, placesOf, type Value } from './card.ts';
import { withDefaults } from './new-card.ts';
import { openQuestions } from './questions.ts';
import { wrongValue } from './rules/field-values.ts';
import { fieldAt } from './rules/write.ts';
import { setAt } from './set-at.ts';
import type { Field } from './specification.ts';

/** One question for a person. */
export type Ask = { path: string; text: string; words: readonly string[]; isList: boolean };

/** Whole groups that are asked for by their parts, for one person or organisation; more are added in the file. */
const parts: Readonly<Record<string, readonly string[]>> = {
  'discoverability.datacard.created_by': ['given_name', 'family_name', 'email', 'affiliation.name'].map(
    (key) => `discoverability.datacard.created_by[0].creator.person.${key}`,
  ),
  'discoverability.authors': ['given_name', 'family_name', 'affiliation.name'].map(
    (key) => `discoverability.authors[0].person.${key}`,
  ),
  'discoverability.sponsor_organizations': ['discoverability.sponsor_organizations[0].name'],
  'discoverability.research_organizations': ['discoverability.research_organizations[0].name'],
  'interoperability.data_structure.features': ['interoperability.data_structure.features'],
};

/** Where the summary of a field is written for readers of the specification rather than for whoever answers. */
const plainWords: Readonly<Record<string, string>> = {
  supports_accessibility: 'Will the card say how to get at the data?',
  supports_interoperability: 'Will the card say how the data are built and where they come from?',
  supports_reusability: 'Will the card say how good the data are, and under which licence?',
  supports_governed_use: 'Will the card say what export, privacy and rights allow?',
  supports_ai_usability: 'Will the card say whether AI may be trained, run and evaluated on the data?',
  'discoverability.datacard.created_by[0].creator.person.given_name':
    'You, who write this card: your given name.',
  'discoverability.datacard.created_by[0].creator.person.family_name': 'Your family name.',
  'discoverability.datacard.created_by[0].creator.person.email': 'Your email address.',
  'discoverability.datacard.created_by[0].creator.person.affiliation.name': 'Where you work.',
  'discoverability.authors[0].person.given_name': 'The first author of the data: given name.',
  'discoverability.authors[0].person.family_name': 'The first author: family name.',
  'discoverability.authors[0].person.affiliation.name': 'The first author: where they work.',
  'discoverability.sponsor_organizations[0].name': 'Who paid for it.',
  'discoverability.research_organizations[0].name': 'Which organisation did the research.',
  'interoperability.data_structure.features': 'The names of the variables or columns.',
};

const asList: Field = {
  path: 'interoperability.data_structure.features',
  requirement: 'interoperability_required',
  type: 'list',
  summary: '',
};

/** Never asked: it follows from the name of the dataset. */
const followsFromName = 'discoverability.datacard.filename';

const fieldOf = (path: string): Field | undefined => (path === asList.path ? asList : fieldAt(path));

/**
 * The next question that a card has to answer; undefined when all required ones are answered or left open. Which ones
 * there are follows from the answers so far, so it is asked anew after each.
 *
 * @param left paths that the person left open
 */
export function nextQuestion(answers: Mapping, left: ReadonlySet<string>, today: string): Ask | undefined {
  const fields = withDefaults(answers, today);
  // A group that was begun is finished before anything else is asked.
  const begun = Object.entries(parts).flatMap(([group, paths]) =>
    placesOf(fields, group).every(({ value }) => isBlank(value)) ? [] : paths,
  );
  const open = openQuestions({ fields, body: '' })
    .filter(({ required }) => required)
    .flatMap(({ path }) => parts[path] ?? [path])
    .filter((path) => path !== followsFromName);
  const stillOpen = (path: string): boolean => open.includes(path) && !left.has(path);
  const path = begun.find(stillOpen) ?? open.find(stillOpen);
  const field = path === undefined ? undefined : fieldOf(path);
  if (path === undefined || field === undefined) return undefined;
  return {
    path,
    text: plainWords[path] ?? field.summary,
    words: field.vocabulary ?? [],
    isList: field.type === 'list',
  };
}

const short: Readonly<Record<string, string>> = { y: 'Yes', n: 'No', 'n/a': notApplicable };

/** A word of the vocabulary by its number, its first letter for Yes and No, or itself in any case. */
function wordOf(text: string, words: readonly string[]): string {
  const byNumber = /^\d+$/.test(text) ? words[Number(text) - 1] : undefined;
  const meant = short[text.toLowerCase()] ?? text;
  return byNumber ?? words.find((word) => word.toLowerCase() === meant.toLowerCase()) ?? meant;
}

/** The answers with one more, or what is wrong with it. Lists are separated by commas. */
export function answer(
  answers: Mapping,
  { path, words, isList }: Ask,
  text: string,
): { answers: Mapping } | { problem: string } {
  const items = isList
    ? text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
    : [text.trim()];
  const given = items.map((item) => wordOf(item, words));
  const field = fieldOf(path);
  const asNumber = field?.type === 'number' && given[0] !== notApplicable;
  const value: Value = isList ? given : asNumber ? Number(given[0]) : given[0]!;
  const wrong = field === undefined ? undefined : wrongValue(field, value);
  return wrong === undefined
    ? { answers: setAt(answers, path, value) }
    : { problem: `${wrong.message} Expected: ${wrong.write}` };
}
