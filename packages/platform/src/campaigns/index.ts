export { type Campaigns, campaignQueues, createCampaigns } from './campaigns.ts';
export { campaignTitles } from './names.ts';
export type { CampaignParts } from './parts.ts';
export type { Functions } from './ports.ts';
export { campaignRoutes } from './routes.ts';
export { listCampaignsOf } from './store.ts';

/** The silica instrument as a function that ships with Genesis. */
export const silicaFunction = {
  module: new URL('./functions/explore.ts', import.meta.url),
  name: 'measureSilicaRun',
};
