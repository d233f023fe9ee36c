import { dataOf, type GenesisClient, type paths } from '@genesis/client';
import { plain } from '../terminal/plain.ts';
import { until } from './wait.ts';

export type Hypothesis = paths['/v1/hypotheses/{id}']['get']['responses'][200]['content']['application/json'];

/** Follows opened hypotheses until each has its verdict. `onVerdict` is called once for each, as they come. */
export async function waitForVerdicts(
  client: GenesisClient,
  ids: readonly string[],
  signal: AbortSignal,
  onVerdict: (hypothesis: Hypothesis) => void = () => undefined,
): Promise<Hypothesis[]> {
  const concluded = new Map<string, Hypothesis>();
  return await until(async () => {
    for (const id of ids.filter((one) => !concluded.has(one))) {
      const found = dataOf(await client.api.GET('/v1/hypotheses/{id}', { params: { path: { id } }, signal }));
      if (found.state !== 'concluded') continue;
      concluded.set(id, found);
      onVerdict(found);
    }
    return concluded.size < ids.length ? undefined : ids.map((id) => concluded.get(id)!);
  }, signal);
}

export const bound = (value: number | null): string =>
  value === null ? 'no bound' : String(Number(value.toPrecision(3)));

/** A verdict in one line: what came of it, the estimate and how sure it is. */
export function describeVerdict({ verdict, claim }: Hypothesis): string {
  if (verdict === null) return 'no verdict yet';
  const { outcome, estimate, interval, n, independence } = verdict;
  const level = `${Number((interval.level * 100).toPrecision(4))} %`;
  return plain(
    `${outcome}: estimate ${bound(estimate)}, ${level} interval ${bound(interval.lo)} to ${bound(interval.hi)}, ` +
      `n = ${n}, ${independence}; stated confidence ${claim.confidence}`,
  );
}
