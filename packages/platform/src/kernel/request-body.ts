import { invalidField } from '@genesis/contracts';

/** Levels of lists and objects within each other; everything that walks a body may do so by recursion. */
const mostLevels = 100;

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
};

/** Refuses fields that nothing would read; streams are for the route alone. */
export function assertTakesBody(body: unknown, takes: boolean): void {
  if (takes || body === undefined || body === null) return;
  if (typeof body === 'object' && (!isPlain(body) || Object.keys(body).length === 0)) return;
  throw invalidField('body', 'nothing is taken here: leave it out');
}

/**
 * Refuses JSON that cannot be kept: text with NUL or half a character (a lone surrogate), which no database holds, and
 * lists and objects nested deeper than anybody reads. Looks at every value once, without recursion.
 */
export function assertWritable(whole: unknown, name = 'body'): void {
  type Place = { value: unknown; field: string; level: number };
  const waiting: Place[] = [{ value: whole, field: name, level: 0 }];
  const checkText = (text: string, field: string) => {
    if (text.includes('\0') || !text.isWellFormed())
      throw invalidField(field, 'NUL characters and halves of characters (lone surrogates) are not allowed');
  };
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const { value, field, level } = place;
    if (typeof value === 'string') checkText(value, field);
    if (typeof value !== 'object' || value === null || !isPlain(value)) continue;
    if (level >= mostLevels) throw invalidField(name, `nested deeper than ${mostLevels} levels`);
    for (const [key, part] of Object.entries(value)) {
      checkText(key, `${field}, a name`);
      waiting.push({ value: part, field: `${field}.${key}`, level: level + 1 });
    }
  }
}
