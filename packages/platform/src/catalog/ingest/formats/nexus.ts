import type { Fact, Metadata, SmallValue, TreeNode } from './model.ts';

/** The class that NeXus or canSAS gives a group, without its prefix: `entry`, `data`, `instrument`, ... */
const classOf = ({ attributes }: TreeNode): string | null => {
  for (const name of ['canSAS_class', 'NX_class']) {
    const value = attributes[name];
    if (typeof value === 'string') return value.replace(/^(NX|SAS)/, '').toLowerCase();
  }
  return null;
};

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Fields of groups that state facts, by the class of the group. Source: the NeXus base classes and NXcanSAS. */
const fields: Record<string, [fact: Fact, names: string[]][]> = {
  entry: [
    ['title', ['title']],
    ['run', ['run', 'run_number', 'entry_identifier']],
    ['start', ['start_time']],
    ['definition', ['definition']],
    ['program', ['program_name']],
  ],
  sample: [['sample', ['name', 'id']]],
  instrument: [['instrument', ['name']]],
  source: [['facility', ['name', 'radiation', 'type']]],
  process: [['program', ['name', 'program']]],
};

const text = (value: SmallValue): string | null =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : null;

/** What a NeXus or canSAS tree states of its first entry. Works on the description alone. */
export const nexusMetadata = (nodes: readonly TreeNode[]): Metadata => {
  const metadata: Metadata = {};
  const groups = nodes.filter(({ kind }) => kind === 'group');
  const entry = groups.find((group) => classOf(group) === 'entry');
  if (entry !== undefined && entry.path !== '/') metadata.entry = nameOf(entry.path);
  const values = new Map(
    nodes.filter(({ kind }) => kind === 'dataset').map(({ path, value }) => [path.toLowerCase(), value]),
  );
  for (const group of groups) {
    const within =
      entry === undefined || group.path === entry.path || group.path.startsWith(`${entry.path}/`);
    for (const [fact, names] of within ? (fields[classOf(group) ?? ''] ?? []) : []) {
      for (const name of names) {
        const found = text(values.get(`${group.path}/${name}`.toLowerCase()) ?? null);
        if (found !== null) metadata[fact] ??= found;
      }
    }
  }
  return metadata;
};

/** Paths of a curve in a tree: place, value and their uncertainties. */
export type CurvePaths = { title: string; x: string; y: string; dy: string | null; dx: string | null };

const words = (value: SmallValue | undefined): string[] =>
  (Array.isArray(value) ? value : [value ?? null])
    .flatMap((one) => (typeof one === 'string' ? one.split(/[,:\s]+/) : []))
    .filter((word) => word !== '');

/**
 * The first one-dimensional curve that the tree marks as such: the `signal` of a data group over one axis of the same length
 * (`I_axes` or `axes`), or fields named I and Q.
 */
export const nexusCurve = (nodes: readonly TreeNode[]): CurvePaths | null => {
  const datasets = new Map(
    nodes.filter(({ kind, note }) => kind === 'dataset' && note === null).map((node) => [node.path, node]),
  );
  for (const group of nodes) {
    if (group.kind !== 'group' || classOf(group) !== 'data') continue;
    const { attributes } = group;
    const child = (name: string | undefined) =>
      name === undefined ? undefined : datasets.get(`${group.path}/${name}`);
    const signal = child(words(attributes['signal'])[0]) ?? child('I');
    const axes = words(attributes['I_axes'] ?? attributes['axes']);
    const axis = child(axes[0]) ?? child('Q');
    if (signal === undefined || axis === undefined || axes.length > 1) continue;
    const [length] = signal.shape ?? [];
    const alike = (node: TreeNode | undefined): node is TreeNode =>
      node?.shape?.length === 1 && node.shape[0] === length && node.dtype !== 'text';
    if (!alike(signal) || !alike(axis) || length === undefined || length < 2) continue;
    const uncertainty = (node: TreeNode, fallback: string): string | null => {
      const stated = words(node.attributes['uncertainties'] ?? node.attributes['uncertainty'])[0];
      const found = child(stated) ?? child(fallback) ?? child(`${nameOf(node.path)}_errors`);
      return alike(found) ? found.path : null;
    };
    return {
      title: nameOf(parentOf(group.path)) || nameOf(group.path),
      ...{ x: axis.path, y: signal.path, dy: uncertainty(signal, 'Idev'), dx: uncertainty(axis, 'Qdev') },
    };
  }
  return null;
};
