import { type FieldProblem, GenesisError } from '@genesis/contracts/errors';

const unitForms = [
  /^(?<what>.*\S)\s*\((?<unit>[^()]{1,40})\)$/u,
  /^(?<what>.*\S)\s*\[(?<unit>[^[\]]{1,40})\]$/u,
  /^(?<what>.*\S)\s+\/\s+(?<unit>[^/\s][^/]{0,39})$/u,
];

/**
 * The unit that a header states: `Temp (C)`, `pressure [kPa]` or `yield / %`. Only these three forms count,
 * because `d_nm` or `a/b` may as well be part of the name.
 */
export const unitOf = (header: string): string | null => {
  for (const form of unitForms) {
    const unit = form.exec(header)?.groups?.['unit']?.trim();
    if (unit) return unit;
  }
  return null;
};

/** Control characters, and those that reorder or hide text. */
const hidden = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;
const longestName = 200;

const nameProblem = (name: string): string | null => {
  if (name === '') return 'has no name; name it, or give all names with --columns';
  if (name.length > longestName)
    return `has a name of ${name.length} characters; at most ${longestName} are allowed`;
  if (name === '__proto__') return 'is named "__proto__", which is reserved';
  if (hidden.test(name)) return 'has a control or invisible character in its name';
  if (/(^|[\\/])\.\.([\\/]|$)/.test(name) || /^([\\/]|[A-Za-z]:[\\/])/.test(name)) {
    return `is named ${JSON.stringify(name)}, which looks like a path`;
  }
  return null;
};

/** The name of a first column that has none beside columns that have: what pandas and R write before their rows. */
const rowLabels = 'index';

/** Names of a CSV header, with `index` for row labels. */
export const withRowLabels = (headers: readonly string[]): readonly string[] => {
  const [first, ...others] = headers;
  const unnamed = first?.trim() === '' && others.length > 0 && others.every((name) => name.trim() !== '');
  return unnamed && !others.includes(rowLabels) ? [rowLabels, ...others] : headers;
};

/** Names as they will be stored. Throws `invalid-input` naming each column that is wrong; nothing is repaired silently. */
export const checkNames = (headers: readonly string[], maxColumns: number): string[] => {
  if (headers.length > maxColumns) {
    throw new GenesisError({
      code: 'invalid-input',
      message: `the table has ${headers.length} columns; at most ${maxColumns} are allowed`,
      problems: [
        { field: 'columns', message: `${headers.length} columns, at most ${maxColumns} are allowed` },
      ],
    });
  }
  const names = headers.map((header) => header.trim().normalize('NFC'));
  const problems: FieldProblem[] = [];
  const seen = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const field = `column ${index + 1}`;
    const problem = nameProblem(name);
    if (problem !== null) problems.push({ field, message: problem });
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    else if (name !== '') {
      problems.push({ field, message: `has the same name as column ${first + 1}: ${JSON.stringify(name)}` });
    }
  }
  if (problems.length > 0) {
    const told = problems.slice(0, 20);
    throw new GenesisError({
      code: 'invalid-input',
      message: `the header cannot be used: ${told.map((p) => `${p.field} ${p.message}`).join('; ')}`,
      problems: told,
    });
  }
  return names;
};
