export { type Catalog, createCatalog } from './catalog.ts';
export { catalogQueues } from './jobs.ts';
export { catalogRoutes } from './routes.ts';
