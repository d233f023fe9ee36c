import type { JsonValue } from '../canonical.ts';
import { foldersBelow, isLedgerPath, paths } from './paths.ts';
import type { CampaignFile, FileRecord, HypothesisRecord, ModelRecord, Withheld } from './schemas.ts';

/** All that the RO-Crate metadata is made from; it follows from other files of the crate, to the byte. */
export interface RoCrateSource {
  readonly campaign: CampaignFile;
  readonly origin: string;
  readonly exportedAt: string;
  /** Every file but the manifest, the metadata itself and the ledger's. */
  readonly files: readonly FileRecord[];
  readonly withheld: readonly Withheld[];
  readonly models: ReadonlyMap<string, ModelRecord>;
  readonly hypotheses: ReadonlyMap<string, HypothesisRecord>;
}

const mediaTypes: readonly (readonly [string, string])[] = [
  ['.json', 'application/json'],
  ['.jsonl', 'application/jsonl'],
  ['.csv', 'text/csv'],
  ['.md', 'text/markdown'],
  ['.safetensors', 'application/octet-stream'],
];

const reference = (id: string): JsonValue => ({ '@id': id });

/** A property that links: left out for nothing, a single value for one, as RO-Crate 1.2 recommends. */
function links(property: string, ids: readonly string[]): { readonly [key: string]: JsonValue } {
  const [first] = ids;
  if (first === undefined) return {};
  return { [property]: ids.length === 1 ? reference(first) : ids.map(reference) };
}

/** The licence of the root holds for every file: a repetition is discouraged. */
function fileEntity({ path, sha256, bytes }: FileRecord): JsonValue {
  const type = mediaTypes.find(([ending]) => path.endsWith(ending));
  return {
    '@id': path,
    '@type': 'File',
    name: path,
    sha256,
    contentSize: String(bytes),
    encodingFormat: type?.[1] ?? 'application/octet-stream',
  };
}

/** The ledger's files are written after the entry that commits to this metadata, so no hash of them stands here. */
const ledgerEntities: readonly JsonValue[] = [
  {
    '@id': 'ledger/',
    '@type': 'Dataset',
    name: 'Ledger entries with inclusion proofs, signed checkpoints and consistency proofs',
    ...links('conformsTo', ['https://c2sp.org/tlog-checkpoint', 'https://www.rfc-editor.org/rfc/rfc6962']),
  },
  {
    '@id': paths.manifest,
    '@type': 'File',
    name: 'Every file with its SHA-256',
    encodingFormat: 'application/json',
  },
];

function present(files: readonly FileRecord[], wanted: readonly string[]): string[] {
  const known = new Set(files.map(({ path }) => path));
  return wanted.filter((path) => known.has(path));
}

/** One action for each arm: its single runs stand in the experiments with their ids. */
function explorationActions({ campaign, files }: RoCrateSource): JsonValue[] {
  const { plan } = campaign;
  return plan.arms.map((arm) => ({
    '@id': `#exploration-${arm.name}`,
    '@type': 'CreateAction',
    name: `Exploration by arm ${arm.name} (${arm.strategy}), ${plan.repeats} times ${plan.budget} experiments`,
    agent: reference(`#${campaign.organisation}`),
    ...links('object', [paths.campaign]),
    ...links('result', present(files, [paths.experiments])),
    startTime: campaign.startedAt,
    ...(campaign.finishedAt === null ? {} : { endTime: campaign.finishedAt }),
  }));
}

function modelActions({ campaign, files, models }: RoCrateSource): JsonValue[] {
  return [...models].map(([name, record]) => ({
    '@id': `#training-${name}`,
    '@type': 'CreateAction',
    name: `Training of model ${record.modelId}`,
    agent: reference(`#${campaign.organisation}`),
    ...links('object', present(files, [paths.experiments, paths.exploreRows])),
    ...links('result', present(files, [`models/${name}/config.json`, `models/${name}/model.safetensors`])),
    endTime: record.createdAt,
  }));
}

function confirmActions({ campaign, files, hypotheses }: RoCrateSource): JsonValue[] {
  return [...hypotheses]
    .filter(([, record]) => record.verdictEntry !== null)
    .map(([name, record]) => ({
      '@id': `#confirmation-${name}`,
      '@type': 'CreateAction',
      name: `Confirmation of hypothesis ${record.hypothesisId}`,
      agent: reference(`#${campaign.organisation}`),
      ...links('object', present(files, [`hypotheses/${name}/claim.json`, `hypotheses/${name}/rows.jsonl`])),
      ...links('result', present(files, [`hypotheses/${name}/verdict.json`])),
    }));
}

/** The metadata of RO-Crate 1.2 (https://w3id.org/ro/crate/1.2) as a value; people are opaque ids. */
export function roCrateMetadata(source: RoCrateSource): JsonValue {
  const { campaign, files, withheld } = source;
  const licence = '#licence';
  const described = files.filter(({ path }) => !isLedgerPath(path));
  const actions = [...explorationActions(source), ...modelActions(source), ...confirmActions(source)];
  const actionIds = actions.map((action) => (action as { '@id': string })['@id']);
  return {
    '@context': ['https://w3id.org/ro/crate/1.2/context', { sha256: 'https://schema.org/sha256' }],
    '@graph': [
      {
        '@id': paths.roCrate,
        '@type': 'CreativeWork',
        about: reference('./'),
        conformsTo: reference('https://w3id.org/ro/crate/1.2'),
      },
      {
        '@id': './',
        '@type': 'Dataset',
        name: `Evidence crate: ${campaign.plan.title}`,
        description:
          `Evidence of campaign ${campaign.campaignId} from the log ${source.origin}: ${described.length} files, ` +
          `${withheld.length} withheld behind commitments. Check it with "genesis verify".`,
        identifier: campaign.campaignId,
        datePublished: source.exportedAt,
        license: reference(licence),
        publisher: reference(`#${campaign.organisation}`),
        ...links(
          'author',
          campaign.people.map((id) => `#${id}`),
        ),
        ...links('hasPart', [...described.map(({ path }) => path), paths.manifest, 'ledger/']),
        ...links('mentions', actionIds),
      },
      { '@id': licence, '@type': 'CreativeWork', name: campaign.licence, identifier: campaign.licence },
      {
        '@id': `#${campaign.organisation}`,
        '@type': 'Organization',
        name: campaign.organisation,
        identifier: campaign.organisation,
      },
      ...campaign.people.map((id) => ({ '@id': `#${id}`, '@type': 'Person', name: id, identifier: id })),
      ...described.map(fileEntity),
      ...ledgerEntities,
      ...actions,
    ],
  };
}

/** Folder names of models and hypotheses in the order in which the metadata lists them. */
export function inFolderOrder<T>(
  top: 'models' | 'hypotheses',
  all: Iterable<string>,
  read: (name: string) => T | undefined,
): Map<string, T> {
  const found = new Map<string, T>();
  for (const name of foldersBelow(top, all)) {
    const value = read(name);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}
