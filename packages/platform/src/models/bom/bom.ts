import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { sha256Hex } from '@genesis/evidence';
import { PackageURL } from 'packageurl-js';
import type { ResourceFacts } from '../../policy/index.ts';
import type { LockedPackage } from '../registry/parts.ts';
import type { RegisteredRow } from '../registry/rows.ts';
import { cyclonedxModelCard } from './model-card.ts';

export type BomInput = {
  row: RegisteredRow;
  facts: ResourceFacts;
  /** Undefined where the environment is none of Python, or nobody knows its lock. */
  environment: { python: string; packages: readonly LockedPackage[] } | undefined;
  sources: readonly { path: string; sha256: string }[];
};

const hashed = (sha256: string) => new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], sha256]]);
const { File, Data, Library, Platform, Application, MachineLearningModel } = Enums.ComponentType;

/** A serial number that depends on what is listed and on nothing else. */
const serialOf = (text: string): string => {
  const hex = sha256Hex(text);
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) % 4];
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${groups.join('-')}`;
};

/** What the run itself said that it used has no hashes; the lock of the environment has. */
function packagesOf({ row, environment }: BomInput): Models.Component[] {
  const locked = environment?.packages ?? row.description.software.map((one) => ({ ...one, sha256: [] }));
  return locked.map(({ name, version, sha256 }) => {
    const [first, ...others] = sha256;
    const purl = new PackageURL('pypi', null, name.toLowerCase().replaceAll('_', '-'), version, null, null);
    return new Models.Component(Library, name, {
      bomRef: purl.toString(),
      version,
      purl: purl as never,
      ...(first === undefined ? {} : { hashes: hashed(first) }),
      properties: new Models.PropertyRepository(
        others.map((other) => new Models.Property('genesis:alternative-sha256', other)),
      ),
    });
  });
}

function dataOf({ row }: BomInput): Models.Component[] {
  return row.origin.data.map(
    ({ name, version, dataset, sha256 }) =>
      new Models.Component(Data, name, {
        bomRef: `data:${version}`,
        version,
        hashes: hashed(sha256),
        properties: new Models.PropertyRepository([new Models.Property('genesis:dataset', dataset)]),
      }),
  );
}

function codeOf({ row, sources, environment }: BomInput): Models.Component[] {
  const { id, name, version, digest } = row.origin.capability;
  const kit = new Models.Component(Application, name, {
    bomRef: `code:${id}`,
    version,
    hashes: hashed(digest),
  });
  for (const { path, sha256 } of sources)
    kit.components.add(
      new Models.Component(File, path, { bomRef: `code:${id}/${path}`, hashes: hashed(sha256) }),
    );
  if (environment === undefined) return [kit];
  const python = new Models.Component(Platform, 'Python', {
    bomRef: `environment:${row.origin.environmentHash}`,
    version: environment.python,
  });
  return [kit, python];
}

/**
 * The bill of materials of a version, CycloneDX 1.6 in JSON: the model with its files and its card, the data, the code and the
 * packages that it was trained with. Equal facts give equal bytes.
 */
export function billOfMaterials(input: BomInput): string {
  const { row, facts } = input;
  const model = new Models.Component(MachineLearningModel, row.name, {
    bomRef: row.id,
    version: String(row.version),
    hashes: hashed(row.artifactHash),
    licenses: new Models.LicenseRepository(
      facts.conditions.licences.map((licence) => new Models.NamedLicense(licence)),
    ),
  });
  for (const { path, sha256 } of row.files)
    model.components.add(
      new Models.Component(File, `model/${path}`, { bomRef: `${row.id}/${path}`, hashes: hashed(sha256) }),
    );
  const [data, rest] = [dataOf(input), [...codeOf(input), ...packagesOf(input)]];
  const refs = (components: readonly Models.Component[]) => components.map(({ bomRef }) => bomRef);
  for (const ref of refs([...data, ...rest])) model.dependencies.add(ref);
  const bom = new Models.Bom({
    serialNumber: serialOf(`${row.id} ${row.artifactHash}`),
    version: 1,
    metadata: new Models.Metadata({ timestamp: new Date(row.createdAt), component: model }),
    components: new Models.ComponentRepository([...data, ...rest]),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  const document = JSON.parse(serializer.serialize(bom, { sortLists: true })) as {
    metadata: { component: Record<string, unknown> };
  };
  document.metadata.component['modelCard'] = cyclonedxModelCard(
    row,
    facts,
    data.map(({ bomRef }) => String(bomRef.value)),
  );
  return `${JSON.stringify(document, null, 2)}\n`;
}
