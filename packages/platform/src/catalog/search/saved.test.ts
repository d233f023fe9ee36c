import { expect, test } from 'vitest';
import { catalogPlatform, free, open } from '../../../test/catalog-platform.ts';
import type { ImportRequest } from '../model.ts';

test("a saved search is its owner's alone, and tells what is new since its last run", async () => {
  const { catalog, door, person, importText } = await catalogPlatform();
  const [owner, other] = [person('org_a'), person('org_a')];
  const add = (name: string) =>
    importText(
      owner,
      { name, description: '', source: '', label: open, conditions: free } as ImportRequest,
      'a\n1\n',
    );
  await add('Steel one');
  const search = { q: 'steel', only: {}, sort: 'relevance', purpose: 'explore' } as const;
  const saved = await catalog.saveSearch(owner, { name: 'Steels', search });
  await expect(catalog.saveSearch(owner, { name: 'Steels', search })).rejects.toThrow(
    'named "Steels" already',
  );
  await expect(
    catalog.saveSearch(owner, { name: 'Wrong', search: { ...search, q: 'nothing:x' } }),
  ).rejects.toThrow('there is no facet');
  const run = async () => {
    const scope = door.authorize(owner, 'explore');
    const { result, fresh } = await catalog.runSaved(scope, await catalog.findSaved(scope, saved.id));
    return result.hits.map(({ hit }) => `${hit.name}${fresh.has(hit.id) ? ' new' : ''}`);
  };
  expect(await run()).toEqual(['Steel one new']);
  await add('Steel two');
  expect(await run()).toEqual(['Steel two new', 'Steel one']);
  expect(await run()).toEqual(['Steel two', 'Steel one']);
  const others = door.authorize(other, null);
  expect(await catalog.listSaved(others)).toEqual([]);
  const hidden = {
    failure: { code: 'not-found', message: 'There is nothing here under this id that you may see.' },
  };
  await expect(catalog.findSaved(others, saved.id)).rejects.toMatchObject(hidden);
  await expect(catalog.forgetSaved(others, saved.id)).rejects.toMatchObject(hidden);
  await catalog.forgetSaved(door.authorize(owner, null), saved.id);
  expect(await catalog.listSaved(door.authorize(owner, null))).toEqual([]);
});
