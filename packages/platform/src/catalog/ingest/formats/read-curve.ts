import { invalidField } from '@genesis/contracts/errors';
import type { IngestLimits } from '../model.ts';
import { curveColumns, namedAxis } from './curve-columns.ts';
import { type Fact, type Metadata, shown } from './model.ts';
import { textLines } from './text-lines.ts';
import type { InCell, TableSource } from './write-table.ts';

/** Two to four numbers: place, value, uncertainty of the value, uncertainty of the place. */
const fewest = 2;
const widest = 4;
/** So many rows of one width make a block of data; fewer may be part of a header. */
const leastRows = 3;
/** A header that is longer than this is no header. */
const headerLines = 1000;

const finite = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][+-]?\d+)?$/;
/** What programs write where a number is missing or not finite. */
const notFinite = /^[+-]?(?:nan|inf(?:inity)?|1\.#(?:ind|inf|qnan)\d*)$/i;
const comment = /^\s*[#!%;]/;

/** The numbers of a line, null for what is not finite; null where the line is no row of numbers. */
const numbersOf = (text: string): (number | null)[] | null => {
  const cells = text.trim().split(/\s*,\s*|\s+/);
  const numbers: (number | null)[] = [];
  for (const cell of cells) {
    if (finite.test(cell)) {
      const value = Number(cell.replace(/[dD]/, 'e'));
      numbers.push(Number.isFinite(value) ? value : null);
    } else if (notFinite.test(cell)) numbers.push(null);
    else return null;
  }
  return numbers;
};

type Plan = { firstLine: number; width: number; header: string[] };

/** Where the numbers begin; null where the text has none that make a curve. */
export const planCurve = async (file: string, longestLine: number): Promise<Plan | null> => {
  const header: string[] = [];
  let run = { firstLine: 0, width: 0, rows: 0, before: 0 };
  const found = (): Plan => ({
    firstLine: run.firstLine,
    width: run.width,
    header: header.slice(0, run.before),
  });
  for await (const lines of textLines(file, longestLine, 1 << 20)) {
    for (const { line, text } of lines) {
      const numbers = comment.test(text) ? null : numbersOf(text);
      const width = numbers?.length ?? 0;
      if (numbers !== null && width >= fewest && width <= widest) {
        if (run.width !== width) run = { firstLine: line, width, rows: 0, before: header.length };
        run.rows++;
        if (run.rows >= leastRows) return found();
      } else run = { firstLine: 0, width: 0, rows: 0, before: 0 };
      header.push(text);
      if (header.length > headerLines) return null;
    }
  }
  return null;
};

/** Names of the columns, where the last line of the header has one for each. */
const namesOf = ({ header, width }: Plan): string[] | null => {
  const last = header.findLast((line) => line.trim() !== '')?.trim() ?? '';
  const marked = comment.test(last);
  const words = last
    .replace(/^[#!%;]+[A-Z]?\s+/, '')
    .replace(/^[#!%;]+/, '')
    .trim()
    .split(/\s*[\t,]\s*|\s+(?![([])/);
  const names = words.map((word) => word.replace(/^<(.*)>$/, '$1').replace(/\(\)$/, ''));
  const usable = names.length === width && names.every((name) => /^[^\d\s][^<>]{0,59}$/.test(name));
  return usable && (marked || names.length === new Set(names).size) ? names : null;
};

const factWords: [Fact, RegExp][] = [
  ['title', /^title$/i],
  ['run', /^run(?:[ _]?(?:number|no\.?))?$/i],
  ['sample', /^sample(?:[ _]name)?$/i],
  ['instrument', /^instrument$/i],
  ['start', /^(?:date|start(?:[ _]time)?)$/i],
];

/** `word: value` and `word = value` lines of a header. */
const factsOf = (header: readonly string[]): Metadata => {
  const metadata: Metadata = {};
  for (const line of header) {
    const spec = /^#D\s+(.+)$/.exec(line)?.[1];
    if (spec !== undefined) metadata.start ??= shown(spec);
    const [, word, value] =
      /^\s*(?:[#!%;]+[A-Z]?\s+)?([A-Za-z][\w .]{0,30}?)\s*[:=]\s*(\S.*)$/.exec(line) ?? [];
    if (word === undefined || value === undefined) continue;
    for (const [fact, form] of factWords) if (form.test(word)) metadata[fact] ??= shown(value);
  }
  const first = header.find((line) => line.trim() !== '' && !comment.test(line))?.trim();
  if (metadata.title === undefined && first !== undefined && !/^<|^[\d\s.+-]+$/.test(first)) {
    metadata.title = shown(first.replace(/^"|"$/g, ''));
  }
  return metadata;
};

/** Reads a measured curve: header or comment lines, then rows of two to four numbers. Values that are not finite are missing. */
export const readCurve = async (file: string, limits: IngestLimits): Promise<TableSource> => {
  const plan = await planCurve(file, limits.maxRecordBytes);
  if (plan === null) {
    throw invalidField('file', `has no block of ${leastRows} or more rows of ${fewest} to ${widest} numbers`);
  }
  const { firstLine, width, header } = plan;
  const { columns, curve } = curveColumns(namesOf(plan)?.map(namedAxis) ?? null, width);
  const metadata = factsOf(header);
  const notes: string[] = [];
  let missing = 0;
  async function* batches(): AsyncGenerator<InCell[][]> {
    let short: number | null = null;
    for await (const lines of textLines(file, limits.maxRecordBytes)) {
      const rows: InCell[][] = [];
      for (const { line, text } of lines) {
        if (line < firstLine || text.trim() === '' || comment.test(text)) continue;
        const numbers = numbersOf(text);
        if (numbers === null || numbers.length > width || short !== null) {
          const what =
            short === null
              ? 'is no row'
              : `follows line ${short}, which is shorter than the rows before, and is no end`;
          throw invalidField(`line ${line}`, `${what}; ${width} numbers are expected to the end of the file`);
        }
        missing += numbers.filter((value) => value === null).length;
        // The end of the last bin stands alone in histogram files.
        if (numbers.length < width) short = line;
        rows.push(numbers);
      }
      yield rows;
    }
    if (missing > 0) notes.push(`${missing} values that are not finite are missing`);
    if (short !== null) notes.push(`the last row has fewer than ${width} numbers`);
    if (notes.length > 0) metadata.notes = notes;
  }
  return { columns, batches: batches(), curve, metadata };
};
