import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleReport } from './assemble.ts';
import type { ReportFacts } from './facts.ts';
import { renderReport } from './render.ts';
import { hypothesisFacts, predictionClaim, sampleExperiments, sampleFacts } from './sample-facts.ts';

const page = (facts: ReportFacts): string => renderReport(assembleReport(facts));

const elements = new Set(
  'html head meta title style body header main section article footer h1 h2 h3 p dl div dt dd ul li span strong code pre blockquote figure figcaption details summary table thead tbody tr th td svg desc g path line circle rect text'.split(
    ' ',
  ),
);
const attributes = new Set(
  'lang charset http-equiv content name class id aria-labelledby aria-label aria-hidden role tabindex scope viewBox d x y x1 y1 x2 y2 cx cy r rx dx width height text-anchor'.split(
    ' ',
  ),
);
const tag = /<(\/?)([a-zA-Z0-9]+)((?:\s+[\w:-]+="[^"<>]*")*)\s*\/?>/g;

/** Every problem of a page that is to hold nothing but our own harmless elements; empty for a sound page. */
function problems(markup: string): string[] {
  const body = markup.replace(/^<!doctype html>/, '').replace(/<style>[\s\S]*?<\/style>/, '<style></style>');
  const tags = [...body.matchAll(tag)];
  const names = tags.map((one) => one[2]!);
  const used = tags.flatMap((one) => [...one[3]!.matchAll(/([\w:-]+)="/g)].map((match) => match[1]!));
  const ids = [...body.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]!);
  const wanted = [...body.matchAll(/aria-labelledby="([^"]*)"/g)].flatMap((match) => match[1]!.split(' '));
  const headings = names.flatMap((name, i) =>
    /^h[1-6]$/.test(name) && tags[i]![1] === '' ? [Number(name[1])] : [],
  );
  return [
    ...names.filter((name) => !elements.has(name)).map((name) => `element ${name}`),
    ...used.filter((name) => !attributes.has(name)).map((name) => `attribute ${name}`),
    ...[...body.replace(tag, '').matchAll(/.{0,30}[<>].{0,30}/g)].map(([stray]) => `stray ${stray}`),
    ...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `id ${id} twice`),
    ...wanted.filter((id) => !ids.includes(id)).map((id) => `no id ${id}`),
    ...headings
      .filter((level, i) => level > (headings[i - 1] ?? 0) + 1)
      .map((level) => `h${level} skips a level`),
    ...[...markup.matchAll(/NaN|Infinity|undefined|\[object/g)].map(([word]) => `says ${word}`),
    ...[...markup.matchAll(/(?!\n)[\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2066\u2067]/gu)].map(
      () => 'control character',
    ),
  ];
}

/** The same data with another value for every string, whatever it means, and for every number where one is given. */
function replaced(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text;
  if (Array.isArray(value)) return value.map((item) => replaced(item, text));
  if (typeof value !== 'object' || value === null) return value;
  const kept = new Set([
    'kind',
    'status',
    'state',
    'side',
    'direction',
    'arm',
    'strategy',
    'outcome',
    'independence',
    'family',
    'madeAt',
  ]);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      kept.has(key) && typeof item === 'string' ? item : replaced(item, text),
    ]),
  );
}

/** Hostile where people choose the text: everything but what the platform itself decides. */
function hostile(facts: ReportFacts, text: string): ReportFacts {
  const report = assembleReport(facts);
  expect(problems(renderReport(replaced(report, text) as typeof report))).toEqual([]);
  const { plan, space } = facts.campaign;
  return {
    ...facts,
    sourceName: text,
    challenge: { number: 1, name: text },
    campaign: {
      ...facts.campaign,
      plan: { ...plan, title: text, objective: { ...plan.objective, name: text, unit: text } },
      space: { ...space, parameters: [{ kind: 'categorical', name: text, choices: [text] }] },
    },
    experiments: {
      shown: true,
      value: sampleExperiments(1, 6).map((one) => ({
        ...one,
        design: { [text]: text },
        outcome: one.outcome?.status === 'failed' ? { status: 'failed', reason: text } : one.outcome,
      })),
    },
    models: facts.models.map((model) => ({
      ...model,
      name: text,
      metrics: [{ name: text, value: 1, on: text, n: 1 }],
    })),
  };
}

const payloads = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '</title></style><script>alert(1)</script>',
  '<svg/onload=alert(1)>',
  '&lt;script&gt;&#60;b&#62;',
  'javascript:alert(1)',
  ']]><!--<b>',
  '\u202egnp.exe\u202c \u2066hidden\u2069 \u200b\u200f\u0000\u001b[31m',
  'שלום <b>עולם</b>',
  `e${'\u0301'.repeat(500)}`,
  '\ud800 alone',
  'x'.repeat(5000),
  '{{7*7}} `',
];

test.each(payloads)('a hostile text stays text: %j', (payload) => {
  const markup = page(hostile(sampleFacts(), payload));
  expect(problems(markup)).toEqual([]);
  expect(markup).not.toContain('<script');
  expect(markup).not.toContain('<img');
});

