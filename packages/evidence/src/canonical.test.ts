import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalHash, canonicalJson, parseCanonicalJson } from './canonical.ts';
import { MalformedError } from './malformed.ts';

test('the examples of the RFC 8785 test data come out byte for byte', () => {
  const values = JSON.parse(
    '{"numbers":[1E30,4.50,333333333.33333329,2e-3,0.000000000000000000000000001],' +
      '"escaping":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  ) as unknown;
  expect(canonicalJson(values)).toBe(
    '{"escaping":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/","literals":[null,true,false],' +
      '"numbers":[1e+30,4.5,333333333.3333333,0.002,1e-27]}',
  );
  const weird = JSON.parse(
    '{"\\u20ac":"Euro Sign","1":"One","\\u0080":"Control\\u007f","\\ud83d\\ude02":"Smiley",' +
      '"\\u00f6":"o","\\ufb33":"Dalet","</script>":"Browser"}',
  ) as object;
  expect(Object.keys(parseCanonicalJson(canonicalJson(weird)) as object)).toEqual([
    '1',
    '</script>',
    '\u0080',
    'ö',
    '€',
    '😂',
    '\ufb33',
  ]);
  // RFC 8785 appendix B: a few of its doubles.
  expect(canonicalJson([-0, 5e-324, 1.7976931348623157e308, 9007199254740992, 1e21, 1e-7])).toBe(
    '[0,5e-324,1.7976931348623157e+308,9007199254740992,1e+21,1e-7]',
  );
});

test.each([
  [{ a: Number.NaN }, '/a is NaN'],
  [{ a: [1, Number.POSITIVE_INFINITY] }, '/a/1 is Infinity'],
  ['\ud800', 'lone surrogate'],
  [{ '\udc00': 1 }, 'lone surrogate'],
  [{ a: undefined }, '/a is of type undefined'],
  [new Array(1), '/0 is of type undefined'],
  [1n, 'bigint'],
  [new Date(0), 'instance of a class'],
  [new Map(), 'instance of a class'],
  [() => 1, 'function'],
])('refuses %s', (value, message) => {
  expect(() => canonicalJson(value)).toThrow(MalformedError);
  expect(() => canonicalJson(value)).toThrow(message);
});

test('refuses cycles by their depth', () => {
  const loop: unknown[] = [];
  loop.push(loop);
  expect(() => canonicalJson(loop)).toThrow('deeper than 200');
});

test.each([
  '{"b":1,"a":2}',
  '{"a":1,"a":1}',
  '[1.0]',
  '[-0]',
  '[1, 2]',
  ' 1',
  '"\\u0041"',
  '{',
  '\ufeff1',
  '1\n',
])('refuses %s as not canonical', (text) => {
  expect(() => parseCanonicalJson(text)).toThrow(MalformedError);
  expect(() => parseCanonicalJson(Buffer.from(text))).toThrow(MalformedError);
});

test('refuses bytes that are not UTF-8', () => {
  expect(() => parseCanonicalJson(Buffer.from([0x22, 0xc0, 0xaf, 0x22]))).toThrow('not UTF-8');
});

test('reading and writing are inverse, and neither order nor spelling of the source matters', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = canonicalJson(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(parseCanonicalJson(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  expect(canonicalHash({ b: 1, a: [2] })).toBe(canonicalHash({ a: [2], b: 1 }));
});

test('a key named __proto__ is an ordinary key', () => {
  const text = '{"__proto__":{"a":1},"b":2}';
  expect(canonicalJson(parseCanonicalJson(text))).toBe(text);
});

test('the order of keys is that of UTF-16 code units also for keys that look like numbers', () => {
  expect(canonicalJson({ 9: 1, 10: 2, a: { 2: 0, 1: 0 } })).toBe('{"10":2,"9":1,"a":{"1":0,"2":0}}');
  expect(canonicalJson(parseCanonicalJson('{"10":2,"9":1}'))).toBe('{"10":2,"9":1}');
  expect(() => parseCanonicalJson('{"9":1,"10":2}')).toThrow(MalformedError);
});

test('a method named toJSON changes nothing in silence', () => {
  const list: unknown[] & { toJSON?: () => number } = [1];
  list.toJSON = () => 2;
  expect(canonicalJson(list)).toBe('[1]');
  expect(() => canonicalJson({ toJSON: () => 2 })).toThrow('function');
});

test('escaped lone surrogates in a text are refused', () => {
  expect(() => parseCanonicalJson('"\\ud800"')).toThrow('lone surrogate');
  expect(parseCanonicalJson('"\\\\ud800"')).toBe('\\ud800');
});
