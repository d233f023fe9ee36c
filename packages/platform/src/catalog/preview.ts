import { GenesisError, type Purpose } from '@genesis/contracts';
import type { PrincipalFacts } from '../policy/index.ts';
import { curvePicture } from './curve-picture.ts';
import { type Curve, mostPoints, thinned } from './ingest/formats/model.ts';
import type { Column } from './ingest/model.ts';
import type { CatalogParts } from './parts.ts';
import { showVersion, streamRecords } from './read.ts';
import type { VersionRow } from './store.ts';

/** Longest table that is read for the picture of its curve. */
const longestTable = 2_000_000;

const curveOfTable = async (parts: CatalogParts, { version, dataset }: VersionRow): Promise<Curve | null> => {
  const { curve, columns, description } = version;
  if (curve === null || !('rows' in description) || description.rows > longestTable) return null;
  const column = (index: number) => columns[index] as Column;
  const roles = [curve.x, curve.y, curve.dy, curve.dx];
  const names = roles.flatMap((index) => (index === null ? [] : [column(index).name]));
  // What is read are the rows that may be seen: of a cut table, its explore part.
  const rows = await streamRecords(parts, version, names);
  const cell = (row: Record<string, unknown>, index: number | null): number | null => {
    const value = index === null ? null : row[column(index).name];
    return typeof value === 'number' ? value : null;
  };
  const points = rows.flatMap((row): Curve['points'] => {
    const [x, y] = [cell(row, curve.x), cell(row, curve.y)];
    return x === null || y === null ? [] : [[x, y, cell(row, curve.dy), cell(row, curve.dx)]];
  });
  const axis = (index: number) => ({ name: column(index).name, unit: column(index).unit });
  const title = version.metadata.title ?? dataset.name;
  return {
    title,
    x: axis(curve.x),
    y: axis(curve.y),
    points: thinned(points, mostPoints),
    of: points.length,
  };
};

/** The curve that a version holds, for looking at; null where it holds none. A use as any reading of the version is. */
export const previewCurve = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose | null,
): Promise<Curve | null> => {
  const found = await showVersion(parts, principal, id, purpose);
  const { description } = found.version;
  return 'nodes' in description ? description.curve : curveOfTable(parts, found);
};

/** The same as a picture (SVG). @throws GenesisError `unsupported` where there is no curve */
export const previewPicture = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose | null,
): Promise<string> => {
  const curve = await previewCurve(parts, principal, id, purpose);
  if (curve === null || curve.points.length === 0) {
    throw new GenesisError({
      code: 'unsupported',
      message: 'This version holds no measured curve, so there is no picture of one.',
    });
  }
  return curvePicture(curve);
};
