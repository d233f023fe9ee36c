/**
 * Whether what a real platform says of its datasets keeps to the standards, by validators that others have written.
 *
 *   npm run conformance:metadata -- [--schemas FOLDER] [--quick] [--json]
 *
 * mlcroissant, roc-validator and prov come from PyPI into a virtual environment below `node_modules`; DataCite and OAI-PMH are
 * held against their XSDs, DCAT-US against its JSON Schema, schema.org is expanded by a JSON-LD processor. A broken
 * document of each kind has to be rejected in the same run.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import jsonld from 'jsonld';
import { metadataFormats } from '../../src/catalog/standards/formats.ts';
import { openSchemas, type Schemas, usualSchemas } from './schemas.ts';
import { refusedNames, specimens } from './specimens.ts';
import { type MetadataWorld, startMetadataWorld } from './world.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const { values: options } = parseArgs({
  options: {
    schemas: { type: 'string', default: usualSchemas },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** The Python with what `requirements.txt` pins by hash; made once. */
async function python(): Promise<string> {
  const folder = join(repository, 'node_modules', '.genesis-metadata');
  const program = join(folder, 'bin', 'python');
  const requirements = here('requirements.txt');
  const mark = join(folder, 'installed.txt');
  const wanted = await readFile(requirements, 'utf8');
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return program;
  say('Installing mlcroissant, roc-validator and prov ...');
  await rm(folder, { recursive: true, force: true });
  await run('python3.11', ['-m', 'venv', folder]).catch((cause: unknown) => {
    throw new Error('python3.11 with venv is needed (Debian: python3.11-venv)', { cause });
  });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes'];
  await run(program, [...install, '--requirement', requirements]);
  await writeFile(mark, wanted);
  return program;
}

type Item = { kind: string; subject: string; text: string; rows?: number; broken?: true };
type Result = Item & { problems: string[] };

/** What a validator must reject: each document lacks something that its standard demands, or says something twice. */
const broken: Readonly<Record<string, (text: string) => string>> = {
  croissant: (text) => text.replace('"cr:FileObject"', '"cr:RecordSet"').replaceAll('"sha256"', '"sha257"'),
  'schema-org': (text) => text.replace('"@type": "Dataset"', '"@type": {"@id": ["no", "type"]}'),
  datacite: (text) => text.replace(/<titles>.*<\/titles>/s, ''),
  'dcat-us': (text) => text.replace('"contactPoint"', '"contact"'),
  'dcat-us-catalog': (text) => text.replaceAll('"dataset"', '"datasets"'),
  'ro-crate': (text) => text.replace('"license"', '"licence"'),
  prov: (text) => text.replace('"wasDerivedFrom"', '"wasDerived"'),
  'oai-pmh': (text) => text.replace(/<responseDate>.*?<\/responseDate>/, ''),
};

