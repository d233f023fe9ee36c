export { type Administration, createAdministration } from './administer.ts';
export { createTokenAuthenticator, firstOf } from './authenticate.ts';
export { bootstrap } from './bootstrap.ts';
export { createDirectory, everybody, organisationNames } from './directory.ts';
export type { Authenticator } from './ports.ts';
export { idempotencyOf, isAnonymous, principalNow, principalOf, requireAuthentication } from './request.ts';
export { identityRoutes } from './routes.ts';
export {
  createCookies,
  createSignIn,
  noProviders,
  publicBase,
  readSignInSettings,
  signInRoutes,
} from './sign-in/index.ts';
export { makeToken, parseToken, sameHash } from './token.ts';
