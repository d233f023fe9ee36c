export { assembleReport } from './assemble.ts';
export { bestExperiment } from './best.ts';
export type { ReportFacts } from './facts.ts';
export type { CampaignReport } from './model.ts';
export { renderReport } from './render.ts';
