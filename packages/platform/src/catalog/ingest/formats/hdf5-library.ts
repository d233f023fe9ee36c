import { constants } from 'node:fs';

/**
 * The HDF5 library as WebAssembly. Its start asks for the numbers of open flags in a way that Node's permission model denies; it gets
 * them, and nothing else, from here.
 */
Object.defineProperty(process, 'binding', { value: () => ({ fs: constants }) });
const { Attribute, Dataset, File, ready } = await import('h5wasm/node');
const library = await ready;

export { Attribute, Dataset, File, library };
