import { dataOf, type GenesisClient } from '@genesis/client';
import { short } from '../terminal/plain.ts';
import { table } from '../terminal/table.ts';

/** All challenges in a table that fits a small terminal. */
export async function showChallenges(client: GenesisClient, signal: AbortSignal): Promise<string> {
  const { items } = dataOf(await client.api.GET('/v1/challenges', { signal }));
  const rows = items.map(({ number, name, area }) => [number, short(name, 56), short(area, 24)] as const);
  return table(['No', 'Challenge', 'Area'], rows);
}
