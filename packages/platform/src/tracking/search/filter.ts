import { invalidField } from '@genesis/contracts';
import { type Token, tokensOf } from './tokens.ts';

const comparators = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'LIKE',
  'ILIKE',
  'IN',
  'NOT IN',
  'IS NULL',
  'IS NOT NULL',
] as const;
export type Comparator = (typeof comparators)[number];

/** What a clause or an order is about: `metrics.loss`, `attributes.status`, or an attribute by its bare name. */
export type Subject = { entity: Entity; key: string };
export type Clause = Subject & { comparator: Comparator; value: string | number | readonly string[] | null };
export type Order = Subject & { ascending: boolean };

/** MLflow's words for what can be searched by. */
const entities = {
  metric: ['metric', 'metrics'],
  parameter: ['parameter', 'parameters', 'param', 'params'],
  tag: ['tag', 'tags'],
  attribute: ['attribute', 'attributes', 'attr', 'run'],
  dataset: ['dataset', 'datasets'],
} as const;
export type Entity = keyof typeof entities;

const entityOf = (word: string): Entity | undefined =>
  (Object.keys(entities) as Entity[]).find((entity) =>
    (entities[entity] as readonly string[]).includes(word),
  );

const mostClauses = 100;
const mostInList = 1000;

/** Reads tokens one after the other. */
class Reader {
  readonly tokens: readonly Token[];
  readonly field: string;
  private next = 0;
  constructor(source: string, field: string) {
    this.tokens = tokensOf(source, field);
    this.field = field;
  }
  peek(ahead = 0): Token | undefined {
    return this.tokens[this.next + ahead];
  }
  take(): Token | undefined {
    return this.tokens[this.next++];
  }
  isSign(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === 'sign' && token.text === text;
  }
  isWord(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === 'word' && token.text.toUpperCase() === text;
  }
  fail(expected: string): Error {
    const token = this.peek();
    const found =
      token === undefined ? 'its end' : `"${'text' in token ? token.text : ''}" at ${token.at + 1}`;
    return invalidField(this.field, `expected ${expected}, but found ${found}`);
  }
}

/** A name: words and numbers with dots between them (`mlflow.source.name`), or one in quotes. */
function readName(reader: Reader): string {
  const token = reader.take();
  if (token?.kind === 'quoted') return token.text;
  if (token?.kind !== 'word') throw reader.fail('a name');
  let name = token.text;
  while (reader.isSign('.')) {
    const after = reader.peek(1);
    if (after?.kind !== 'word') break;
    reader.take();
    reader.take();
    name += `.${after.text}`;
  }
  return name;
}

function readSubject(reader: Reader): Subject {
  const first = reader.peek();
  const isName = first?.kind === 'word' || (first?.kind === 'quoted' && first.mark === '`');
  if (first !== undefined && isName && reader.isSign('.', 1)) {
    const entity = entityOf(first.text);
    if (entity === undefined)
      throw invalidField(
        reader.field,
        `invalid entity type "${first.text}"; known are metrics, params, tags, attributes and datasets`,
      );
    reader.take();
    reader.take();
    return { entity, key: readName(reader) };
  }
  return { entity: 'attribute', key: readName(reader) };
}

function readComparator(reader: Reader): Comparator {
  if (reader.isWord('IS')) {
    reader.take();
    const not = reader.isWord('NOT');
    if (not) reader.take();
    if (!reader.isWord('NULL')) throw reader.fail('NULL');
    reader.take();
    return not ? 'IS NOT NULL' : 'IS NULL';
  }
  if (reader.isWord('NOT') && reader.isWord('IN', 1)) {
    reader.take();
    reader.take();
    return 'NOT IN';
  }
  const token = reader.peek();
  const text = token !== undefined && 'text' in token ? token.text.toUpperCase() : '';
  const found = comparators.find((one) => one === (text === '<>' ? '!=' : text));
  if (found === undefined || token?.kind === 'text' || token?.kind === 'quoted')
    throw reader.fail(`a comparison (${comparators.join(', ')})`);
  reader.take();
  return found;
}

function readText(reader: Reader): string {
  const token = reader.peek();
  if (token?.kind !== 'text' && !(token?.kind === 'quoted' && token.mark === '"'))
    throw reader.fail('a text in quotes');
  reader.take();
  return token.text;
}

function readList(reader: Reader): string[] {
  if (!reader.isSign('(')) throw reader.fail('a list in parentheses');
  reader.take();
  const values = [readText(reader)];
  while (reader.isSign(',')) {
    reader.take();
    // A comma may follow the last one, as in Python.
    if (reader.isSign(')')) break;
    values.push(readText(reader));
    if (values.length > mostInList)
      throw invalidField(reader.field, `a list has at most ${mostInList} texts`);
  }
  if (!reader.isSign(')')) throw reader.fail('")"');
  reader.take();
  return values;
}

function readClause(reader: Reader): Clause {
  const subject = readSubject(reader);
  const comparator = readComparator(reader);
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL')
    return { ...subject, comparator, value: null };
  if (comparator === 'IN' || comparator === 'NOT IN')
    return { ...subject, comparator, value: readList(reader) };
  const token = reader.peek();
  if (token?.kind !== 'number') return { ...subject, comparator, value: readText(reader) };
  reader.take();
  return { ...subject, comparator, value: token.value };
}

/**
 * The clauses of a filter in MLflow's grammar, all of which must hold: `metrics.loss < 0.1 AND params.kind = 'a'`.
 *
 * @throws GenesisError `invalid-input`
 */
export function parseFilter(source: string | undefined, field = 'filter'): Clause[] {
  if (source === undefined || source.trim() === '') return [];
  const reader = new Reader(source, field);
  const clauses = [readClause(reader)];
  while (reader.peek() !== undefined) {
    if (!reader.isWord('AND')) throw reader.fail('AND or the end');
    reader.take();
    clauses.push(readClause(reader));
    if (clauses.length > mostClauses) throw invalidField(field, `at most ${mostClauses} clauses are allowed`);
  }
  return clauses;
}

/** One term of an order: `metrics.loss DESC`. */
export function parseOrder(source: string): Order {
  const reader = new Reader(source, 'order_by');
  const subject = readSubject(reader);
  const descending = reader.isWord('DESC');
  if (descending || reader.isWord('ASC')) reader.take();
  if (reader.peek() !== undefined) throw reader.fail('ASC, DESC or the end');
  return { ...subject, ascending: !descending };
}
