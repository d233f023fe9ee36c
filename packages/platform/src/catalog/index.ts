export { type Catalog, createCatalog } from './catalog.ts';
export { catalogQueues } from './jobs.ts';
export { datasetNames } from './names.ts';
export { catalogRoutes } from './routes.ts';
