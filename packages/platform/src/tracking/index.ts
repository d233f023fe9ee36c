export {
  deleteArtifacts,
  findOwner,
  type Listed,
  listArtifacts,
  type Owner,
  openArtifact,
  putArtifact,
} from './artifacts.ts';
export {
  createExperiment,
  getExperiment,
  getExperimentByName,
  type ShownExperiment,
  tagExperiment,
  untagExperiment,
  updateExperiment,
} from './experiments.ts';
export { logInputs, logModelDescription, logOutputs } from './inputs.ts';
export { logBatch, type Point } from './log.ts';
export {
  createLoggedModel,
  deleteLoggedModel,
  finalizeLoggedModel,
  getLoggedModel,
  logModelParameters,
  type ShownModel,
  tagLoggedModel,
  untagLoggedModel,
} from './logged-models.ts';
export type { Caller, TrackingParts } from './parts.ts';
export { artifactFolder, modelArtifacts, type ProxyPlace, proxyPlace, runArtifacts } from './paths.ts';
export {
  getTracked,
  type MetricRow,
  metricHistory,
  mostPoints,
  type ShownRun,
  sampledHistory,
} from './read.ts';
export {
  createName,
  deleteName,
  tagName,
  untagName,
  updateName,
} from './registry/names.ts';
export {
  getName,
  getVersion,
  latestVersions,
  type ShownName,
  type ShownVersion,
} from './registry/show.ts';
export {
  createVersion,
  deleteAlias,
  deleteVersion,
  describeVersion,
  numberOfAlias,
  setAlias,
  stageVersion,
  tagVersion,
  untagVersion,
  versionNumber,
} from './registry/versions.ts';
export { trackingRoutes } from './routes.ts';
export { createRunTokens, type RunTokens, type RunToTrack } from './run-tokens.ts';
export {
  createTracked,
  moveTracked,
  type TrackedRow,
  tagTracked,
  untagTracked,
  updateTracked,
} from './runs.ts';
export { type Order, parseOrder } from './search/filter.ts';
export {
  searchExperiments,
  searchLoggedModels,
  searchNames,
  searchTracked,
  searchVersions,
} from './search/search.ts';
export type { Tag } from './tables.ts';
