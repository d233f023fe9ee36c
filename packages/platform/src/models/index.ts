export {
  type Artifact,
  artifactHash,
  createModels,
  type ModelRow,
  type Models,
  type NewModel,
} from './models.ts';
