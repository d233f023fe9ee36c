export { type Catalog, createCatalog } from './catalog.ts';
export { harvestRoutes } from './harvest/routes.ts';
export { metadataRoutes } from './metadata/routes.ts';
export { datasetNames } from './names.ts';
export { catalogQueues } from './queues.ts';
export { catalogRoutes } from './routes.ts';
export { countOpening, dedicateSeal, splitsOfRows } from './seal-use.ts';
