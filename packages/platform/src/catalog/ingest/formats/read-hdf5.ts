import { GenesisError, invalidField } from '@genesis/contracts/errors';
import {
  describeHdf5,
  guarded,
  type Hdf5Dataset,
  type Hdf5File,
  isNumberType,
  numbersOf,
  readBytes,
  readTexts,
} from './hdf5-file.ts';
import { Attribute } from './hdf5-library.ts';
import { locateHdf5 } from './locate-hdf5.ts';
import { type SmallValue, shown, type TreeNode, toScalar, treeLimits } from './model.ts';
import type { SliceSource } from './slice-source.ts';
import type { TreeBuilder } from './tree-builder.ts';

const small = (values: readonly unknown[], shape: readonly number[] | null): SmallValue => {
  const scalars = values.slice(0, treeLimits.values).map(toScalar);
  return shape?.length === 0 || values.length === 1 ? (scalars[0] ?? null) : scalars;
};

const attributesOf = ({ module, id }: Hdf5File, path: string, tree: TreeBuilder): TreeNode['attributes'] => {
  const names = guarded(path, () => module.get_attribute_names(id, path));
  const kept: TreeNode['attributes'] = {};
  for (const [index, name] of names.entries()) {
    if (index >= treeLimits.attributes || name === '__proto__') {
      tree.leaveAttribute();
      continue;
    }
    kept[shown(name)] = readAttribute({ module, id }, path, name);
  }
  return kept;
};

/** One attribute; null where it is too large, of a type that has no text, or damaged: it never stops the rest. */
const readAttribute = ({ id }: Hdf5File, path: string, name: string): SmallValue => {
  try {
    const { metadata, value, shape } = limited(new Attribute(id, path, name));
    if (metadata === null) return null;
    if (typeof value === 'object' && value !== null && 'length' in value)
      return small(Array.from(value as ArrayLike<unknown>), shape);
    return toScalar(value);
  } catch {
    return null;
  }
};

/** Values of an attribute are read only where they are few. */
const limited = (
  attribute: InstanceType<typeof Attribute>,
): { metadata: object | null; value: unknown; shape: number[] | null } => {
  const { metadata, shape } = attribute;
  const bytes = metadata.size * (shape ?? []).reduce((product, length) => product * length, 1);
  return bytes > treeLimits.attributeBytes
    ? { metadata: null, value: null, shape }
    : { metadata, value: attribute.value, shape };
};

/** The value of a dataset that has few. */
const fewValues = (file: Hdf5File, dataset: Hdf5Dataset): SmallValue => {
  const { shape, dtype, size, unreadable } = dataset;
  if (shape === null || unreadable !== null || shape.length > 1) return null;
  const [length = 1] = shape;
  if (length === 0 || length > treeLimits.values || size > treeLimits.attributeBytes) return null;
  const block = { start: shape.map(() => 0), count: shape, step: shape.map(() => 1) };
  try {
    const values = isNumberType(dtype)
      ? Array.from(numbersOf(readBytes(file, dataset, block), dtype))
      : readTexts(file, dataset, block);
    return small(values, shape);
  } catch (error) {
    if (error instanceof GenesisError) return null;
    throw error;
  }
};

/** Why the first number of a dataset that is not in chunks cannot be read, as where it lies in another file; null where it can. */
const notThere = (file: Hdf5File, dataset: Hdf5Dataset): string | null => {
  const { shape, chunks, dtype } = dataset;
  if (shape === null || chunks !== null || shape.includes(0) || !isNumberType(dtype)) return null;
  try {
    readBytes(file, dataset, {
      start: shape.map(() => 0),
      count: shape.map(() => 1),
      step: shape.map(() => 1),
    });
    return null;
  } catch (error) {
    if (error instanceof GenesisError) return `not readable: ${error.failure.message}`;
    throw error;
  }
};

