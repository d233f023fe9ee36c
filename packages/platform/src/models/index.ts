export { modelCard } from './card.ts';
export { type Artifact, createModels, type Models, type NewModel } from './models.ts';
export { modelNames } from './names.ts';
export type { Predict, Prediction } from './predict.ts';
export { openProvenanceSigner, type ProvenanceSigner } from './provenance/signer.ts';
export { findModelForRun } from './registry/model-for-run.ts';
export { type LockedPackage, type Materials, noMaterials, type RegistryParts } from './registry/parts.ts';
export { type Registration, registerModel } from './registry/register.ts';
export { registryRoutes } from './registry/routes.ts';
export type { ModelRow, RegisteredRow, SurrogateRow } from './registry/rows.ts';
export { modelRoutes } from './routes.ts';
export { servingRoutes } from './serving/routes.ts';
export { createServing, type Serving } from './serving/serving.ts';

/** Predictions of a surrogate, as a function for a worker thread. */
export const predictFunction = { module: new URL('./functions.ts', import.meta.url), name: 'predictAll' };
