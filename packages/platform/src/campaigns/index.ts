export { type Campaigns, campaignQueues, createCampaigns } from './campaigns.ts';
export type { CampaignParts } from './parts.ts';
export type { Functions } from './ports.ts';
export { campaignRoutes } from './routes.ts';
export { listCampaignsOf } from './store.ts';
