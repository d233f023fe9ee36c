import { dataOf, type GenesisClient } from '@genesis/client';
import type { Purpose } from '@genesis/contracts';
import { UsageError } from '../failure.ts';

/**
 * The id of a version: named by itself, as a dataset (then its newest), or as DATASET@NUMBER. A dataset is named by its
 * id, or by its name where one alone of those that may be seen has it.
 */
export async function findVersion(
  { api }: GenesisClient,
  wanted: string,
  purpose: Purpose,
  signal: AbortSignal,
): Promise<string> {
  if (wanted.startsWith('ver_')) return wanted;
  const [, name = '', number] = /^(.+?)(?:@(\d+|ver_\w+))?$/.exec(wanted) ?? [];
  if (number?.startsWith('ver_') === true) return number;
  const id = name.startsWith('dst_') ? name : await datasetNamed(name);
  const { versions } = dataOf(
    await api.GET('/v1/datasets/{id}', { params: { path: { id }, query: { purpose } }, signal }),
  );
  const found =
    number === undefined
      ? versions.toSorted((a, b) => b.number - a.number)[0]
      : versions.find((one) => one.number === Number(number));
  if (found !== undefined) return found.id;
  throw new UsageError(
    versions.length === 0
      ? `${wanted} has no version yet.`
      : `${name} has no version ${number}; it has 1 to ${versions.length}.`,
  );

  async function datasetNamed(text: string): Promise<string> {
    const same: string[] = [];
    let cursor: string | null = null;
    do {
      const query: { purpose: Purpose; limit: number; cursor?: string } = { purpose, limit: 200 };
      if (cursor !== null) query.cursor = cursor;
      const page: { items: { id: string; name: string }[]; nextCursor: string | null } = dataOf(
        await api.GET('/v1/datasets', { params: { query }, signal }),
      );
      same.push(...page.items.filter((one) => one.name === text).map((one) => one.id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    if (same.length === 1) return same[0]!;
    throw new UsageError(
      same.length === 0
        ? `There is no dataset "${text}" that you may see for the purpose "${purpose}". See: genesis dataset list --purpose ${purpose}`
        : `Several datasets are named "${text}"; name one by its id: ${same.join(', ')}`,
    );
  }
}