/** Where a link that is not a plain name of an object points; null for an object. Nothing is opened to find out. */
const linkOf = ({ module, id }: Hdf5File, path: string): string | null =>
  guarded(path, () => {
    const soft: string | null = module.get_symbolic_link(id, path);
    if (soft !== null) return `soft link to ${shown(soft)}; links are not followed`;
    const external: Partial<{ filename: string; obj_path: string }> = module.get_external_link(id, path);
    if (external.filename === undefined || external.obj_path === undefined) return null;
    return `external link to ${shown(external.obj_path)} in ${JSON.stringify(shown(external.filename))}; other files are never opened`;
  });

/**
 * Walks the groups of a file. Only objects that are named in the file itself are opened; an object that was seen already, as in a
 * cycle, is shown as a link to where it was first.
 */
export const walkHdf5 = (file: Hdf5File, tree: TreeBuilder): void => {
  const { module, id } = file;
  const first = new Map<string, string>();
  const visitGroup = (path: string, depth: number): void => {
    const names = guarded(path, () => module.get_names(id, path, false));
    for (const name of names) visit(path === '/' ? `/${name}` : `${path}/${name}`, depth + 1);
  };
  const visit = (path: string, depth: number): void => {
    tree.count(path, depth);
    const link = path === '/' ? null : linkOf(file, path);
    if (link !== null) {
      tree.add({ path, kind: 'link', note: link });
      return;
    }
    // An object reference is the object's address in the file.
    const address = Buffer.from(guarded(path, () => module.create_object_reference(id, path))).toString(
      'hex',
    );
    const known = first.get(address);
    if (known !== undefined) {
      tree.add({ path, kind: 'link', note: `the same object as ${known}` });
      return;
    }
    first.set(address, path);
    const type = guarded(path, () => module.get_type(id, path));
    if (type === module.H5G_GROUP) {
      tree.add({ path, kind: 'group', attributes: attributesOf(file, path, tree) });
      visitGroup(path, depth);
    } else if (type === module.H5G_DATASET) {
      const dataset = describeHdf5(file, path);
      const { shape, dtype } = dataset;
      const unreadable = dataset.unreadable ?? notThere(file, dataset);
      const attributes = attributesOf(file, path, tree);
      tree.add({
        path,
        kind: 'dataset',
        shape,
        dtype,
        attributes,
        value: unreadable === null ? fewValues(file, dataset) : null,
        note: unreadable,
      });
    }
  };
  visit('/', 0);
};

/** Datasets of an HDF5 file, for slices. A path that passes a link is refused before anything is opened. */
export const hdf5Slices = (file: Hdf5File, name: string): SliceSource => {
  const { module, id } = file;
  return {
    open: async (wanted) => {
      const parts = wanted.split('/').filter((part) => part !== '');
      const noDataset = () =>
        invalidField(
          'path',
          `there is no dataset ${JSON.stringify(wanted)}; the tree of the version lists them`,
        );
      let at = '';
      for (const part of parts) {
        const names = guarded(at || '/', () =>
          module.get_type(id, at || '/') === module.H5G_GROUP ? module.get_names(id, at || '/', false) : [],
        );
        if (part === '.' || !names.includes(part)) throw noDataset();
        at += `/${part}`;
        const link = linkOf(file, at);
        if (link !== null) throw invalidField('path', `${JSON.stringify(at)} is a ${link}`);
      }
      if (at === '' || module.get_type(id, at) !== module.H5G_DATASET) throw noDataset();
      const dataset = describeHdf5(file, at);
      if (dataset.unreadable !== null) {
        throw new GenesisError({ code: 'unsupported', message: `${at} is ${dataset.unreadable}` });
      }
      if (dataset.shape === null) throw invalidField('path', `${JSON.stringify(at)} holds nothing`);
      const units = readAttribute(file, at, 'units');
      const { shape, chunks, dtype, size } = dataset;
      return {
        path: at,
        ...{ shape, chunks, dtype, size },
        units: typeof units === 'string' ? units : null,
        bytes: isNumberType(dtype) ? async (block) => readBytes(file, dataset, block) : null,
        ...(isNumberType(dtype) && { locate: (blocks) => locateHdf5(file, name, dataset, blocks) }),
        values: async (block) =>
          isNumberType(dtype)
            ? Array.from(numbersOf(readBytes(file, dataset, block), dtype))
            : readTexts(file, dataset, block),
      };
    },
  };
};
