export { iriRoutes } from './routes.ts';
export { createFileTasks, fileTaskQueues } from './tasks/index.ts';
