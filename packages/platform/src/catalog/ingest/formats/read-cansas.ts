import { createReadStream } from 'node:fs';
import { invalidField } from '@genesis/contracts/errors';
import { SaxesParser } from 'saxes';
import { curveColumns } from './curve-columns.ts';
import { type Axis, type Fact, type Metadata, shown } from './model.ts';
import type { InCell, TableSource } from './write-table.ts';

/** canSAS 1D, of any version: https://www.cansas.org/formats/1.1 */
const parts = ['Q', 'I', 'Idev', 'Qdev'] as const;
type Part = (typeof parts)[number];
const isPart = (name: string): name is Part => (parts as readonly string[]).includes(name);

const depthLimit = 40;
const textLimit = 100_000;
const pointLimit = 5_000_000;

const facts: Record<string, Fact> = {
  'SASentry/Title': 'title',
  'SASentry/Run': 'run',
  'SASsample/ID': 'sample',
  'SASinstrument/name': 'instrument',
  'SASsource/radiation': 'facility',
  'SASprocess/name': 'program',
};

type Point = Partial<Record<Part, number | null>>;
type Read = { points: Point[]; units: Partial<Record<Part, string>>; metadata: Metadata; sets: number };

const numberOf = (text: string, line: number, name: string): number | null => {
  const value = Number(text.trim());
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  if (/^[+-]?(nan|inf(inity)?)$/i.test(text.trim())) return null;
  throw invalidField(
    `line ${line}`,
    `${name} holds ${JSON.stringify(shown(text).slice(0, 40))} where a number is expected`,
  );
};

/** Walks the document. Document types are refused, so no entity is ever declared, fetched or expanded. */
const parse = async (file: string): Promise<Read> => {
  const parser = new SaxesParser({ xmlns: false, position: true });
  const read: Read = { points: [], units: {}, metadata: {}, sets: 0 };
  const path: string[] = [];
  let text = '';
  let point: Point | null = null;
  let units: Record<string, string> = {};
  let entries = 0;
  let mixed = false;
  // saxes goes on after an error handler returns; throwing stops it.
  parser.on('error', (error) => {
    throw invalidField(
      `line ${parser.line}`,
      `is not well-formed XML: ${error.message.replace(/^[\d:. ]+/, '').slice(0, 200)}`,
    );
  });
  parser.on('doctype', () => {
    throw invalidField(
      `line ${parser.line}`,
      'has a document type declaration (DOCTYPE), which is not allowed: no entity is ever expanded',
    );
  });
  parser.on('opentag', ({ name, attributes }) => {
    const local = name.replace(/^.*:/, '');
    if (path.length === 0 && local !== 'SASroot')
      throw invalidField('file', 'is XML, but no canSAS: its root is not SASroot');
    path.push(local);
    if (path.length > depthLimit)
      throw invalidField(`line ${parser.line}`, `is nested deeper than ${depthLimit} levels`);
    text = '';
    units = attributes as Record<string, string>;
    if (local === 'SASentry') {
      entries++;
      const entry = (attributes as Record<string, string>)['name'];
      if (entries === 1 && entry) read.metadata.entry = shown(entry);
    }
    if (local === 'SASdata') read.sets++;
    if (local === 'Idata' && read.sets === 1) point = {};
  });
  parser.on('text', (more) => {
    text += more;
    if (text.length > textLimit)
      throw invalidField(`line ${parser.line}`, `holds a text of more than ${textLimit} characters`);
  });
  parser.on('closetag', () => {
    const name = path.pop() ?? '';
    const parent = path.at(-1) ?? '';
    if (parent === 'Idata' && point !== null && isPart(name)) {
      point[name] = numberOf(text, parser.line, name);
      const unit = units['unit'];
      if (unit !== undefined) {
        const known = read.units[name];
        if (known !== undefined && known !== unit) mixed = true;
        else read.units[name] = shown(unit);
      }
    } else if (name === 'Idata' && point !== null) {
      if (point.Q === undefined || point.I === undefined)
        throw invalidField(`line ${parser.line}`, 'has an Idata without Q or I');
      read.points.push(point);
      if (read.points.length > pointLimit) throw invalidField('file', `has more than ${pointLimit} points`);
      point = null;
    }
    const fact = entries === 1 ? facts[`${parent}/${name}`] : undefined;
    const value = shown(text);
    if (fact !== undefined && value !== '') read.metadata[fact] ??= value;
    text = '';
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let decoded: string;
    try {
      decoded = decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw invalidField('file', 'is not UTF-8; canSAS XML must be UTF-8', { cause });
    }
    parser.write(decoded);
  }
  parser.close();
  if (mixed)
    throw invalidField('file', 'states different units for the same quantity; one unit for each is expected');
  return read;
};

/** Reads the first SASdata of a canSAS 1D document as a curve. */
export const readCansas = async (file: string): Promise<TableSource> => {
  const { points, units, metadata, sets } = await parse(file);
  if (points.length === 0) throw invalidField('file', 'has no points: no Idata in its first SASdata');
  if (sets > 1) metadata.notes = [`${sets - 1} further SASdata of this file are not read`];
  const given = parts.filter((part) => points.some((point) => point[part] !== undefined));
  const axes: Axis[] = given.map((name) => ({ name, unit: units[name] ?? null }));
  const { columns } = curveColumns(axes, given.length);
  const place = (part: Part): number | null => {
    const index = given.indexOf(part);
    return index === -1 ? null : index;
  };
  const rows: InCell[][] = points.map((point) => given.map((part) => point[part] ?? null));
  const curve = { x: 0, y: 1, dy: place('Idev'), dx: place('Qdev') };
  return { columns, batches: [rows], curve, metadata };
};
