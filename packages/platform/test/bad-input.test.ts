import { beforeAll, expect, test } from 'vitest';
import {
  type Answer,
  ask,
  type Broken,
  buildBusyWorld,
  everythingStored,
  peoplePlan,
  replayPlan,
  type World,
} from './bad-input-world.ts';
import { type Server, startServer } from './noninterference/server.ts';

let server: Server;
let world: World;
let before: string[];
beforeAll(async () => {
  server = await startServer();
  world = await buildBusyWorld(server);
  before = await everythingStored(server);
});

type Case = [what: string, make: (world: World) => Broken, status: number, says: RegExp];
const manifest = (more: object) => ({
  path: '/v1/capabilities',
  body: {
    ...{ name: 'tool', version: '1.0.0', summary: 'x', profile: 'analysis' },
    implementation: { kind: 'command', executable: '/bin/true' },
    ...{ input: { type: 'object' }, output: { type: 'object' } },
    ...more,
  },
});
const plan = (more: object): Broken => ({ path: '/v1/campaigns', body: { ...peoplePlan, ...more } });
const space = (parameters: object[], more: object = {}): Broken => plan({ space: { parameters, ...more } });
const x = { kind: 'continuous', name: 'x', min: 0, max: 1 };
const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const freeze = (w: World, more: object): Broken => ({
  path: `/v1/campaigns/${w.ids.replay}/hypotheses`,
  body: { kind: 'prediction', confidence: 0.5, ...more },
});
const result = (experiment: string, outcome: object, campaign: string): Broken => ({
  path: `/v1/campaigns/${campaign}/results`,
  body: { results: [{ experiment, outcome }] },
});
const measured = (raw: string, w: World): Broken => ({
  path: `/v1/campaigns/${w.ids.people}/results`,
  raw: `{"results":[{"experiment":"${w.ids.waiting}","outcome":{"status":"measured","value":${raw}}}]}`,
});
const unknownOf = (id: string) => `${id.slice(0, 4)}${'0'.repeat(26)}`;
const get = (path: string): Broken => ({ method: 'GET', path });

