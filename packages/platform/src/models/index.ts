export { modelCard } from './card.ts';
export {
  type Artifact,
  createModels,
  type ModelRow,
  type Models,
  type NewModel,
} from './models.ts';
export { modelNames } from './names.ts';
export type { Predict, Prediction } from './predict.ts';
export { modelRoutes } from './routes.ts';

/** Predictions of a surrogate, as a function for a worker thread. */
export const predictFunction = { module: new URL('./functions.ts', import.meta.url), name: 'predictAll' };
