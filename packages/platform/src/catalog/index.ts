export { type Catalog, createCatalog } from './catalog.ts';
export { catalogQueues } from './queues.ts';
export { catalogRoutes } from './routes.ts';
