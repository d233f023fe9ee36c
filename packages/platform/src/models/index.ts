export { modelCard } from './card.ts';
export {
  type Artifact,
  createModels,
  type ModelRow,
  type Models,
  type NewModel,
} from './models.ts';
export type { Predict, Prediction } from './predict.ts';
export { modelRoutes } from './routes.ts';
