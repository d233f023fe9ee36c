/** From a governed table to a model that is scored on sealed rows, served, and proven outside: by the tabular kit as it ships. */
import { expect, test } from 'vitest';
import { sandboxMissing } from '../src/compute/executors/local/sandbox-for-tests.ts';
import { asking, imported, person } from './campaign-world.ts';
import { until } from './noninterference/client.ts';
import { startServer } from './noninterference/server.ts';
import { noPackages } from './python-environment.ts';

type Board = {
  evaluation: { id: string };
  board: {
    title: string;
    state: string;
    failure: string | null;
    rank: number | null;
    score: number | null;
    coverage: number | null;
    model: string | null;
    units: number | null;
  }[];
};

const missing = (await noPackages()) ?? (await sandboxMissing());

const features = ['temperature', 'alloy', 'coated', 'made'];
/** Twelve machines with twenty results each; what a machine adds is told by nothing but its own results. */
const table = [
  ['machine', ...features, 'strength'].join(','),
  ...Array.from({ length: 240 }, (_, index) => {
    const machine = index % 12;
    const temperature = (index * 37) % 400;
    const alloy = ['cast', 'rolled', 'forged'][index % 3]!;
    const own = ((machine * 29) % 7) - 3;
    const coated = (index * 7) % 5 < 2;
    const made = new Date(Date.UTC(2026, 0, 1, index)).toISOString();
    // Either helps, both do not: no linear model tells that.
    const treated = (alloy === 'forged') !== coated ? 90 : 0;
    const strength = 300 + 0.5 * temperature + treated + own + ((index * 13) % 5);
    return `m${machine},${temperature},${alloy},${coated},${made},${strength.toFixed(1)}`;
  }),
].join('\n');

test.skipIf(missing !== null)(
  `a table becomes a model that is registered, scored on machines it has not seen, and served${missing === null ? '' : ` (skipped: ${missing})`}`,
  async () => {
    const server = await startServer();
    const ask = asking(server, await person(server, 'researcher'));
    const cut = { group: 'machine', seed: 'cut', confirmFraction: 0.4 };
    const by = await person(server, 'custodian');
    const { version, split } = await imported(server, by, table, { split: cut });
    const { id: evaluation } = await asking(server, by)<{ id: string }>('POST', '/v1/evaluations', {
      ...{ title: 'Strength', split, target: 'strength', features, challenge: 12 },
    });
    const { id: run } = await ask<{ id: string }>('POST', '/v1/runs', {
      capability: 'tabular-train',
      purpose: 'train',
      input: {
        ...{ target: 'strength', features, groups: 'machine' },
        ...{ budget: { fits: 40 }, folds: 3 },
      },
      datasets: [{ name: 'table.parquet', version }],
    });
    const done = await until(
      () =>
        ask<{ run: { status: string; outcome: unknown }; output: unknown }>(
          'GET',
          `/v1/runs/${run}?purpose=train`,
        ),
      (one) => one.run.status === 'succeeded' || one.run.status === 'failed',
      600_000,
    );
    expect(done.run.status, JSON.stringify(done.run.outcome)).toBe('succeeded');
    const models = () => ask<{ items: { id: string; run: string }[] }>('GET', '/v1/models');
    const { items } = await until(models, (one) => one.items.length > 0);
    const [model] = items;
    expect(model?.run).toBe(run);

    await ask('POST', `/v1/evaluations/${evaluation}/submissions`, { model: model!.id, title: 'first' });
    const { board } = await until(
      () => ask<Board>('GET', `/v1/evaluations/${evaluation}`),
      (one) => one.board.every(({ state }) => state !== 'queued'),
      300_000,
    );
    expect(board.map(({ failure }) => failure)).toEqual([null, null, null, null]);
    const of = (title: string) => board.find((placed) => placed.title === title)!;
    expect(of('first')).toMatchObject({ model: model!.id, rank: 1 });
    // Machines differ by up to 3, results of one by up to 4: more than that nobody can tell, and no less should be.
    expect(of('first').score).toBeLessThan(12);
    expect(of('baseline: constant').score).toBeGreaterThan(40);
    expect(of('baseline: constant').rank).toBeGreaterThan(2);

    await ask('POST', `/v1/models/${model!.id}/serve`);
    const answer = await ask<{
      predictions: { value: number; low: number; high: number; outside?: string[] }[];
    }>('POST', `/v1/models/${model!.id}/predict`, {
      rows: [
        // As in training: no is 0, and times are seconds since 1970.
        { temperature: 200, alloy: 'forged', coated: 0, made: 1_767_600_000 },
        { temperature: 9000, alloy: 'cast', coated: 0, made: 1_767_600_000 },
      ],
    }).catch(async (error: unknown) => {
      throw new Error(`not served: ${String(error)}`);
    });
    expect(answer.predictions[0]!.value).toBeGreaterThan(450);
    expect(answer.predictions[0]!.value).toBeLessThan(530);
    expect(answer.predictions[1]!.outside).toEqual(['temperature']);

    const bom = await ask<{ components: { name: string }[] }>('GET', `/v1/models/${model!.id}/bom`);
    expect(bom.components.map(({ name }) => name)).toContain('scikit-learn');
    expect(JSON.stringify(bom)).toContain('genesis_tabular/train.py');
  },
  1_200_000,
);
