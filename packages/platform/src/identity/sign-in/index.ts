export { createCookies } from './cookies.ts';
export { publicBase } from './public-base.ts';
export { signInRoutes } from './routes.ts';
export { noProviders, readSignInSettings } from './settings.ts';
export { createSignIn } from './sign-in.ts';
