import { createClient, dataOf, type GenesisClient } from '@genesis/client';

/** Who does the demonstration. */
export type People = {
  steward: GenesisClient;
  researcher: GenesisClient;
  /** The researcher's. */
  token: string;
  organisation: string;
};

type Level = 'public' | 'internal';

/** Somebody who operates the platform: says what there is and how it is reached. */
export async function makeOperator(
  url: string,
  adminToken: string,
  signal: AbortSignal,
): Promise<GenesisClient> {
  const admin = createClient({ url, token: adminToken });
  const { organisation } = dataOf(await admin.api.GET('/v1/me', { signal }));
  const body = { kind: 'person' as const, name: 'operator', organisation };
  const { id } = dataOf(await admin.api.POST('/v1/principals', { body, signal }));
  const at = { params: { path: { id } }, signal };
  await admin.api.POST('/v1/principals/{id}/roles', {
    ...at,
    body: { organisation: 'platform', role: 'operator' },
  });
  const token = { name: 'demonstration', days: 30, scopes: ['*'] };
  const issued = dataOf(await admin.api.POST('/v1/principals/{id}/tokens', { ...at, body: token }));
  return createClient({ url, token: issued.secret });
}

/**
 * The administrator makes a steward and a researcher in the home organisation. The steward says what the researcher may
 * read, and issues the researcher's token: administering the platform gives no clearance, not even indirectly.
 */
export async function makePeople(
  url: string,
  adminToken: string,
  level: Level,
  signal: AbortSignal,
): Promise<People> {
  const admin = createClient({ url, token: adminToken });
  const { organisation } = dataOf(await admin.api.GET('/v1/me', { signal }));

  const join = async (name: string, role: 'steward' | 'researcher'): Promise<string> => {
    const body = { kind: 'person' as const, name, organisation };
    const { id } = dataOf(await admin.api.POST('/v1/principals', { body, signal }));
    await admin.api.POST('/v1/principals/{id}/roles', {
      params: { path: { id } },
      body: { organisation, role },
      signal,
    });
    return id;
  };
  const issue = async (by: GenesisClient, id: string): Promise<string> => {
    const body = { name: 'demonstration', days: 30, scopes: ['*'] };
    return dataOf(await by.api.POST('/v1/principals/{id}/tokens', { params: { path: { id } }, body, signal }))
      .secret;
  };

  const stewardId = await join('steward', 'steward');
  const steward = createClient({ url, token: await issue(admin, stewardId) });
  const id = await join('researcher', 'researcher');
  if (level !== 'public') {
    const body = { clearance: { level, categories: [] } };
    await steward.api.PUT('/v1/principals/{id}/clearance', { params: { path: { id } }, body, signal });
  }
  const token = await issue(steward, id);
  return { steward, researcher: createClient({ url, token }), token, organisation };
}
