import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsPlugin from 'ajv-formats';
import { validateXML } from 'xmllint-wasm';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));

/** Where the schemas of the standards lie, unless another folder is named. */
export const usualSchemas = resolve(repository, '..', 'shared', 'specs', 'metadata');

/** What is wrong with a document, in the words of its validator; empty where nothing is. */
export type Validate = (text: string) => Promise<string[]>;

const filesBelow = (root: string, folder: string): { fileName: string; contents: string }[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.xsd'))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { fileName: path.slice(root.length + 1), contents: readFileSync(path, 'utf8') };
    });

function byXsd(root: string, folders: readonly string[], main: string): Validate {
  const files = folders.flatMap((folder) => filesBelow(root, folder));
  const schema = files.filter(({ fileName }) => fileName === main);
  const preload = files.filter(({ fileName }) => fileName !== main);
  return async (text) => {
    const { valid, errors } = await validateXML({
      xml: { fileName: 'document.xml', contents: text },
      schema,
      preload,
    });
    const said = errors
      .map(({ message }) => message)
      .filter((message) => !message.includes('parser warning'));
    return valid ? [] : said;
  };
}

function byJsonSchema(folder: string, root: string): Validate {
  // a pattern of DCAT-US escapes what a Unicode pattern must not
  const ajv = new Ajv2020({ strict: false, allErrors: false, unicodeRegExp: false });
  formatsPlugin.default(ajv);
  // One format of the schema is not in the plug-in: an address with letters of any language.
  ajv.addFormat('iri', (value: string) => URL.canParse(value));
  for (const name of readdirSync(folder))
    ajv.addSchema(JSON.parse(readFileSync(join(folder, name), 'utf8')) as object);
  const validate = ajv.getSchema(root);
  if (validate === undefined) throw new Error(`${folder} has no schema ${root}`);
  return async (text) => (validate(JSON.parse(text)) === true ? [] : [ajv.errorsText(validate.errors)]);
}

/** The payloads of DataCite within an answer of OAI-PMH, as documents. */
const payloads = (text: string): string[] =>
  [...text.matchAll(/<payload>(.*?)<\/payload>/gs)].map(([, inside]) => inside ?? '');

/** Validators by the schemas of a folder; undefined where the folder is not there. */
export function openSchemas(folder: string) {
  if (!existsSync(join(folder, 'oai', 'OAI-PMH.xsd'))) return undefined;
  const datacite = byXsd(folder, ['datacite-4.6'], 'datacite-4.6/metadata.xsd');
  const envelope = byXsd(folder, ['oai', 'datacite-4.6'], 'oai/all.xsd');
  const definitions = 'https://resources.data.gov/dcat-us/3.0.0/definitions';
  return {
    datacite,
    oai: async (text: string) => [
      ...(await envelope(text)),
      ...(await Promise.all(payloads(text).map(datacite))).flat(),
    ],
    dcatUs: byJsonSchema(join(folder, 'dcat-us-3.0'), `${definitions}/dataset`),
    dcatUsCatalog: byJsonSchema(join(folder, 'dcat-us-3.0'), `${definitions}/catalog`),
    roCrateContext: join(folder, 'ro-crate-1.2', 'context.jsonld'),
  };
}
export type Schemas = NonNullable<ReturnType<typeof openSchemas>>;
