import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { resource, type WriteTx } from '../../door/index.ts';
import { card, cardVersion, dataset, datasetVersion } from '../tables.ts';
import type { Described } from './documents.ts';
import { writeDocuments } from './write-documents.ts';

/** Datasets of the catalog as they are to be found: with their newest version, and the card that counts. */
async function describe(tx: WriteTx, ids: readonly string[]): Promise<Described[]> {
  const rows = await tx
    .select({ dataset, resource, card, version: cardVersion })
    .from(dataset)
    .innerJoin(resource, eq(resource.id, dataset.id))
    .leftJoin(card, eq(card.dataset, dataset.id))
    .leftJoin(cardVersion, and(eq(cardVersion.card, card.id), eq(cardVersion.number, card.number)))
    .where(inArray(dataset.id, [...ids]));
  const { dataset: of, number, columns, format, bytes } = datasetVersion;
  const newest = await tx
    .selectDistinctOn([of], { of, columns, format, bytes })
    .from(datasetVersion)
    .where(inArray(of, [...ids]))
    .orderBy(of, desc(number));
  const versions = new Map(newest.map((row) => [row.of, row]));
  const cards = rows.flatMap((row) => row.card?.id ?? []);
  const made = new Map(
    cards.length === 0
      ? []
      : (
          await tx
            .select({ id: resource.id, at: sql<number>`${resource.createdAt}` })
            .from(resource)
            .where(inArray(resource.id, cards))
        ).map(({ id, at }) => [id, at]),
  );
  return rows.map(
    ({ dataset: { id, name, description, source }, resource: governed, card: bound, version }) => {
      const data = versions.get(id);
      return {
        ...{ subject: id, organisation: governed.organisation, name, description, source },
        columns: data?.columns.map((column) => column.name) ?? [],
        formats: data === undefined ? [] : [formatNames[data.format] ?? data.format],
        bytes: data?.bytes ?? 0,
        createdAt: governed.createdAt,
        card:
          bound === null || version === null
            ? null
            : {
                ...{ id: bound.id, fields: version.fields, governance: version.governance },
                ...{ readiness: version.readiness, createdAt: Number(made.get(bound.id)) },
              },
      };
    },
  );
}

/** As cards write them, so that both are one value. */
const formatNames: Readonly<Record<string, string>> = { csv: 'CSV', parquet: 'Parquet' };

/** Makes datasets found as they are now. Call it in every transaction that makes or changes one, its versions or its card. */
export async function updateSearch(tx: WriteTx, ids: readonly string[]): Promise<void> {
  await writeDocuments(tx, await describe(tx, ids));
}
