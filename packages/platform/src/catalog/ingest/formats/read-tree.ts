import type { IngestedTree } from '../model.ts';
import { type Curve, type Metadata, mostPoints, type TreeNode, thinned } from './model.ts';
import { type CurvePaths, nexusCurve, nexusMetadata } from './nexus.ts';
import { blocksOf, type SliceRequest, type WrittenSlice, writeSlice } from './slice.ts';
import type { SliceSource } from './slice-source.ts';
import { TreeBuilder } from './tree-builder.ts';

type TreeFormat = IngestedTree['format'];

/** Longest curve of a tree that is read for its preview. */
const longestCurve = 5_000_000;

const openSlices = async (file: string, format: TreeFormat): Promise<SliceSource> => {
  if (format === 'hdf5') {
    const { openHdf5 } = await import('./hdf5-file.ts');
    const { hdf5Slices } = await import('./read-hdf5.ts');
    return hdf5Slices(openHdf5(file), file);
  }
  const { openZarr, zarrSlices } = await import('./read-zarr.ts');
  return zarrSlices(await openZarr(file));
};

const readAll = async (source: SliceSource, path: string): Promise<number[]> => {
  const array = await source.open(path);
  const block = { start: array.shape.map(() => 0), count: array.shape, step: array.shape.map(() => 1) };
  const all: number[] = [];
  for (const part of blocksOf(block, array.chunks, 1 << 20))
    for (const value of await array.values(part)) all.push(Number(value));
  return all;
};

const curveOf = async (
  source: SliceSource,
  nodes: readonly TreeNode[],
  paths: CurvePaths,
): Promise<Curve | null> => {
  const node = (path: string) => nodes.find((one) => one.path === path);
  const axis = (path: string) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    unit: node(path)?.units ?? null,
  });
  if ((node(paths.x)?.shape?.[0] ?? 0) > longestCurve) return null;
  const read = (path: string | null) => (path === null ? null : readAll(source, path));
  const x = await readAll(source, paths.x);
  const y = await readAll(source, paths.y);
  const dy = await read(paths.dy);
  const dx = await read(paths.dx);
  const finite = (value: number | undefined): number | null =>
    Number.isFinite(value) ? (value as number) : null;
  const points = x.flatMap((place, index): Curve['points'] => {
    const value = y[index];
    if (!Number.isFinite(place) || value === undefined || !Number.isFinite(value)) return [];
    return [[place, value, finite(dy?.[index]), finite(dx?.[index])]];
  });
  return {
    title: paths.title,
    x: axis(paths.x),
    y: axis(paths.y),
    points: thinned(points, mostPoints),
    of: points.length,
  };
};

/** What is known of an HDF5 or Zarr file, read within limits and never beyond the file. */
export const readTree = async (
  file: string,
  format: TreeFormat,
): Promise<Pick<IngestedTree, 'description' | 'metadata'>> => {
  const tree = new TreeBuilder();
  if (format === 'hdf5') {
    const { openHdf5 } = await import('./hdf5-file.ts');
    const { walkHdf5, hdf5Slices } = await import('./read-hdf5.ts');
    const opened = openHdf5(file);
    walkHdf5(opened, tree);
    return finish(tree, hdf5Slices(opened, file));
  }
  const { openZarr, walkZarr, zarrSlices } = await import('./read-zarr.ts');
  const opened = await openZarr(file);
  await walkZarr(opened, tree);
  return finish(tree, zarrSlices(opened));
};

const finish = async ({ nodes, left }: TreeBuilder, source: SliceSource) => {
  const metadata: Metadata = nexusMetadata(nodes);
  const paths = nexusCurve(nodes);
  const curve =
    paths === null ? null : await curveOf(source, nodes, { ...paths, title: metadata.title ?? paths.title });
  return { metadata, description: { nodes, left, curve } };
};

/** Writes a part of one dataset; see `writeSlice`. */
export const sliceTree = async (
  { file, format, ...request }: SliceRequest & { file: string; format: TreeFormat },
  sink: (part: string | Uint8Array) => Promise<void>,
): Promise<WrittenSlice> => writeSlice(await openSlices(file, format), request, sink);
