import { hash } from 'node:crypto';
import { type Cell, canonicalCell, joinCells } from './split-cells.ts';

/** Marks of one row by which it is known again; each is 32 hexadecimal digits and tells nothing without the key. */
export type RowFingerprints = {
  /** Of all values, and of all but one, for each: shared by a row with one column dropped, added or altered. */
  row: string[];
  /** Of the inputs alone: shared by every measurement of the same design, honest repetitions included. */
  design: string;
};

/** Numbers to four significant digits, so that a rounded export is still known. */
function coarseCell(cell: Cell): string {
  const text = canonicalCell(cell);
  if (!text.startsWith('n')) return text;
  const value = Number(text.slice(1));
  return `n${Number(value.toPrecision(4))}`;
}

/**
 * Fingerprints of a row under a secret key of the platform (SHA-256 behind the key, cut to 128 bits). Values are rounded to four
 * significant digits; names and order of columns do not matter. At least one outcome is in every mark of `row`, so
 * that an honest new measurement of a known design shares `design` only.
 */
export function rowFingerprints(
  row: { inputs: readonly Cell[]; outcomes: readonly Cell[] },
  key: Uint8Array,
): RowFingerprints {
  const secret = Buffer.from(key).toString('hex');
  // A secret prefix is safe here, because half of the digest is withheld: nothing can be appended to it.
  const mark = (purpose: string, cells: readonly string[]): string =>
    hash('sha256', `${secret}/genesis/row/1/${purpose}/${joinCells([...cells].sort())}`, 'hex').slice(0, 32);
  const inputs = row.inputs.map(coarseCell);
  const outcomes = row.outcomes.map(coarseCell);
  const cells = [...inputs, ...outcomes];
  const marks = new Set<string>(outcomes.length > 0 ? [mark('row', cells)] : []);
  const droppable = outcomes.length > 1 ? cells.length : outcomes.length === 1 ? inputs.length : 0;
  for (let dropped = 0; dropped < droppable && cells.length > 2; dropped++) {
    marks.add(mark('row', cells.toSpliced(dropped, 1)));
  }
  return { row: [...marks], design: mark('design', inputs) };
}

/** How far offered rows are rows, or designs, that are registered already. Shares are of the offered rows. */
export type Overlap = {
  offered: number;
  sameRows: number;
  sameDesigns: number;
  /** Registered rows that were offered again, as a share of all registered ones. */
  shareOfRegistered: number;
  /** `same-rows`: shares the seal and the error budget. `same-designs`: new results for known designs. */
  recognised: 'same-rows' | 'same-designs' | 'new';
};

/**
 * Compares a table's fingerprints with those of a registered one. It is the same data when at least `fraction` of
 * either table's rows appear in the other: the offered side catches a slice, the registered side a padded table.
 */
export function fingerprintOverlap(
  registered: Iterable<RowFingerprints>,
  offered: Iterable<RowFingerprints>,
  fraction = 0.1,
): Overlap {
  const rowOfMark = new Map<string, number[]>();
  const designs = new Set<string>();
  let registeredRows = 0;
  for (const { row, design } of registered) {
    for (const mark of row) {
      const holders = rowOfMark.get(mark);
      if (holders === undefined) rowOfMark.set(mark, [registeredRows]);
      else holders.push(registeredRows);
    }
    designs.add(design);
    registeredRows++;
  }
  const seenAgain = new Set<number>();
  let offeredRows = 0;
  let sameRows = 0;
  let sameDesigns = 0;
  for (const { row, design } of offered) {
    const matches = row.flatMap((mark) => rowOfMark.get(mark) ?? []);
    for (const match of matches) seenAgain.add(match);
    if (matches.length > 0) sameRows++;
    if (designs.has(design)) sameDesigns++;
    offeredRows++;
  }
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const shareOfRegistered = share(seenAgain.size, registeredRows);
  const rowsKnown = sameRows > 0 && Math.max(share(sameRows, offeredRows), shareOfRegistered) >= fraction;
  const designsKnown = sameDesigns > 0 && share(sameDesigns, offeredRows) >= fraction;
  return {
    offered: offeredRows,
    sameRows,
    sameDesigns,
    shareOfRegistered,
    recognised: rowsKnown ? 'same-rows' : designsKnown ? 'same-designs' : 'new',
  };
}
