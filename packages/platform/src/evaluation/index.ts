export { createEvaluations, type Evaluations, evaluationQueues } from './evaluations.ts';
export type { BaselineName, Prediction, Row, TaskSettings } from './model.ts';
export type { EvaluationParts, Predictors } from './parts.ts';
export { createPredictors } from './predictors.ts';
export { evaluationRoutes } from './routes.ts';
