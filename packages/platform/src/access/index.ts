export { type AtLeast, type LabelParts, raiseInside } from './labels/raise.ts';
export type { ReleaseParts } from './labels/release.ts';
export { labelRoutes } from './labels/routes.ts';
