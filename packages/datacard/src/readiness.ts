import {
  at,
  type Card,
  isBlank,
  isList,
  isMapping,
  listOf,
  notApplicable,
  placesOf,
  type Value,
  valueAt,
} from './card.ts';
import { wrongValue } from './rules/field-values.ts';
import { fieldAt } from './rules/write.ts';

/**
 * One thing that a program which trains or evaluates on data has to know, what it is worth, and how much of it is
 * there, from 0 to 1. `open` names the field that is worked on next.
 */
type Criterion = { name: string; points: number; of: (card: Card) => { share: number; open: string[] } };

const isAnswer = (path: string, value: Value | undefined): boolean => {
  const field = fieldAt(path);
  return !isBlank(value) && (field === undefined || wrongValue(field, value) === undefined);
};

/** The share of these fields that have an answer. */
const shareOf =
  (...paths: readonly string[]) =>
  ({ fields }: Card): { share: number; open: string[] } => {
    const open = paths.filter((path) => !isAnswer(path, valueAt(fields, path)));
    return { share: 1 - open.length / paths.length, open };
  };

/** Answered where one of these fields is. `not_applicable` tells a program nothing here. */
const anyOf =
  (...paths: readonly string[]) =>
  ({ fields }: Card): { share: number; open: string[] } => {
    const isThere = paths.some((path) => {
      const value = valueAt(fields, path);
      return value !== notApplicable && isAnswer(path, value);
    });
    return isThere ? { share: 1, open: [] } : { share: 0, open: [paths[0]!] };
  };

const usage = 'ai_usability.ai_usage';

/** A permission counts where it is stated, and where it is conditional only with its terms. */
const permissions = ({ fields }: Card): { share: number; open: string[] } => {
  const open = ['training', 'inference', 'evaluation'].flatMap((use) => {
    const path = `${usage}.${use}_use_status`;
    const status = valueAt(fields, path);
    if (!isAnswer(path, status)) return [path];
    const terms = `${usage}.${use}_use_conditions`;
    return status === 'Conditional' && isBlank(valueAt(fields, terms)) ? [terms] : [];
  });
  return { share: 1 - open.length / 3, open };
};

/** Each feature needs a name, a type, a unit and a description; the share is that of all of these together. */
const features = ({ fields }: Card): { share: number; open: string[] } => {
  const path = 'interoperability.data_structure.features';
  const items = placesOf(fields, `${path}[]`);
  if (items.length === 0) return { share: 0, open: [path] };
  const keys = ['name', 'data_type', 'unit', 'description'];
  const open = items.flatMap((item) =>
    isMapping(item.value)
      ? keys.filter((key) => isBlank(at(item.value, key))).map((key) => `${item.path}.${key}`)
      : keys.slice(1).map((key) => `${item.path}.${key}`),
  );
  return { share: 1 - open.length / (items.length * keys.length), open };
};

const licence = ({ fields }: Card): { share: number; open: string[] } => {
  const path = 'reusability.license.spdx_id';
  const id = valueAt(fields, path);
  const isClear = !isBlank(id) && id !== 'pending' && id !== notApplicable;
  return isClear ? { share: 1, open: [] } : { share: 0, open: [path] };
};

const checksum = ({ fields }: Card): { share: number; open: string[] } => {
  const path = 'reusability.integrity';
  if (valueAt(fields, `${path}.checksum_available`) !== 'Yes')
    return { share: 0, open: [`${path}.checksum_available`] };
  const open = ['checksum_type', 'checksum_value']
    .map((key) => `${path}.${key}`)
    .filter((key) => isBlank(valueAt(fields, key)));
  return { share: open.length === 0 ? 1 : 0, open };
};

/** A list that is written, even an empty one, or `not_applicable`. */
const splits = ({ fields }: Card): { share: number; open: string[] } => {
  const path = 'interoperability.data_structure.splits';
  const value = valueAt(fields, path);
  const isThere = value === notApplicable || (isList(value) && listOf(value).length > 0);
  return isThere ? { share: 1, open: [] } : { share: 0, open: [path] };
};

const data = 'interoperability.data_structure';
const quality = 'reusability.data_quality';

/** Ten things with 100 points together. docs/data-cards.md has this table; a test compares them. */
export const criteria: readonly Criterion[] = [
  { name: 'permission to train, infer and evaluate is stated', points: 15, of: permissions },
  {
    name: 'limits, bias, safety and review are stated',
    points: 15,
    of: shareOf(
      ...['restrictions', 'bias_risks', 'safety_considerations', 'human_review_required'].map(
        (key) => `${usage}.${key}`,
      ),
    ),
  },
  { name: 'every feature has name, type, unit and description', points: 20, of: features },
  { name: 'formats and modalities', points: 10, of: shareOf(`${data}.formats`, `${data}.modalities`) },
  { name: 'splits', points: 5, of: splits },
  {
    name: 'completeness, known issues and validation',
    points: 10,
    of: shareOf(`${quality}.completeness`, `${quality}.known_issues`, `${quality}.validation_methods`),
  },
  {
    name: 'how the data came about and were processed',
    points: 10,
    of: shareOf(
      'interoperability.provenance.was_generated_by',
      'interoperability.provenance.processing_steps',
    ),
  },
  {
    name: 'a schema or a convention',
    points: 5,
    of: anyOf(
      'interoperability.semantic_layer.schema_url',
      'interoperability.semantic_layer.semantic_context',
    ),
  },
  { name: 'a checksum', points: 5, of: checksum },
  { name: 'a licence that is settled', points: 5, of: licence },
];
