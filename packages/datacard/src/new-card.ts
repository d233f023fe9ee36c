import {
  at,
  type Card,
  isBlank,
  isList,
  isMapping,
  type Mapping,
  notApplicable,
  textOf,
  type Value,
  valueAt,
} from './card.ts';
import { headings, snapshot } from './rules/body.ts';
import { snake } from './rules/structure.ts';
import { setAt } from './set-at.ts';
import { blocks, flagOf } from './specification.ts';

const card = 'discoverability.datacard';
const author = `${card}.created_by`;

/** What follows from the answers and the day, by path. Used only where the answer is blank. */
function defaults(fields: Mapping, today: string): [path: string, value: Value][] {
  const name = valueAt(fields, 'discoverability.identification.name');
  const stem = typeof name === 'string' && snake(name) !== '' ? `genesis_datacard_${snake(name)}` : undefined;
  const people = valueAt(fields, author);
  const first = isList(people) ? people[0] : undefined;
  const creator = at(at(first, 'creator'), 'person');
  return [
    ['supports_discoverability', 'Yes'],
    [`${card}.template_version`, '1.2'],
    [`${card}.datacard_version`, '1.0'],
    [`${card}.language`, 'en'],
    [`${card}.created_date`, today],
    [`${card}.change_log`, [{ change_date: today, datacard_version: '1.0', summary: 'First version' }]],
    [`${card}.creation_method`, 'Manual'],
    ...(stem === undefined
      ? []
      : ([
          [`${card}.filename`, `${stem}.md`],
          [`${card}.id`, { type: 'local', value: stem }],
        ] as [string, Value][])),
    ...(isMapping(first) && isList(people) && isBlank(at(first, 'contribution_date'))
      ? ([[author, [{ ...first, contribution_date: today }, ...people.slice(1)]]] as [string, Value][])
      : []),
    ...(isMapping(creator) ? ([['discoverability.contact.person', creator]] as [string, Value][]) : []),
  ];
}

/** The answers, and what follows from them. Nothing that was answered is changed. */
export const withDefaults = (fields: Mapping, today: string): Mapping =>
  defaults(fields, today).reduce(
    (all, [path, value]) => (path === author || isBlank(valueAt(all, path)) ? setAt(all, path, value) : all),
    fields,
  );

const words = (key: string): string => {
  const text = key.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** Bullets for what is filled, one line each; mappings are indented below their name. */
function bullets(value: Mapping, indent: string): string[] {
  return Object.entries(value).flatMap(([key, inner]): string[] => {
    if (isBlank(inner)) return [];
    if (isMapping(inner)) return [`${indent}- ${words(key)}`, ...bullets(inner, `${indent}  `)];
    if (!isList(inner)) return [`${indent}- ${words(key)}: ${textOf(inner).replace(/\s+/g, ' ')}`];
    if (inner.some(isMapping))
      return inner.flatMap((item, index) =>
        isMapping(item) ? [`${indent}- ${words(key)} ${index + 1}`, ...bullets(item, `${indent}  `)] : [],
      );
    return [`${indent}- ${words(key)}: ${inner.map(textOf).join(', ').replace(/\s+/g, ' ')}`];
  });
}

function section(name: string, value: Value): string[] {
  const lines = isMapping(value) ? bullets(value, '') : bullets({ [name]: value }, '');
  return lines.length === 0 ? [] : [`## ${words(name)}`, '', ...lines, ''];
}

/** The body of a card, told from its fields: the snapshot table, and a part for each capability that it declares. */
function describeBody(fields: Mapping): string {
  const name = valueAt(fields, 'discoverability.identification.name');
  const day = [`${card}.updated_date`, `${card}.created_date`]
    .map((path) => valueAt(fields, path))
    .find((value) => !isBlank(value) && value !== notApplicable);
  const parts = blocks
    .filter((block) => fields[flagOf(block)] === 'Yes')
    .flatMap((block) => {
      const value = valueAt(fields, block);
      const sections = isMapping(value)
        ? Object.entries(value).flatMap(([key, inner]) => section(key, inner))
        : [];
      return [`# ---- ${headings[block]} ----`, '', ...sections];
    });
  return [
    '',
    `# Datacard for ${isBlank(name) ? 'a dataset without a name' : textOf(name!).replace(/\s+/g, ' ')}`,
    '',
    ...(day === undefined ? [] : [`**Last Updated**: ${textOf(day)}`, '']),
    '### Machine Usability Snapshot',
    '',
    '| Intended Capability | DataCard Support |',
    '| ------ | ------ |',
    ...snapshot(fields).map(([row, answer]) => `| ${row} | ${answer} |`),
    '',
    ...parts,
  ].join('\n');
}

/** A new card from answers: with what follows from them, and a body that tells of the fields where none was given. */
export function newCard({ fields, body }: Card, today: string): Card {
  const filled = withDefaults(fields, today);
  return { fields: filled, body: body.trim() === '' ? describeBody(filled) : body };
}