test('characters that reorder text are shown by their number', () => {
  expect(page(hostile(sampleFacts(), 'a\u202eb'))).toContain('a[U+202E]b');
});

test('any text and any finite number give a sound page', () => {
  const facts = sampleFacts();
  const value = fc.double({ noNaN: true, noDefaultInfinity: true });
  const experiment = fc.record({ arm: fc.constantFrom('clever', 'random'), repeat: fc.nat(3), value });
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.array(experiment, { maxLength: 12 }),
      fc.constantFrom('minimize', 'maximize', 'target'),
      value,
      (text, values, kind, aim) => {
        const { plan } = facts.campaign;
        const goal = kind === 'target' ? { kind, value: aim } : { kind };
        const experiments = values.map((one, index) => ({
          arm: one.arm,
          repeat: one.repeat,
          index,
          design: { teos: one.value, base: text },
          outcome: { status: 'measured' as const, value: one.value },
        }));
        const markup = page({
          ...facts,
          campaign: {
            ...facts.campaign,
            plan: { ...plan, title: text, objective: { name: text, unit: text, goal } },
          },
          experiments: { shown: true, value: experiments },
        });
        expect(problems(markup)).toEqual([]);
      },
    ),
    { numRuns: 30 },
  );
});

test('the page says in its policy that only its own style sheet counts', () => {
  const markup = page(sampleFacts());
  const style = /<style>([\s\S]*?)<\/style>/.exec(markup)![1]!;
  const hash = createHash('sha256').update(style, 'utf8').digest('base64');
  expect(markup).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;`);
  expect(markup).not.toMatch(/url\(|@import|https?:|\sstyle=|\son\w+=/);
  expect(markup.match(/<svg/g)!.length).toBeGreaterThan(6);
});

test.each([
  ['nothing at all', 1, 0],
  ['one experiment of each arm', 1, 1],
  ['a hundred repeats', 100, 20],
])('%s gives a sound page', (_, repeats, budget) => {
  const facts = sampleFacts();
  const experiments = sampleExperiments(repeats, budget);
  const markup = page({ ...facts, experiments: { shown: true, value: experiments } });
  expect(problems(markup)).toEqual([]);
  expect(markup.length).toBeLessThan(1_500_000);
});

test('without hypotheses the page says that nothing was tested', () => {
  const markup = page({ ...sampleFacts(), hypotheses: [], families: [], models: [] });
  expect(problems(markup)).toEqual([]);
  expect(markup).toContain('nothing here has been tested');
});

test('the largest numbers are drawn', () => {
  const facts = sampleFacts();
  const { plan } = facts.campaign;
  const experiments = [1e308, -1e308, 5e-324, -1e308].map((value, index) => ({
    arm: index < 2 ? 'clever' : 'random',
    repeat: 0,
    index: index % 2,
    design: { teos: value, base: 'A' },
    outcome: { status: 'measured' as const, value },
  }));
  const objective = { ...plan.objective, goal: { kind: 'maximize' as const } };
  const markup = page({
    ...facts,
    campaign: { ...facts.campaign, plan: { ...plan, objective } },
    experiments: { shown: true, value: experiments },
  });
  expect(problems(markup)).toEqual([]);
  expect(markup).toContain('10³⁰⁸');
});

test('every freeze is on the page, the abandoned one too, with its verdict in words', () => {
  const markup = page(sampleFacts());
  for (const id of ['hyp_1', 'hyp_2', 'hyp_3']) expect(markup).toContain(`<code>${id}</code>`);
  expect(markup).toContain('Abandoned, never opened');
  expect(markup).toContain('Supported</span>');
  expect(markup).toContain('0 (exhausted)');
  expect(markup).toContain('genesis verify crate.zip --key FILE');
});

test('what is withheld is named with its reason, and nothing of it is told in passing', () => {
  const facts = sampleFacts();
  const reason = 'confirm rows need the purpose "evaluate"';
  const [first] = facts.hypotheses;
  const hidden = { shown: false, reason } as const;
  const markup = page({
    ...facts,
    experiments: hidden,
    hypotheses: [{ ...first!, verdict: hidden, rows: hidden }],
  });
  expect(problems(markup)).toEqual([]);
  expect(markup.split('confirm rows need the purpose &quot;evaluate&quot;').length - 1).toBe(3);
  expect(markup).toContain('1 verdict is withheld');
  expect(markup).not.toMatch(
    /Supported<|Small-angle|flocculated|<table[^>]*aria-label="The arms"|Brier score of/,
  );
});

test('rows may be withheld where the verdict is not', () => {
  const facts = sampleFacts();
  const claim = predictionClaim();
  const shown = hypothesisFacts('hyp_9', claim, []);
  const markup = page({
    ...facts,
    hypotheses: [{ ...shown, rows: { shown: false, reason: 'not cleared' } }],
  });
  expect(markup).toContain('The data behind this verdict is withheld from this report: not cleared');
  expect(markup).toContain('exact binomial test');
});

test('equal facts give equal pages', () => {
  expect(page(sampleFacts())).toBe(page(sampleFacts()));
});
