import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AgreementType, agreementTypes, GenesisError, invalidField } from '@genesis/contracts';
import { canonicalJson } from '@genesis/evidence';
import type { Terms } from '../model.ts';

/** A text with blanks, written as `{{name-of-the-blank}}`. */
export type Template = {
  name: string;
  title: string;
  type: AgreementType | null;
  /** Blanks that whoever drafts has to fill. */
  blanks: string[];
  /** Whether it is from the operator's own folder. */
  own: boolean;
  text: string;
};

const shipped = fileURLToPath(new URL('./templates/', import.meta.url));
const blank = /\{\{([a-z][a-z0-9-]{0,49})\}\}/g;
const mostBytes = 200_000;

const list = (items: readonly string[], none: string): string =>
  items.length === 0 ? none : items.map((item) => `- ${item}`).join('\n');

/** Blanks that the terms fill by themselves. */
const fromTerms: Readonly<Record<string, (title: string, terms: Terms) => string>> = {
  title: (title) => title,
  parties: (_, { parties }) =>
    list(
      parties.map(({ organisation, representative }) => `${organisation}, represented by ${representative}`),
      '',
    ),
  people: (_, { people, parties }) =>
    list(
      [
        ...parties.filter((one) => one.everybody).map(({ organisation }) => `everybody of ${organisation}`),
        ...people,
      ],
      'nobody yet',
    ),
  datasets: (_, { datasets }) => list(datasets, 'none yet'),
  purposes: (_, { purposes }) => purposes.join(', '),
  'derived-owner': (_, { derived }) => derived.owner,
  'derived-publishers': (_, { derived }) => derived.mayPublish.join(', ') || 'nobody',
  'intellectual-property': (_, terms) => terms.intellectualProperty,
  'invention-owner': (_, { inventions }) => inventions.owner ?? 'whoever the law says',
  'invention-disclosure': (_, { inventions }) =>
    inventions.disclosure ? `within ${inventions.withinDays} days` : 'is not demanded by this agreement',
  'starts-at': (_, { startsAt }) => startsAt,
  'ends-at': (_, { endsAt }) => endsAt,
};

const templateOf = (file: string, text: string, own: boolean): Template => {
  const name = file.slice(0, -'.md'.length);
  const blanks = [...new Set([...text.matchAll(blank)].map(([, word]) => word!))];
  return {
    name,
    title:
      /^# (.+)$/m
        .exec(text)?.[1]
        ?.replaceAll(blank, '')
        .replace(/[\s:]+$/, '') || name,
    type: agreementTypes.find((type) => type === name) ?? null,
    blanks: blanks.filter((word) => fromTerms[word] === undefined),
    own,
    text,
  };
};

async function readFolder(folder: string, own: boolean): Promise<Template[]> {
  const files = (await readdir(folder)).filter((file) => /^[a-z][a-z0-9-]{0,99}\.md$/.test(file)).sort();
  const templates: Template[] = [];
  for (const file of files) {
    const text = await readFile(join(folder, file), 'utf8');
    if (text.length <= mostBytes) templates.push(templateOf(file, text, own));
  }
  return templates;
}

/** The templates that ship with Genesis, and those of the operator's folder, which take the place of shipped ones of the same name. */
export async function listTemplates(folder: string | undefined): Promise<Template[]> {
  const own = folder === undefined ? [] : await readFolder(folder, true);
  const taken = new Set(own.map(({ name }) => name));
  const ours = await readFolder(shipped, false);
  return [...own, ...ours.filter(({ name }) => !taken.has(name))].sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Wanted = { text?: string | undefined; template?: string | undefined; fill: Record<string, string> };

const annex = (terms: Terms): string =>
  [
    '',
    '---',
    '',
    '## Annex: what Genesis enforces',
    '',
    'The signatures cover this annex too. Where the text above says something else, the parties have to amend one of them.',
    '',
    '```json',
    JSON.stringify(JSON.parse(canonicalJson(terms)), null, 2),
    '```',
    '',
  ].join('\n');

/**
 * The exact text that the parties sign: the given one, or the template with its blanks filled, and the terms as an annex, so
 * that nobody signs words that differ from what is enforced.
 */
export async function textOf(
  folder: string | undefined,
  title: string,
  terms: Terms,
  { text, template: name, fill }: Wanted,
): Promise<string> {
  if (text !== undefined) return `${text.trimEnd()}\n${annex(terms)}`;
  const templates = await listTemplates(folder);
  const template = templates.find((one) => one.name === name);
  if (template === undefined)
    throw invalidField('template', `expected one of ${templates.map((one) => one.name).join(', ')}`);
  const open = template.blanks.filter((word) => fill[word] === undefined);
  const unknown = Object.keys(fill).filter((word) => !template.blanks.includes(word));
  const problems = [
    ...open.map((word) => ({ field: `fill.${word}`, message: 'this blank of the template is not filled' })),
    ...unknown.map((word) => ({
      field: `fill.${word}`,
      message: `the template has no such blank; it has ${template.blanks.join(', ') || 'none'}`,
    })),
  ];
  if (problems.length > 0) {
    const message = problems.map((one) => `${one.field}: ${one.message}`).join('; ');
    throw new GenesisError({ code: 'invalid-input', message, problems });
  }
  const filled = template.text.replaceAll(
    blank,
    (_, word: string) => fromTerms[word]?.(title, terms) ?? fill[word] ?? '',
  );
  return `${filled.trimEnd()}\n${annex(terms)}`;
}
