export { type Access, accessQueues, createAccess } from './access.ts';
export { accessRoutes } from './access-routes.ts';
export { agreementRoutes } from './agreement-routes.ts';
export type { MayBind } from './bind.ts';
export { withAccess } from './directory.ts';
export { openDisclosure } from './disclosures.ts';
export type { NamesOf, ProjectsOf } from './parts.ts';
