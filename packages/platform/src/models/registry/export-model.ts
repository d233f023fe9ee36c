import { GenesisError, type Label } from '@genesis/contracts';
import {
  formatEnvelope,
  formatVerifierKey,
  modelExport,
  sha256Hex,
  signEnvelope,
  statementBytes,
  statementType,
  writeZip,
  type ZipEntry,
} from '@genesis/evidence';
import type { PrincipalFacts, ResourceFacts } from '../../policy/index.ts';
import { billOfMaterials } from '../bom/bom.ts';
import { provenanceOf } from '../provenance/statement.ts';
import { registeredCard } from '../registered-card.ts';
import type { RegistryParts } from './parts.ts';
import type { RegisteredRow } from './rows.ts';

/** An archive is made in memory, so it has a bound; larger artifacts are fetched from their run file by file. */
const mostExportBytes = 400_000_000;

/** The bill of materials of a version as a file. */
export async function bomOf(
  { materials }: Pick<RegistryParts, 'materials'>,
  row: RegisteredRow,
  facts: ResourceFacts,
): Promise<{ bom: string; sources: { path: string; sha256: string }[] }> {
  const { environmentHash, capability } = row.origin;
  const environment = await materials.environment(environmentHash);
  const sources = (await materials.sources(capability.id)) ?? [];
  return { bom: billOfMaterials({ row, facts, environment, sources }), sources };
}

/**
 * A version as an archive for somewhere else: artifact, card, bill of materials, and the signed statement of where it comes
 * from, which covers every other file. Whether it may leave for that destination is decided at the door, and entered, before
 * anything is read into the archive.
 */
export async function exportModel(
  parts: RegistryParts,
  principal: PrincipalFacts,
  row: RegisteredRow,
  destination: Label,
): Promise<Uint8Array> {
  const { door, blobs, signer } = parts;
  const request = {
    ...({ principal, action: 'model.export', resource: row.id, purpose: 'publish' } as const),
    destination,
  };
  const { result: facts } = await door.perform(request, async (_tx, governed) => {
    const bytes = row.files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > mostExportBytes)
      throw new GenesisError({
        code: 'too-large',
        limitBytes: mostExportBytes,
        message: `The artifact has ${bytes} bytes, and an archive may have ${mostExportBytes}. Fetch its files one by one from the run: genesis run output ${row.run} model/PATH --purpose train --output FILE`,
      });
    const details = { form: 'model', model: row.id, artifactHash: row.artifactHash, destination };
    return { result: governed, details };
  });
  const entries: ZipEntry[] = [];
  for (const file of row.files) {
    const content = await blobs.read(file);
    entries.push({ name: `${modelExport.artifact}${file.path}`, content });
  }
  const { bom, sources } = await bomOf(parts, row, facts);
  entries.push({ name: modelExport.bom, content: Buffer.from(bom) });
  entries.push({ name: modelExport.card, content: Buffer.from(registeredCard(row, facts)) });
  const files = new Map(entries.map(({ name, content }) => [name, sha256Hex(content)]));
  const statement = provenanceOf({ row, files, sources, builder: signer.key.name });
  const envelope = signEnvelope(signer, statementType, statementBytes(statement));
  return writeZip([
    ...entries,
    { name: modelExport.provenance, content: Buffer.from(formatEnvelope(envelope)) },
    { name: modelExport.key, content: Buffer.from(`${formatVerifierKey(signer.key)}\n`) },
  ]);
}
