export { type Access, accessQueues, createAccess } from './access.ts';
export { agreementRoutes } from './agreements/agreement-routes.ts';
export type { MayBind } from './agreements/bind.ts';
export { openDisclosure } from './agreements/disclosures.ts';
export { withAccess } from './directory.ts';
export type { NamesOf, ProjectsOf } from './parts.ts';
export { accessRoutes } from './requests/access-routes.ts';
