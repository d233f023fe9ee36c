import { type Space, spaceSchema } from '@genesis/contracts';
import { InvalidArgumentError } from 'commander';

type Parameter = Space['parameters'][number];

const number = String.raw`-?\d+(?:\.\d+)?(?:e[+-]?\d+)?`;
const range = new RegExp(`^(${number})\\.\\.(${number})(?:\\s+(.+))?$`, 'i');
const help =
  'expected NAME=MIN..MAX [unit], NAME=MIN..MAX integer, NAME=MIN..MAX log, NAME=a|b|c, or NAME=fraction';

function parse(text: string): unknown {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(help);
  const name = text.slice(0, at).trim();
  const what = text.slice(at + 1).trim();
  if (what === 'fraction') return { kind: 'fraction', name, group: 'composition' };
  const match = range.exec(what);
  if (match === null) {
    if (!what.includes('|')) throw new InvalidArgumentError(help);
    return { kind: 'categorical', name, choices: what.split('|').map((choice) => choice.trim()) };
  }
  const [, min, max, more] = match;
  const bounds = { name, min: Number(min), max: Number(max) };
  if (more === 'integer') return { kind: 'integer', ...bounds };
  if (more === 'log') return { kind: 'continuous', ...bounds, scale: 'log' };
  return { kind: 'continuous', ...bounds, ...(more === undefined ? {} : { unit: more }) };
}

/** A parser of one parameter that a campaign may vary; given several times it gathers them. */
export function parseParameter(text: string, before: Parameter[] = []): Parameter[] {
  const checked = spaceSchema.shape.parameters.element.safeParse(parse(text));
  if (!checked.success) throw new InvalidArgumentError(help);
  return [...before, checked.data];
}