async function expanded(text: string): Promise<string[]> {
  try {
    const noNetwork = async (url: string): Promise<never> => {
      throw new Error(`${url} would have to be fetched`);
    };
    // `safe`, which its types do not know, refuses what would be lost without a word.
    const settings = { documentLoader: noNetwork, safe: true } as jsonld.Options.Expand;
    const [node] = await jsonld.expand(JSON.parse(text) as jsonld.JsonLdDocument, settings);
    const types = (node as { '@type'?: string[] } | undefined)?.['@type'] ?? [];
    return types.includes('https://schema.org/Dataset') ? [] : ['it is no Dataset of schema.org'];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Imports every specimen, and asks for each of its descriptions. */
async function collect(world: MetadataWorld): Promise<Item[]> {
  const items: Item[] = [];
  const wanted = options.quick ? specimens.slice(0, 4) : specimens;
  for (const { name, request, versions, as } of wanted) {
    const who = as === 'cleared' ? world.cleared : world.steward;
    const first = await world.imported(request, versions[0]!, who);
    for (const content of versions.slice(1)) await world.imported({ dataset: first.dataset }, content, who);
    const schema = await world.json(who, `/v1/datasets/${first.dataset}/metadata?format=schema-org`);
    const open = schema.isAccessibleForFree === true;
    for (const format of metadataFormats) {
      const text = await world.text(who, `/v1/datasets/${first.dataset}/metadata?format=${format}`);
      const rows = format === 'croissant' && open ? await rowsOf(world, first.dataset) : undefined;
      items.push({ kind: format, subject: name, text, ...(rows === undefined ? {} : { rows }) });
    }
    for (const prefix of ['oai_dc', 'oai_datacite']) {
      const query = `verb=GetRecord&metadataPrefix=${prefix}&identifier=oai:127.0.0.1:${first.dataset}`;
      items.push({ kind: 'oai-pmh', subject: `${name}, ${prefix}`, text: await world.oai(who, query) });
    }
  }
  for (const verb of [
    'Identify',
    'ListMetadataFormats',
    'ListSets',
    'Nothing',
    'GetRecord',
    'ListRecords&metadataPrefix=oai_dc',
    'ListRecords&metadataPrefix=oai_datacite',
    'ListIdentifiers&metadataPrefix=oai_dc',
    'ListRecords&resumptionToken=x',
  ])
    for (const who of [world.cleared, null])
      items.push({ kind: 'oai-pmh', subject: verb, text: await world.oai(who, `verb=${verb}`) });
  for (const who of [world.cleared, null])
    items.push({
      kind: 'dcat-us-catalog',
      subject: 'the catalog',
      text: await world.text(who, '/v1/catalog/dcat-us?limit=200'),
    });
  return items;
}

/** Of a table; trees and files have no rows. */
async function rowsOf(world: MetadataWorld, dataset: string): Promise<number | undefined> {
  const { versions } = await world.json(world.steward, `/v1/datasets/${dataset}`);
  const version = await world.json(world.steward, `/v1/versions/${versions[0].id}`);
  return version.content === 'table' ? version.visibleRows : undefined;
}

const inPython = new Set(['croissant', 'ro-crate', 'prov']);

async function judge(items: readonly Item[], schemas: Schemas, folder: string): Promise<Result[]> {
  const program = await python();
  const given = items.filter(({ kind }) => inPython.has(kind));
  const listed = await Promise.all(
    given.map(async ({ kind, text, rows }, at) => {
      const path = join(folder, `${at}`, kind === 'ro-crate' ? 'ro-crate-metadata.json' : 'document.json');
      await mkdir(join(folder, `${at}`), { recursive: true });
      await writeFile(path, text);
      return { kind, path, rows: rows ?? null };
    }),
  );
  const listFile = join(folder, 'documents.json');
  await writeFile(listFile, JSON.stringify(listed));
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, PYTHONDONTWRITEBYTECODE: '1' };
  const { stdout } = await run(program, [here('validate.py'), listFile, schemas.roCrateContext], {
    ...{ env, cwd: folder, timeout: 900_000, maxBuffer: 2 ** 26 },
  });
  const answers = JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as string[][];
  const results: Result[] = given.map((item, at) => ({ ...item, problems: answers[at] ?? ['no answer'] }));
  for (const item of items.filter(({ kind }) => !inPython.has(kind))) {
    const { kind, text } = item;
    const problems =
      kind === 'datacite'
        ? await schemas.datacite(text)
        : kind === 'oai-pmh'
          ? await schemas.oai(text)
          : kind === 'dcat-us'
            ? await schemas.dcatUs(text)
            : kind === 'dcat-us-catalog'
              ? await schemas.dcatUsCatalog(text)
              : await expanded(text);
    results.push({ ...item, problems });
  }
  return results;
}

async function refusals(world: MetadataWorld): Promise<string[]> {
  const taken: string[] = [];
  for (const name of refusedNames) {
    const { status } = await world.call(
      world.steward,
      'POST',
      '/v1/imports',
      JSON.stringify({ name }),
      'application/json',
    );
    if (status !== 400) taken.push(JSON.stringify(name));
  }
  return taken;
}

const schemas = openSchemas(resolve(options.schemas));
if (schemas === undefined)
  throw new Error(`There are no schemas in ${resolve(options.schemas)}: name their folder by --schemas.`);
const folder = await mkdtemp(join(tmpdir(), 'genesis-metadata-'));
const world = await startMetadataWorld(join(folder, 'data'));
try {
  const items = await collect(world);
  const taken = await refusals(world);
  const spoilt = Object.entries(broken).map(([kind, spoil]): Item => {
    const good = items.find((item) => item.kind === kind)!;
    const text = spoil(good.text);
    if (text === good.text) throw new Error(`the ${kind} document was not broken`);
    return { kind, subject: 'a broken one', text, broken: true };
  });
  const results = await judge([...items, ...spoilt], schemas, folder);
  const rejected = results.filter((one) => one.broken === undefined && one.problems.length > 0);
  const passed = results.filter((one) => one.broken === true && one.problems.length === 0);
  const rows = Object.keys(broken).map((kind) => {
    const good = results.filter((one) => one.kind === kind && one.broken === undefined);
    const bad = results.find((one) => one.kind === kind && one.broken === true);
    return {
      kind,
      documents: good.length,
      rejected: good.filter(({ problems }) => problems.length > 0).length,
      brokenOneRejected: (bad?.problems.length ?? 0) > 0,
      because: bad?.problems[0] ?? '',
    };
  });
  for (const { kind, subject, problems } of rejected)
    say(`rejected: ${kind} of ${subject}: ${problems.slice(0, 3).join('; ')}`);
  for (const name of taken) say(`taken: a dataset named ${name}`);
  process.stdout.write(`${'standard'.padEnd(18)}documents  rejected  a broken one\n`);
  for (const { kind, documents, rejected: no, brokenOneRejected, because } of rows)
    process.stdout.write(
      `${kind.padEnd(18)}${String(documents).padStart(9)}${String(no).padStart(10)}  ${brokenOneRejected ? `is rejected: ${because.slice(0, 90).replaceAll('\n', ' ')}` : 'PASSES'}\n`,
    );
  const datasets = options.quick ? 4 : specimens.length;
  process.stdout.write(
    `${datasets} datasets; names that no XML can hold: ${taken.length === 0 ? 'refused' : 'TAKEN'}\n`,
  );
  const holds = rejected.length === 0 && passed.length === 0 && taken.length === 0;
  if (options.json)
    process.stdout.write(`${JSON.stringify({ holds, datasets, standards: rows, namesTaken: taken })}\n`);
  process.exitCode = holds ? 0 : 1;
} finally {
  await world.close();
  await rm(folder, { recursive: true, force: true });
}
