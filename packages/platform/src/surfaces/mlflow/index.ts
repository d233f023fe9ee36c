export { mlflowRoutes } from './routes.ts';
export { openRunTracking, type RunTracking } from './socket.ts';
