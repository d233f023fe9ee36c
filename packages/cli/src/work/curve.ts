import type { Answer, GenesisClient } from '@genesis/client';
import type { Purpose } from '@genesis/contracts';
import type { Call } from '../command.ts';

type Version = Answer<'/v1/versions/{id}', 'get'>;
export type Curve = {
  x: { name: string; unit: string | null };
  y: { name: string; unit: string | null };
  points: (readonly [x: number, y: number])[];
};

const mostRows = 2000;

/** The curve that a version holds, thinned; null where it holds none. */
export async function curveOf(
  call: Call,
  client: GenesisClient,
  version: Version,
  purpose: Purpose,
): Promise<Curve | null> {
  const ofTree = version.tree?.curve ?? null;
  if (ofTree !== null) {
    return { x: ofTree.x, y: ofTree.y, points: ofTree.points.map(([x, y]) => [x, y] as const) };
  }
  const { curveColumns } = version;
  const x = curveColumns === null ? undefined : version.columns[curveColumns.x];
  const y = curveColumns === null ? undefined : version.columns[curveColumns.y];
  if (x === undefined || y === undefined) return null;
  const query = new URLSearchParams([
    ...[x, y].map(({ name }): [string, string] => ['columns', name]),
    ['step', String(Math.max(1, Math.ceil(version.visibleRows / mostRows)))],
    ['purpose', purpose],
  ]);
  const path = `/v1/versions/${encodeURIComponent(version.id)}/slice?${query.toString()}`;
  const answer = await client.send('GET', path, { signal: call.signal });
  const { rows } = (await answer.json()) as { rows: (number | null)[][] };
  const points = rows.flatMap(([place, value]) =>
    typeof place === 'number' && typeof value === 'number' ? [[place, value] as const] : [],
  );
  return points.length === 0 ? null : { x, y, points };
}
