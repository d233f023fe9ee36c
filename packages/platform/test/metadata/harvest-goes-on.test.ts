import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogPlatform, free, open } from '../catalog-platform.ts';

const pages = 6;
const perPage = 4;
let asked: string[] = [];
/** A repository of several pages. */
const server = createServer((request, response) => {
  const query = new URL(request.url ?? '/', 'http://x').searchParams;
  const page = Number(query.get('resumptionToken') ?? 0);
  asked.push(String(page));
  const records = Array.from({ length: perPage }, (_, at) => {
    const id = page * perPage + at;
    return `<record><header><identifier>oai:x:${id}</identifier></header><metadata><dc xmlns="x"><title>Record ${id}</title></dc></metadata></record>`;
  });
  const token = page + 1 < pages ? `<resumptionToken>${page + 1}</resumptionToken>` : '';
  response.end(`<OAI-PMH><ListRecords>${records.join('')}${token}</ListRecords></OAI-PMH>`);
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test.each([
  ['harvest.read', 1],
  ['harvest.entered', 1],
  ['harvest.read', 4],
  ['harvest.entered', 5],
  ['harvest.entered', 6],
] as const)(
  'a harvest that is cut off at %s, time %i, goes on and enters everything once',
  async (point, times) => {
    asked = [];
    let left: number = times;
    const { catalog, door, person } = await catalogPlatform({
      harvestHosts: [`127.0.0.1:${port}`],
      crashPoints: {
        reach: (name) => {
          if (name === point && --left === 0) throw new Error('cut off');
        },
      },
    });
    const steward = person('org_a', open, 'steward');
    const id = await catalog.addSource(steward, {
      ...{ url: `http://127.0.0.1:${port}/oai`, kind: 'oai-pmh', label: open, conditions: free },
    });
    await catalog.runSource(steward, id);
    const scope = () => door.authorize(steward, 'explore');
    const whole = pages * perPage;
    for (;;) {
      const { source } = await catalog.findSource(scope(), id);
      const seen = await catalog.listRemotes(scope(), { limit: 200, vanished: true });
      // What may be seen on the way is whole pages, each record once.
      expect(seen.length % perPage).toBe(0);
      expect(new Set(seen.map(({ remote }) => remote.remoteId)).size).toBe(seen.length);
      if (source.state !== 'running') break;
      await pause(20);
    }
    const { source } = await catalog.findSource(scope(), id);
    expect(source).toMatchObject({
      state: 'idle',
      failure: null,
      counts: { seen: whole, added: whole, changed: 0, vanished: 0 },
    });
    expect(await catalog.listRemotes(scope(), { limit: 200, vanished: false })).toHaveLength(whole);
    // A page that was entered is not asked for again.
    const again = asked.filter((page, at) => asked.indexOf(page) !== at);
    expect(again).toHaveLength(point === 'harvest.read' ? 1 : 0);
  },
);
