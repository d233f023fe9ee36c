import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { stageFile } from '../../../../test/staged-file.ts';
import type { Ingested } from '../model.ts';

const repository = fileURLToPath(new URL('../../../../../../', import.meta.url));
const data = process.env['GENESIS_DATA'] ?? join(repository, '../shared/data');
const files = existsSync(data)
  ? readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(data, join(entry.parentPath, entry.name)))
      .sort()
  : [];

/** Names of the columns of a table without a header, as the description beside it states them. */
const columnsOf = (path: string): { name: string }[] | undefined => {
  const config = join(data, dirname(path), 'config.json');
  if (basename(path) !== 'data.csv' || !existsSync(config)) return undefined;
  const { parameters, measurements } = JSON.parse(readFileSync(config, 'utf8')) as Record<
    'parameters' | 'measurements',
    { name: string }[]
  >;
  return [...parameters, ...measurements].map(({ name }) => ({ name }));
};

const read = async (path: string): Promise<Ingested> => {
  const columns = columnsOf(path);
  const options = { describe: true, fileName: basename(path), ...(columns && { columns }) };
  return (await stageFile(readFileSync(join(data, path)), options)).read;
};

type Table = Extract<Ingested, { content: 'table' }>;
type Tree = Extract<Ingested, { content: 'tree' }>;

const units = (table: Table) => table.columns.map(({ name, unit }) => `${name} ${unit ?? '-'}`).join(', ');
const ends = ({ description }: Table) => {
  const first = description?.statistics[0];
  return first?.kind === 'numeric' ? [first.min, first.max] : [];
};
const shapeOf = (tree: Tree, path: string) =>
  tree.description.nodes.find((node) => node.path === path)?.shape;

/** What the files say of themselves: in their headers, their metadata, or by counting. */
const documented: Record<string, (found: Ingested) => void> = {
  'neutron/sans/Ludox_silica.xml': (found) => {
    expect(found).toMatchObject({ format: 'cansas-xml', rows: 92, curve: { x: 0, y: 1, dy: 2, dx: 3 } });
    expect(units(found as Table)).toBe('Q 1/A, I 1/cm, Idev 1/cm, Qdev 1/A');
    expect(ends(found as Table)[0]).toBe(0.00714);
    expect(found.metadata).toMatchObject({
      title: 'Ludox 1mm M4 TRANS_SANS',
      run: '102424',
      sample: 'Ludox 1mm M4 TRANS_SANS',
      instrument: 'LOQ',
    });
  },
  'neutron/sans/33837rear_1D_1.75_16.5_CanSAS1D.xml': (found) => {
    expect(found).toMatchObject({ format: 'cansas-xml', rows: 66 });
    expect((found as Table).description?.preview[0]).toEqual([0.00416, 5.41609, 0.615225, 0]);
    expect(found.metadata).toMatchObject({ run: '33837', sample: 'MH4_5deg_16T_SLOW', instrument: 'SANS2D' });
  },
  'neutron/sans/33837rear_1D_1.75_16.5_NXcanSAS_v3.h5': (found) => {
    expect(found.metadata).toMatchObject({
      definition: 'NXcanSAS',
      entry: 'sasentry01',
      run: '33837',
      title: 'MH4_5deg_16T_SLOW',
      instrument: 'SANS2D',
      facility: 'Spallation Neutron Source',
    });
    const { curve } = (found as Tree).description;
    expect(curve).toMatchObject({ of: 66, x: { name: 'Q', unit: '1/A' }, y: { name: 'I', unit: 'Counts' } });
    expect(curve?.points[0]?.map((value) => value && Number(value.toPrecision(5)))).toEqual([
      0.00416,
      5.4161,
      0.61522,
      null,
    ]);
  },
  'neutron/sans/33837rear_2D_1.75_16.5_NXcanSAS_v3.h5': (found) => {
    expect(shapeOf(found as Tree, '/sasentry01/sasdata/I')).toEqual([150, 150]);
    expect((found as Tree).description.curve).toBeNull();
  },
  'neutron/sans/MAR07232_rest.h5': (found) => {
    expect(shapeOf(found as Tree, '/sasentry01/sasdata01/I')).toEqual([128, 128]);
    expect(found.metadata).toMatchObject({
      title: 'MAR07232_rest_out.dat',
      run: '2',
      definition: 'NXcanSAS',
    });
  },
  'neutron/sans/simpleexamplefile.h5': (found) => {
    expect((found as Tree).description.curve).toMatchObject({ of: 100, y: { name: 'I', unit: '1/cm' } });
  },
  // Both say in their third line how many points there are.
  'neutron/sans/apoferritin.txt': (found) =>
    expect(found).toMatchObject({ format: 'curve', rows: 395, curve: { dx: 3 } }),
  'neutron/sans/ISIS_98929.TXT': (found) =>
    expect(found).toMatchObject({ format: 'curve', rows: 140, curve: { dy: 2, dx: null } }),
  'neutron/sans/100nmPinholeSphere.txt': (found) => {
    expect(units(found as Table)).toBe('X -, Y -, dY -, dsigQ -');
    expect(ends(found as Table)).toEqual([0.001, 0.5]);
  },
  'neutron/sans/cyl_400_20.txt': (found) => {
    expect(found).toMatchObject({
      rows: 21,
      metadata: { notes: ['1 values that are not finite are missing'] },
    });
  },
  'neutron/diffraction/sepd.xye': (found) => {
    expect(found).toMatchObject({ format: 'curve', rows: 5600 });
    expect(ends(found as Table)).toEqual([2000, 29_995]);
  },
  'neutron/reflectometry/REF_L_2893.txt': (found) => {
    expect(found).toMatchObject({
      rows: 751,
      metadata: { run: '2893', title: 'MK NR4 dry 032007_No0Rep0', start: '2007-03-22 15:52:59' },
    });
    expect(units(found as Table)).toBe('time_of_flight microsecond, data -, Sigma -');
  },
  'closedloop/pvlab/Crossed_barrel_dataset.csv': (found) =>
    expect(found).toMatchObject({ format: 'csv', rows: 1800 }),
  'neutron/diffraction/si.cif': (found) => expect(found.content).toBe('file'),
};

describe.skipIf(files.length === 0)(`every file of ${data} (skipped where it is missing)`, () => {
  test('all that is documented is there', () => {
    expect(Object.keys(documented).filter((path) => !files.includes(path))).toEqual([]);
  });

  test.each(files)(
    '%s imports, or is kept with a reason',
    async (path) => {
      const found = await read(path);
      if (found.content === 'table') {
        expect(found.rows).toBeGreaterThan(0);
        expect(found.description?.preview).toHaveLength(Math.min(20, found.rows));
        expect(found.description?.preview[0]).toHaveLength(found.columns.length);
      } else if (found.content === 'tree') expect(found.description.nodes.length).toBeGreaterThan(3);
      else expect(found.description.reason.length).toBeGreaterThan(10);
      const isData =
        /\.(csv|h5|xye|xml)$/i.test(path) || /reflectometry\/REF|sans\/(?!LICENSE).*\.txt$/i.test(path);
      expect(found.content !== 'file', `${path} is read as what it is`).toBe(isData);
      documented[path]?.(found);
    },
    30_000,
  );
});
