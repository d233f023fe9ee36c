import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { File as Hdf5, ready } from 'h5wasm/node';
import { cardText } from '../card-for-tests.ts';

/** A dataset to import: what is asked for, and the bytes of each of its versions. */
export type Specimen = {
  name: string;
  request: Record<string, unknown>;
  versions: readonly (string | Uint8Array<ArrayBuffer>)[];
  /** Who imports it and looks at it. */
  as?: 'cleared';
};

const plain = 'q (1/angstrom),I,name\n0.1,2.5,a\n0.2,3.5,"b, c"\n0.3,,\n';
const many = (columns: number): string => {
  const names = Array.from({ length: columns }, (_, at) => `column ${at}`);
  return `${names.join(',')}\n${names.map((_, at) => at).join(',')}\n`;
};
const tall = `x,y\n${Array.from({ length: 200 }, (_, at) => `${at},${at * at}`).join('\n')}\n`;
const internal = { level: 'internal', categories: [] };
const licences = { conditions: { licences: ['CC-BY-4.0'] } };

await ready;

/** A small file of HDF5: a group with a matrix. */
function tree(): Uint8Array<ArrayBuffer> {
  const folder = mkdtempSync(join(tmpdir(), 'genesis-specimen-'));
  try {
    const path = join(folder, 'made.h5');
    const file = new Hdf5(path, 'w');
    const entry = file.create_group('entry');
    entry.create_dataset({ name: 'counts', data: new Float64Array([1, 2, 3, 4, 5, 6]), shape: [2, 3] });
    file.close();
    return new Uint8Array(readFileSync(path));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One of every kind. Whoever adds a kind of dataset adds a line. */
export const specimens: readonly Specimen[] = [
  {
    name: 'a table without a card',
    request: { name: 'Plain', description: 'A table.', ...licences },
    versions: [plain],
  },
  { name: 'a table with a card', request: { name: 'Carded', card: cardText() }, versions: [plain] },
  { name: 'several versions', request: { name: 'Grows', ...licences }, versions: [plain, tall, plain] },
  {
    name: 'a table that is cut',
    request: { name: 'Cut', split: { outcomes: ['y'], seed: 's', confirmFraction: 0.3 } },
    versions: [tall],
  },
  { name: 'no licence, no description', request: { name: 'Bare' }, versions: [plain] },
  {
    name: 'several licences',
    request: { name: 'Two licences', conditions: { licences: ['MIT', 'LicenseRef-own'] } },
    versions: [plain],
  },
  { name: 'internal', request: { name: 'Internal', label: internal }, versions: [plain] },
  {
    name: 'controlled',
    request: {
      name: 'Controlled',
      label: { level: 'controlled', categories: ['proprietary'] },
      conditions: { purposes: ['explore', 'train'], needsGrant: [] },
    },
    versions: [plain],
    as: 'cleared',
  },
  {
    name: 'emoji and markup in its name',
    request: { name: '😀 <b>&amp;</b> "q" \'s\' ]]>', description: '</script><!-- & 𝒳 -->' },
    versions: [plain],
  },
  {
    name: 'written from right to left',
    request: { name: 'نتائج القياس', description: 'קובץ מדידות', source: 'مختبر' },
    versions: ['الزمن,القيمة\n1,2\n'],
  },
  { name: 'many columns', request: { name: 'Wide' }, versions: [many(300)] },
  {
    name: 'names of columns that say anything',
    request: { name: 'Odd columns' },
    versions: ['"a ""b""",<c>,d/e,😀,@id,#5\n1,2,3,4,5,6\n'],
  },
  {
    name: 'dates and truths',
    request: { name: 'Typed' },
    versions: ['when,ok,n\n2026-01-01T00:00:00Z,true,1\n2026-01-02T00:00:00Z,false,2\n'],
  },
  {
    name: 'a tree',
    request: { name: 'Tree', fileName: 'made.h5', ...licences },
    versions: [tree()],
  },
  {
    name: 'a plain file',
    request: { name: 'Notes', fileName: 'notes.pdf', format: 'file', ...licences },
    versions: [new Uint8Array([0x25, 0x50, 0x44, 0x46, 0x2d, 0x31, 0, 255, 254])],
  },
  {
    name: 'JSON lines',
    request: { name: 'Lines', fileName: 'rows.jsonl', ...licences },
    versions: ['{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n'],
  },
  {
    name: 'a tree with a card that is internal',
    request: { name: 'Carded tree', fileName: 'made.h5', card: cardText(), label: internal },
    versions: [tree()],
  },
  {
    name: 'a long name',
    request: { name: `L${'o'.repeat(195)}ng`, description: 'd'.repeat(5000) },
    versions: [plain],
  },
];

/** Names that no XML can hold are refused before anything is imported. */
export const refusedNames = ['nul \u0000', 'bell \u0007', 'escape \u001B', 'turned \u202E'];
