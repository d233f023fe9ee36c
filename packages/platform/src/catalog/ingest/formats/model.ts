/** What a file states about itself. Texts are as the file has them, cut where they are long. */
export const facts = [
  'title',
  'run',
  'sample',
  'instrument',
  'facility',
  'start',
  'definition',
  'entry',
  'program',
] as const;
export type Fact = (typeof facts)[number];
/** `notes`: what of the file was not taken over, in words. */
export type Metadata = Partial<Record<Fact, string>> & { notes?: string[] };

/** Which columns of a table are a measured curve, by index: place, value, and the uncertainty of each. */
export type CurveColumns = { x: number; y: number; dy: number | null; dx: number | null };

export type Axis = { name: string; unit: string | null };
/** A curve to look at. `points` are x, y, dy, dx, thinned where there are many; `of` counts all of them. */
export type Curve = {
  title: string;
  x: Axis;
  y: Axis;
  points: [x: number, y: number, dy: number | null, dx: number | null][];
  of: number;
};

export type Scalar = string | number | boolean | null;
/** A value of an attribute or small dataset; a list is flat, in row-major order. */
export type SmallValue = Scalar | Scalar[];

export type TreeNode = {
  path: string;
  kind: 'group' | 'dataset' | 'link';
  /** Of a dataset; empty for a single value, null where it holds nothing. */
  shape: number[] | null;
  /** `float64`, `int32`, `text`, ... of a dataset. */
  dtype: string | null;
  units: string | null;
  /** Of a dataset with few values. */
  value: SmallValue;
  attributes: Record<string, SmallValue>;
  /** Where a link points, and that it is not followed; why a dataset cannot be read. */
  note: string | null;
};

/** `left` counts what the file has besides: nodes, and attributes of the nodes that are here. */
export type TreeDescription = {
  nodes: TreeNode[];
  left: { nodes: number; attributes: number };
  curve: Curve | null;
};

export const treeLimits = {
  /** Nodes that are kept. */
  nodes: 2000,
  /** Nodes that are looked at; a file with more is refused. */
  walked: 200_000,
  depth: 40,
  attributes: 50,
  /** Values of a list, characters of a text. */
  values: 16,
  text: 400,
  /** Bytes of an attribute that is read at all. */
  attributeBytes: 65_536,
  /** Largest chunk, unpacked, that is ever read into memory. */
  chunkBytes: 256 * 2 ** 20,
} as const;

/** Points of a curve that is kept for looking at. */
export const mostPoints = 1000;

const hidden = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** Text of a file as it may be shown: without what hides or reorders, and not longer than it may be. */
export const shown = (text: string): string => {
  const clean = text.replace(hidden, ' ').trim();
  return clean.length > treeLimits.text ? `${clean.slice(0, treeLimits.text)}…` : clean;
};

/** Numbers that JSON has: what is not finite is null, integers beyond 2^53 are text of their digits. */
export const toScalar = (value: unknown): Scalar => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === 'string') return shown(value);
  return typeof value === 'boolean' ? value : null;
};

/** Evenly chosen points of many, the first and the last among them. */
export const thinned = <T>(all: readonly T[], most: number = mostPoints): T[] => {
  if (all.length <= most) return [...all];
  const step = (all.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => all[Math.round(index * step)] as T);
};
