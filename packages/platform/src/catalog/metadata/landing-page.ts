import { metadataFormats } from '../standards/formats.ts';
import { type DatasetRecord, descriptionOf, licenceAddress } from '../standards/record.ts';
import { toSchemaOrg } from '../standards/schema-org.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that stands in a page as it is, whatever it says; the direction of its writing stays its own. */
const html = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);

/** JSON within a script element: nothing in it can end the element. */
const embedded = (document: unknown): string =>
  JSON.stringify(document)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');

const link = (address: string, words: string): string => `<a href="${html(address)}">${html(words)}</a>`;
const licence = (one: string): string => {
  const address = licenceAddress(one);
  return address === null ? html(one) : link(address, one);
};

const row = (term: string, content: string): string =>
  content === '' ? '' : `<dt>${html(term)}</dt><dd>${content}</dd>`;
const text = (value: string): string => `<bdi>${html(value)}</bdi>`;

function columnsOf({ tables }: DatasetRecord): string {
  const columns = tables.flatMap((table) => table.columns);
  if (columns.length === 0) return '';
  const rows = columns.map(
    ({ name, type, unit, description }) =>
      `<tr><th scope="row">${text(name)}</th><td>${type}</td><td>${text(unit ?? '')}</td><td>${text(description ?? '')}</td></tr>`,
  );
  return `<h2>Columns</h2>
<table><caption>Columns of the table</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Unit</th><th scope="col">About</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>`;
}

function filesOf({ files }: DatasetRecord): string {
  if (files.length === 0) return '';
  const items = files.map(
    ({ name, mediaType, bytes, sha256, url }) =>
      `<li>${link(url, name)} (${html(mediaType)}${sha256 === null ? '' : `, ${bytes} bytes, SHA-256 <code>${sha256}</code>`})</li>`,
  );
  return `<h2>Files</h2><ul>${items.join('')}</ul>`;
}

/** The page of a dataset: HTML without scripts or styles of its own, and the same as JSON-LD for search engines. */
export function landingPage(record: DatasetRecord): string {
  const base = `${new URL(record.url).origin}/v1/datasets/${record.id}/metadata`;
  const people = record.creators.map(({ name }) => text(name)).join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(record.name)}</title>
<link rel="canonical" href="${html(record.url)}">
${metadataFormats.map((format) => `<link rel="describedby" href="${base}?format=${format}">`).join('\n')}
<script type="application/ld+json">${embedded(toSchemaOrg(record))}</script>
</head>
<body>
<main>
<h1><bdi>${html(record.name)}</bdi></h1>
<p>${text(descriptionOf(record))}</p>
<dl>
${row('Id', `<code>${html(record.id)}</code>`)}
${row('DOI', record.doi === null ? '' : link(`https://doi.org/${record.doi}`, record.doi))}
${row('Version', html(record.version ?? ''))}
${row('Made by', people)}
${row('Published by', text(record.publisher.name))}
${row('Licence', record.licences.length === 0 ? 'No licence is stated' : record.licences.map(licence).join(', '))}
${row('Access', text(record.access))}
${row('Comes from', record.source === '' ? '' : text(record.source))}
${row('Keywords', record.keywords.map(text).join(', '))}
${row('Changed', `<time datetime="${html(record.modified)}">${html(record.modified.slice(0, 10))}</time>`)}
</dl>
${columnsOf(record)}
${filesOf(record)}
<h2>This description in other formats</h2>
<ul>${metadataFormats.map((format) => `<li>${link(`${base}?format=${format}`, format)}</li>`).join('')}</ul>
</main>
</body>
</html>
`;
}
