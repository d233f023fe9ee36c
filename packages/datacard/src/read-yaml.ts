import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import type { Mapping, Value } from './card.ts';
import { CardError, limits } from './card-error.ts';

/** Values with the line of each path. */
export type Parsed = { fields: Mapping; lines: Map<string, number> };

/** Keys that would reach the prototype of an object in a careless reader. */
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Words that a reader of YAML 1.1 takes for true or false when they are not in quotes. Such a reader is what most
 * programs have, so a card that means "Yes" must not depend on which one reads it.
 */
const truthWord = /^(?:(yes|on|true)|no|off|false)$/i;

class Walk {
  readonly lines = new Map<string, number>();
  private nodes = 0;
  private readonly counter: LineCounter;
  private readonly firstLine: number;

  constructor(counter: LineCounter, firstLine: number) {
    this.counter = counter;
    this.firstLine = firstLine;
  }

  lineAt(offset: number): number {
    return this.counter.linePos(offset).line + this.firstLine - 1;
  }

  private fail(message: string, path: string, node: Node | null): never {
    throw new CardError(message, path, node?.range == null ? undefined : this.lineAt(node.range[0]));
  }

  value(node: unknown, path: string, depth: number): Value {
    if (node === null || node === undefined) return null;
    const known = node as Node;
    if (++this.nodes > limits.values) this.fail(`more than ${limits.values} values`, path, known);
    if (depth > limits.depth) this.fail(`nested deeper than ${limits.depth} levels`, path, known);
    if (isAlias(node)) this.fail('references (*name) are not allowed in a card', path, known);
    if ((known as { anchor?: string }).anchor !== undefined)
      this.fail('anchors (&name) are not allowed in a card', path, known);
    if (known.tag !== undefined) this.fail('tags (!name) are not allowed in a card', path, known);
    if (isMap(node)) return this.mapping(node, path, depth);
    if (isSeq(node))
      return node.items.map((item, index) => this.entry(item, `${path}[${index}]`, known, depth));
    if (isScalar(node)) return this.scalar(node, path);
    this.fail('expected a value', path, known);
  }

  private entry(node: unknown, path: string, holder: Node, depth: number): Value {
    const range = (node as Node | null)?.range ?? holder.range;
    if (range != null) this.lines.set(path, this.lineAt(range[0]));
    return this.value(node, path, depth + 1);
  }

  private mapping(node: YAMLMap<unknown, unknown>, path: string, depth: number): Mapping {
    const found: [string, Value][] = [];
    const seen = new Set<string>();
    for (const pair of node.items) {
      const { key } = pair;
      if (!isScalar(key) || typeof key.value !== 'string')
        this.fail('a key must be text', path, (key ?? node) as Node);
      const name = key.value;
      if (forbiddenKeys.has(name)) this.fail(`the key ${name} is not allowed`, path, key);
      if (name.length > limits.keyLength)
        this.fail(`a key is longer than ${limits.keyLength} characters`, path, key);
      const inner = path === '' ? name : `${path}.${name}`;
      if (seen.has(name)) this.fail('stands here twice: keep one', inner, key);
      seen.add(name);
      if (key.range != null) this.lines.set(inner, this.lineAt(key.range[0]));
      found.push([name, this.value(pair.value, inner, depth + 1)]);
    }
    return Object.fromEntries(found);
  }

  private scalar(node: { value: unknown; type?: string; source?: string }, path: string): Value {
    const { value, type, source } = node;
    const truth = type === 'PLAIN' ? truthWord.exec(source ?? '') : null;
    if (truth !== null) return truth[1] !== undefined;
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new CardError(
        'expected a finite number; write other words in quotes',
        path,
        this.lines.get(path),
      );
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    return null;
  }
}

/**
 * Reads YAML 1.2 (and with it JSON) into plain values. Refuses what a card has no use for and what can be used to harm a
 * reader: more than one document, anchors, references, tags, doubled keys, keys of the prototype, deep nesting.
 *
 * @param firstLine the line of the file on which `text` begins
 * @throws CardError with field and line
 */
export function readYaml(text: string, firstLine = 1): Parsed {
  const counter = new LineCounter();
  const walk = new Walk(counter, firstLine);
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    // Comparing every key with every other one takes quadratic time; the walk finds doubled ones in linear time.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: counter,
  });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const isTooDeep = problem.code === 'RESOURCE_EXHAUSTION';
    const message = isTooDeep
      ? `nested deeper than ${limits.depth} levels`
      : problem.message.split('\n')[0]!.slice(0, 200);
    throw new CardError(message, '', walk.lineAt(problem.pos[0]), { cause: problem });
  }
  if (!isMap(document.contents)) throw new CardError('expected "field: value" lines', '', firstLine);
  return { fields: walk.value(document.contents, '', 0) as Mapping, lines: walk.lines };
}
