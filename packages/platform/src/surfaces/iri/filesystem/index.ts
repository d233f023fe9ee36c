export { compress, extract } from './archive.ts';
export { type ConfinedRoot, openConfinedRoot } from './confined-root.ts';
export { type Copied, copy } from './copy.ts';
export { mostFileBytes } from './limits.ts';
export { describe, fileType, type Listed, list, statOf } from './look.ts';
export { stepsOf } from './path.ts';
export { type Amount, checksum, download, head, tail, view } from './read.ts';
export { changeMode, changeOwner, makeFolder, makeLink, move, remove, upload } from './write.ts';