const cases: Case[] = [
  // Who asks.
  ['no token', () => ({ ...get('/v1/me'), token: null }), 401, /Authorization: Bearer/],
  ['a malformed token', () => ({ ...get('/v1/me'), token: 'genesis_tok_x_y' }), 401, /malformed/],
  [
    'another scheme',
    () => ({ ...get('/v1/me'), token: null, headers: { authorization: 'Basic eDp5' } }),
    401,
    /malformed/,
  ],
  ['a very long token', () => ({ ...get('/v1/me'), token: 'x'.repeat(10_000) }), 401, /malformed/],
  ['a revoked token', (w) => ({ ...get('/v1/me'), token: w.tokens.revoked }), 401, /revoked/],
  ['an expired token', (w) => ({ ...get('/v1/me'), token: w.tokens.expired }), 401, /expired/],
  [
    'a token of another instance',
    (w) => ({ ...get('/v1/me'), token: `${w.owner.token.slice(0, -5)}AAAAA` }),
    401,
    /unknown/,
  ],
  ['a token without the right', (w) => ({ ...plan({}), token: w.tokens.narrow }), 403, /./],
  [
    'somebody from elsewhere',
    (w) => ({ path: `/v1/campaigns/${w.ids.people}/stop`, token: w.rival.token }),
    403,
    /./,
  ],
  [
    'a researcher who wants a backup',
    (w) => ({ path: '/v1/backup', token: w.rival.token }),
    403,
    /backup\.create|administrator/,
  ],
  // How the request is written.
  ['invalid JSON', () => ({ path: '/v1/campaigns', raw: '{"title": ' }), 400, /body: is not JSON/],
  ['an empty body', () => ({ path: '/v1/campaigns', raw: '' }), 400, /body: /],
  ['JSON that is no object', () => ({ path: '/v1/campaigns', raw: '[1,2]' }), 400, /body: .*object/],
  ['JSON a thousand levels deep', () => ({ path: '/v1/campaigns', raw: deep(1000) }), 400, /body: /],
  [
    'JSON a hundred thousand levels deep',
    () => ({ path: '/v1/runs', raw: `{"capability":"copier","input":${deep(100_000)}}` }),
    400,
    /body/,
  ],
  ['__proto__', () => ({ path: '/v1/campaigns', raw: '{"__proto__":{"isAdmin":true}}' }), 400, /body: /],
  [
    'constructor.prototype',
    () => ({ path: '/v1/campaigns', raw: '{"constructor":{"prototype":{"x":1}}}' }),
    400,
    /body: /,
  ],
  [
    '__proto__ deep within',
    () => ({ path: '/v1/runs', raw: '{"capability":"x","input":{"a":[{"__proto__":{}}]}}' }),
    400,
    /body: /,
  ],
  [
    'another content type',
    () => ({ path: '/v1/campaigns', raw: 'title=x', type: 'application/x-www-form-urlencoded' }),
    415,
    /application\/x-www-form-urlencoded/,
  ],
  ['text', () => ({ path: '/v1/campaigns', raw: '{}', type: 'text/plain' }), 415, /text\/plain/],
  [
    'a table in place of JSON',
    () => ({ path: '/v1/campaigns', raw: 'a,b\n', type: 'text/csv' }),
    400,
    /body/,
  ],
  ['no content type', () => ({ path: '/v1/campaigns', raw: '{}', type: null }), 415, /content type/],
  [
    'a body beyond the limit',
    () => ({ path: '/v1/campaigns', raw: `{"title":"${'x'.repeat(1_100_000)}"}` }),
    413,
    /larger than 1048576 bytes/,
  ],
  [
    'a body packed with gzip',
    () => ({ path: '/v1/campaigns', raw: '{}', headers: { 'content-encoding': 'gzip' } }),
    415,
    /content encoding "gzip"/,
  ],
  [
    'a body where none belongs',
    (w) => ({ path: `/v1/campaigns/${w.ids.people}/stop`, body: { force: true } }),
    400,
    /body: /,
  ],
  [
    'a method that is not possible',
    () => ({ method: 'DELETE', path: '/v1/campaigns' }),
    405,
    /possible: .*POST/,
  ],
  ['a path that is not there', () => get('/v1/nothing'), 404, /no such path/],
  [
    'a path that leaves its folder',
    (w) => get(`/v1/runs/${w.ids.ended}/outputs/..%2f..%2f..%2fetc%2fpasswd`),
    400,
    /relative path/,
  ],
  ['a path that is no URL', () => get('/v1/datasets/%zz'), 400, /path: /],
  ['an id of another kind', (w) => get(`/v1/datasets/${w.ids.version}`), 400, /params\.id: /],
  ['an id as a path', () => get('/v1/datasets/..%2f..%2fadmin.token'), 400, /params\.id: /],
  ['an id that is not there', (w) => get(`/v1/datasets/${unknownOf(w.ids.dataset)}`), 404, /nothing here/],
  ['an unknown query field', () => get('/v1/datasets?limt=5'), 400, /query: .*limt/],
  ['a page of no rows', () => get('/v1/datasets?limit=0'), 400, /query\.limit: .*1/],
  ['a page of everything', () => get('/v1/datasets?limit=1e400'), 400, /query\.limit/],
  [
    'a cursor that was changed',
    (w) => get(`/v1/datasets?cursor=${w.tokens.cursor.slice(0, -4)}AAAA`),
    400,
    /query\.cursor: /,
  ],
  ['a cursor of another list', (w) => get(`/v1/runs?cursor=${w.tokens.cursor}`), 400, /query\.cursor: /],
  ['a cursor that is none', () => get('/v1/datasets?cursor=%00'), 400, /query\.cursor: /],
  [
    'an idempotency key with spaces',
    () => ({ ...plan({}), headers: { 'idempotency-key': 'a b' } }),
    400,
    /Idempotency-Key: /,
  ],
  [
    'an idempotency key of another request',
    () => ({ ...plan({ title: 'other' }), headers: { 'idempotency-key': 'used' } }),
    422,
    /"used" was used for another request/,
  ],
  // Plans of campaigns.
  ['an unknown field', () => plan({ budgget: 5 }), 400, /body: .*budgget/],
  [
    'a missing field',
    () => ({ path: '/v1/campaigns', body: { title: 'x' } }),
    400,
    /body\.source: .*body\.objective: /,
  ],
  ['a wrong type', () => plan({ budget: '4' }), 400, /body\.budget: .*number/],
  ['a negative budget', () => plan({ budget: -1 }), 400, /body\.budget: .*>=2/],
  ['a huge budget', () => plan({ budget: 1e9 }), 400, /body\.budget: .*<=10000/],
  [
    'a budget beyond all numbers',
    () => ({
      path: '/v1/campaigns',
      raw: JSON.stringify(peoplePlan).replace('"budget":4', '"budget":1e400'),
    }),
    400,
    /body\.budget: /,
  ],
  ['more starts than budget', () => plan({ starts: 9 }), 400, /body\.starts: at most the budget of 4/],
  [
    'a wrong word',
    () => plan({ objective: { name: 'y', goal: { kind: 'maximise' } } }),
    400,
    /body\.objective\.goal\.kind: .*minimize/,
  ],
  [
    'no control arm',
    () =>
      plan({
        arms: [
          { name: 'a', strategy: 'thompson-sampling' },
          { name: 'b', strategy: 'thompson-sampling' },
        ],
      }),
    400,
    /body\.arms: exactly one arm is the control/,
  ],
  [
    'two arms of one name',
    () =>
      plan({
        arms: [
          { name: 'a', strategy: 'random' },
          { name: 'a', strategy: 'thompson-sampling' },
        ],
      }),
    400,
    /body\.arms: two arms share a name/,
  ],
  ['no parameters', () => space([]), 400, /body\.space\.parameters: /],
  ['two parameters of one name', () => space([x, x]), 400, /space.*"x"/],
  ['a parameter without room', () => space([{ ...x, min: 1, max: 1 }]), 400, /space.*"?x"?/],
  ['a parameter upside down', () => space([{ ...x, min: 2, max: 1 }]), 400, /space.*x/],
  [
    'a logarithm of zero',
    () => space([{ ...x, scale: 'log' }]),
    400,
    /space\.parameters\[0\]\.min: must be above 0/,
  ],
  [
    'one choice twice',
    () => space([{ kind: 'categorical', name: 'c', choices: ['a', 'a'] }]),
    400,
    /space.*c/,
  ],
  [
    'a constraint on nothing',
    () => space([x], { constraints: [{ coefficients: { z: 1 }, max: 1 }] }),
    400,
    /space.*z/,
  ],
  [
    'constraints that nothing fits',
    () => space([x], { constraints: [{ coefficients: { x: 1 }, max: -1 }] }),
    400,
    /space/,
  ],
  [
    'a parameter called __proto__',
    () => ({
      path: '/v1/campaigns',
      raw: JSON.stringify(peoplePlan).replace('"name":"x"', '"name":"__proto__"'),
    }),
    400,
    /body\.space\.parameters\.0\.name: .*reserved/,
  ],
  ['a title of control characters', () => plan({ title: 'a\u0007b' }), 400, /body\.title: .*control/],
  ['a title that turns text around', () => plan({ title: 'a\u202Eb' }), 400, /body\.title: .*control/],
  ['a title of nothing', () => plan({ title: ' \u00a0\u2003 ' }), 400, /body\.title: /],
  ['a NUL in a title', () => plan({ title: 'a\u0000b' }), 400, /body\.title: /],
  [
    'half a character in a seed',
    () => ({
      path: '/v1/campaigns',
      raw: JSON.stringify({ ...peoplePlan, seed: 'SEED' }).replace('SEED', '\\ud800'),
    }),
    400,
    /body\.seed: /,
  ],
  ['a NUL in a seed', () => plan({ seed: 'a\u0000b' }), 400, /body\.seed: /],
  [
    'an unknown instrument',
    () => plan({ source: { kind: 'capability', capability: 'nothing' } }),
    404,
    /no capability of this name/,
  ],
  [
    'a constant objective',
    (w) => ({
      path: '/v1/campaigns',
      body: { ...replayPlan(tableOf(w)), objective: { name: 'same', goal: { kind: 'maximize' } } },
    }),
    400,
    /objective\.name: .*one value throughout/,
  ],
  [
    'an objective of words',
    (w) => ({
      path: '/v1/campaigns',
      body: { ...replayPlan(tableOf(w)), objective: { name: 'note', goal: { kind: 'maximize' } } },
    }),
    400,
    /objective\.name: .*text/,
  ],
  [
    'an objective that is no column',
    (w) => ({
      path: '/v1/campaigns',
      body: { ...replayPlan(tableOf(w)), objective: { name: 'zzz', goal: { kind: 'maximize' } } },
    }),
    400,
    /zzz/,
  ],
  [
    'an input that is no column',
    (w) => ({
      path: '/v1/campaigns',
      body: { ...replayPlan(tableOf(w)), source: { kind: 'table', ...tableOf(w), inputs: ['a', 'b', 'q'] } },
    }),
    400,
    /q/,
  ],
  [
    'inputs that part replicates',
    (w) => ({
      path: '/v1/campaigns',
      body: { ...replayPlan(tableOf(w)), source: { kind: 'table', ...tableOf(w), inputs: ['a'] } },
    }),
    400,
    /source\.inputs: .*"b"/,
  ],
  [
    'a space for a table',
    (w) => ({ path: '/v1/campaigns', body: { ...replayPlan(tableOf(w)), space: { parameters: [x] } } }),
    400,
    /body\.space: .*leave it out/,
  ],
  [
    'a category that is none',
    () => plan({ label: { level: 'public', categories: ['CUI!'] } }),
    400,
    /body\.label\.categories\.0: /,
  ],
  ['an unknown level', () => plan({ label: { level: 'secret' } }), 400, /body\.label\.level: .*controlled/],
  // Results.
  [
    'a result for nothing',
    (w) => result(unknownOf(w.ids.waiting), { status: 'measured', value: 1 }, w.ids.people),
    400,
    /results\.0\.experiment: .*no such experiment/,
  ],
  [
    'another result for the same experiment',
    (w) => result(w.ids.recorded, { status: 'measured', value: 2 }, w.ids.people),
    400,
    /results\.0\.experiment: .*already/,
  ],
  ['a result of 1e400', (w) => measured('1e400', w), 400, /value: /],
  ['a result of NaN', (w) => measured('NaN', w), 400, /body: is not JSON/],
  ['a result as text', (w) => measured('"1"', w), 400, /value: .*number/],
  [
    'no results',
    (w) => ({ path: `/v1/campaigns/${w.ids.people}/results`, body: { results: [] } }),
    400,
    /body\.results: /,
  ],
  [
    'one result twice',
    (w) => ({
      path: `/v1/campaigns/${w.ids.people}/results`,
      body: {
        results: [1, 2].map(() => ({ experiment: w.ids.waiting, outcome: { status: 'measured', value: 1 } })),
      },
    }),
    400,
    /named twice/,
  ],
  [
    'a result for an instrument',
    (w) => result(w.ids.waiting, { status: 'measured', value: 1 }, w.ids.replay),
    409,
    /instrument/,
  ],
  [
    'suggestions for an instrument',
    (w) => ({ path: `/v1/campaigns/${w.ids.replay}/suggestions`, body: {} }),
    409,
    /instrument/,
  ],
  [
    'a thousand thousand suggestions',
    (w) => ({ path: `/v1/campaigns/${w.ids.people}/suggestions`, body: { count: 1e6 } }),
    400,
    /body\.count: .*1000/,
  ],
  [
    'going on with what never stopped',
    (w) => ({ path: `/v1/campaigns/${w.ids.replay}/resume` }),
    409,
    /explored/,
  ],
  [
    'a model of nothing measured',
    (w) => ({ path: `/v1/campaigns/${w.ids.people}/models`, body: { name: '' } }),
    400,
    /body\.name: /,
  ],
  [
    'a model named with a path',
    (w) => ({ path: `/v1/campaigns/${w.ids.replay}/models`, body: { name: '../../x' } }),
    400,
    /body\.name: /,
  ],
  // Hypotheses.
  [
    'freezing while exploring',
    (w) => ({
      path: `/v1/campaigns/${w.ids.people}/hypotheses`,
      body: { kind: 'prediction', confidence: 0.5 },
    }),
    409,
    /still exploring/,
  ],
  ['an alpha of zero', (w) => freeze(w, { alpha: 0 }), 400, /body\.alpha: .*>0/],
  ['an alpha above the family', (w) => freeze(w, { alpha: 0.2 }), 400, /body\.alpha: .*0\.05/],
  ['complete confidence', (w) => freeze(w, { confidence: 1 }), 400, /body\.confidence: .*<1/],
  ['too small a sample', (w) => freeze(w, { sampleSize: 2 }), 400, /body\.sampleSize: .*>=5/],
  [
    'a sample that can support nothing',
    (w) => freeze(w, { sampleSize: 5, alpha: 0.0001 }),
    400,
    /sampleSize: 5 units cannot support/,
  ],
  [
    'a larger sample than is sealed',
    (w) => freeze(w, { sampleSize: 500 }),
    400,
    /sampleSize: the sealed part has/,
  ],
  [
    'a threshold out of reach',
    (w) => freeze(w, { threshold: 0.95, minimalEffect: 0.5 }),
    400,
    /threshold: .*between 0 and 1/,
  ],
  ['too few starts', (w) => freeze(w, { kind: 'arms', sampleSize: 10 }), 400, /body\.sampleSize: .*>=20/],
  ['another kind of claim', (w) => freeze(w, { kind: 'feeling' }), 400, /body\.kind: .*prediction/],
  ['opening twice', (w) => ({ path: `/v1/hypotheses/${w.ids.opened}/open` }), 409, /opened once/],
  [
    'opening what was abandoned',
    (w) => ({ path: `/v1/hypotheses/${w.ids.abandoned}/open` }),
    409,
    /abandoned/,
  ],
  [
    'abandoning what was opened',
    (w) => ({ path: `/v1/hypotheses/${w.ids.opened}/abandon` }),
    409,
    /concluded/,
  ],
  ['more alpha than is left', (w) => ({ path: `/v1/hypotheses/${w.ids.greedy}/open` }), 409, /alpha/],
  // Models, capabilities and runs.
  [
    'a design without its inputs',
    (w) => ({ path: `/v1/models/${w.ids.model}/predict`, body: { designs: [{}] } }),
    400,
    /designs\.0.*"?a"?/,
  ],
  [
    'a design with an unknown input',
    (w) => ({ path: `/v1/models/${w.ids.model}/predict`, body: { designs: [{ a: 1, b: 1, z: 1 }] } }),
    400,
    /designs\.0.*z/,
  ],
  [
    'a design of words',
    (w) => ({ path: `/v1/models/${w.ids.model}/predict`, body: { designs: [{ a: 'x', b: 'y' }] } }),
    400,
    /designs\.0.*a/,
  ],
  [
    'no designs',
    (w) => ({ path: `/v1/models/${w.ids.model}/predict`, body: { designs: [] } }),
    400,
    /body\.designs: /,
  ],
  [
    'an unknown capability',
    () => ({ path: '/v1/runs', body: { capability: 'nothing', input: {} } }),
    404,
    /no capability/,
  ],
  [
    'an input that does not fit',
    () => ({ path: '/v1/runs', body: { capability: 'stober-silica', input: { x: 1 } } }),
    400,
    /input/,
  ],
  [
    'a dataset that is not there',
    (w) => ({
      path: '/v1/runs',
      body: { capability: w.ids.tool, input: {}, datasets: [{ name: 't', version: 'x' }] },
    }),
    404,
    /nothing here/,
  ],
  [
    'a dataset named with a path',
    (w) => ({
      path: '/v1/runs',
      body: { capability: w.ids.tool, input: {}, datasets: [{ name: '../../t', version: w.ids.version }] },
    }),
    400,
    /body\.datasets\.0\.name: .*relative path/,
  ],
  [
    'a dataset named with a backslash',
    (w) => ({
      path: '/v1/runs',
      body: { capability: w.ids.tool, input: {}, datasets: [{ name: 'a\\b', version: w.ids.version }] },
    }),
    400,
    /body\.datasets\.0\.name: .*backslashes/,
  ],
  [
    'two datasets of one name',
    (w) => ({
      path: '/v1/runs',
      body: {
        capability: w.ids.tool,
        input: {},
        datasets: [1, 2].map(() => ({ name: 't', version: w.ids.version })),
      },
    }),
    400,
    /datasets.*twice/,
  ],
  [
    'a dataset in place of the input',
    (w) => ({
      path: '/v1/runs',
      body: { capability: w.ids.tool, input: {}, datasets: [{ name: 'input.json', version: w.ids.version }] },
    }),
    400,
    /datasets.*input\.json/,
  ],
  [
    'cancelling what has ended',
    (w) => ({ path: `/v1/runs/${w.ids.ended}/cancel` }),
    409,
    /The run is \w+ already/,
  ],
  ['a schema that is none', () => manifest({ input: { type: 'objekt' } }), 400, /input: not a JSON Schema/],
  [
    'a schema that refers elsewhere',
    () => manifest({ input: { $ref: 'http://example.org/x' } }),
    400,
    /input: not a JSON Schema/,
  ],
  [
    'an endless schema',
    () => manifest({ input: { description: 'x'.repeat(200_000) } }),
    400,
    /input: longer than/,
  ],
  ['a capability named with a path', () => manifest({ name: '../tool' }), 400, /body\.name: .*lower-case/],
  [
    'a NUL in a command',
    () => manifest({ implementation: { kind: 'command', executable: '/bin/sh', arguments: ['a\u0000b'] } }),
    400,
    /NUL/,
  ],
  [
    'a variable that is none',
    () =>
      manifest({ implementation: { kind: 'command', executable: '/bin/sh', environment: { 'a=b': 'c' } } }),
    400,
    /environment/,
  ],
  [
    'memory without end',
    () => manifest({ resources: { memoryBytes: 1e300 } }),
    400,
    /body\.resources\.memoryBytes: /,
  ],
  [
    'no time at all',
    () => manifest({ resources: { durationSeconds: 0 } }),
    400,
    /body\.resources\.durationSeconds: .*>0/,
  ],
  [
    'a function that does not ship',
    () => manifest({ name: 'exit', implementation: { kind: 'function', function: 'process.exit' } }),
    400,
    /function/,
  ],
  ['a capability that is there', (w) => manifest({ name: w.ids.tool }), 409, /already/],
  // People.
  [
    'an organisation of no name',
    (w) => ({ path: '/v1/organisations', body: { name: '\u200b' }, token: w.tokens.admin }),
    400,
    /body\.name: .*control/,
  ],
  [
    'a person in no organisation',
    (w) => ({
      path: '/v1/principals',
      body: { kind: 'person', name: 'x', organisation: 'org_nowhere' },
      token: w.tokens.admin,
    }),
    400,
    /organisation: /,
  ],
  [
    'a role in no organisation',
    (w) => ({
      path: `/v1/principals/${w.owner.id}/roles`,
      body: { organisation: 'org_nowhere', role: 'researcher' },
      token: w.tokens.admin,
    }),
    400,
    /organisation: /,
  ],
  [
    'a role that is none',
    (w) => ({
      path: `/v1/principals/${w.owner.id}/roles`,
      body: { organisation: 'x', role: 'god' },
      token: w.tokens.admin,
    }),
    400,
    /body\.role: .*researcher/,
  ],
  [
    'a token for a thousand years',
    (w) => ({
      path: `/v1/principals/${w.owner.id}/tokens`,
      body: { name: 'x', days: 365_000 },
      token: w.tokens.admin,
    }),
    400,
    /body\.days: .*366/,
  ],
  [
    'a token for nothing',
    (w) => ({
      path: `/v1/principals/${w.owner.id}/tokens`,
      body: { name: 'x', scopes: ['data set'] },
      token: w.tokens.admin,
    }),
    400,
    /body\.scopes\.0: expected/,
  ],
  // The ledger.
  ['a proof of a shrinking tree', () => get('/v1/ledger/consistency?from=5&to=2'), 400, /from/],
  ['a proof beyond the ledger', () => get('/v1/ledger/consistency?from=1&to=900000'), 400, /to/],
  ['a proof of half a size', () => get('/v1/ledger/consistency?from=1.5&to=2'), 400, /query\.from: /],
  [
    'a note that is none',
    (w) => ({
      path: '/v1/ledger/witness',
      body: { note: 'x', verifierKey: 'y', proof: [] },
      token: w.tokens.admin,
    }),
    400,
    /verifierKey|note/,
  ],
  [
    'a cosignature of another ledger',
    (w) => ({
      path: '/v1/ledger/cosignatures',
      body: { note: 'x\n1\nAAAA\n\n— a AAAA\n', verifierKey: 'a+1+2' },
      token: w.tokens.admin,
    }),
    400,
    /verifierKey|note/,
  ],
];
const tableOf = (w: World) => ({ version: w.ids.version, split: w.ids.split });

test.each(cases)('%s', async (_, make, status, says) => {
  const answer: Answer = await ask(server.url, world.owner.token, make(world));
  expect({ status: answer.status, detail: answer.problem.detail ?? answer.text.slice(0, 300) }).toEqual({
    status,
    detail: expect.stringMatching(says) as unknown,
  });
  expect(answer.problem.status).toBe(status);
  expect(answer.text).not.toMatch(/node_modules|\.ts:\d|at async/);
  expect(await everythingStored(server)).toEqual(before);
});

test('after all of that the platform works as before', async () => {
  const { owner, ids } = world;
  const { status } = await ask(server.url, owner.token, {
    path: `/v1/campaigns/${ids.people}/results`,
    body: { results: [{ experiment: ids.waiting, outcome: { status: 'measured', value: 2 } }] },
  });
  expect(status).toBe(200);
});
