import { canonicalRowKey, parseVerifierKey, type SplitRule, sideOf, verifyCrate } from '@genesis/evidence';
import { beforeAll, expect, test } from 'vitest';
import {
  type Asking,
  asking,
  explored,
  freeze,
  imported,
  opened,
  person,
  trained,
} from './campaign-world.ts';
import { send } from './noninterference/client.ts';
import { type Server, startServer } from './noninterference/server.ts';

// A sealed row with an empty input stopped the confirming run for good. In a table cut by groups each design was a unit,
// although the sample was planned in groups. A table without replicates was said to be scored on fresh ones.

const groups = 24;
const each = 3;
const cut = { split: { group: 'g', seed: 'cut', confirmFraction: 0.4 } };
/** One design a row, three in a group; `empty` lacks one input. */
const table = (empty: number): string =>
  [
    'g,b,y',
    ...Array.from({ length: groups * each }, (_, i) => {
      const [g, b] = [Math.floor(i / each), i % each];
      return `${g},${i === empty ? '' : b},${(g / 4 + b + Math.sin(i)).toFixed(3)}`;
    }),
  ].join('\n');

let server: Server;
let ask: Asking;
let token: string;
let campaign: string;
let sealedGroups: number;
beforeAll(async () => {
  server = await startServer();
  const researcher = await person(server, 'researcher');
  token = researcher.token;
  ask = asking(server, researcher);
  const whole = await imported(server, researcher, table(-1), cut);
  const { rule } = await ask<{ rule: SplitRule }>('GET', `/v1/splits/${whole.split}`);
  const sealed = Array.from({ length: groups }, (_, g) => g).filter(
    (g) => sideOf(rule, canonicalRowKey({ g })) === 'confirm',
  );
  sealedGroups = sealed.length;
  // The same rows again, save one cell of the sealed part: they keep their sides.
  const damaged = await imported(server, researcher, table(sealed[0]! * each), cut);
  campaign = await explored(ask, {
    source: { kind: 'table', ...{ version: damaged.version, split: damaged.split }, inputs: ['g', 'b'] },
    objective: { name: 'y', goal: { kind: 'maximize' } },
    seed: 'groups',
  });
  await trained(ask, campaign);
});

test('a table with one row for each design is not said to have fresh replicates', async () => {
  const made = await freeze(ask, campaign, { kind: 'arms', sampleSize: 20, budget: 4 });
  expect(made.claim.source.scoredOn).toBe('table-values');
  expect(made.claim.statement).toContain('the values of the table, of which not every design has');
  await ask('POST', `/v1/hypotheses/${made.id}/abandon`);
});

test('a test of the arms that would take the platform too long is refused, with its bound', async () => {
  const wanted = { kind: 'arms', sampleSize: 10_000, budget: 100 };
  await expect(freeze(ask, campaign, wanted)).rejects.toThrow(/sampleSize: .*more than the 100000/);
});

test('an unusable sealed row is a unit without a result, and a group is one unit', async () => {
  const { verdict } = await opened(ask, (await freeze(ask, campaign)).id);
  const counts = { units: sealedGroups + 1, unusedUnits: 1, rows: sealedGroups * each, missingRows: 1 };
  expect(verdict).toMatchObject({ n: sealedGroups, counts });
  const path = `/v1/campaigns/${campaign}/crate`;
  const body = { includeSealedRows: true };
  const crate = await send(server.url, token, { method: 'POST', path, body });
  const { verifierKey } = await ask<{ verifierKey: string }>('GET', '/v1/ledger/key');
  const report = verifyCrate(Buffer.from(crate.text, 'latin1'), { key: parseVerifierKey(verifierKey) });
  expect(report.findings.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.findings.map(({ message }) => message)).toContainEqual(
    expect.stringContaining(`every metric follow from ${sealedGroups * each} rows`),
  );
});
