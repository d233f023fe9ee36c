import { readFile } from 'node:fs/promises';
import { resourceDescriptionSchema, siteDescriptionSchema } from '@genesis/contracts';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../failure.ts';

/** What an operator keeps in a file: the facility, its sites and its resources. */
const inventoryFileSchema = z.strictObject({
  facility: z
    .strictObject({
      longName: z.string().nullable().default(null),
      description: z.string().default(''),
      organizationName: z.string().nullable().default(null),
      supportUri: z.string().nullable().default(null),
    })
    .optional(),
  sites: z.array(siteDescriptionSchema).default([]),
  resources: z.array(resourceDescriptionSchema).default([]),
});
export type InventoryFile = z.infer<typeof inventoryFileSchema>;

const exampleOf = (field: PropertyKey | undefined): string =>
  field === 'authority' || field === 'label' ? ', for example { level: internal }' : '';

/** Reads an inventory in YAML (or JSON, which is YAML too). Every field that is wrong is told at once. */
export async function readInventory(path: string): Promise<InventoryFile> {
  const document = parseDocument(await readFile(path, 'utf8'), { uniqueKeys: true, prettyErrors: true });
  const [broken] = document.errors;
  if (broken !== undefined) throw new UsageError(`${path} is not YAML: ${broken.message}`);
  // a file of references to references must not fill the memory
  const parsed = inventoryFileSchema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (parsed.success) return parsed.data;
  const told = parsed.error.issues.map(
    ({ path: at, message }) => `  ${at.join('.') || 'the file'}: ${message}${exampleOf(at.at(-1))}`,
  );
  throw new UsageError(
    `${path} does not fit:\n${told.join('\n')}\ndocs/compute.md has the fields, with an example.`,
  );
}
