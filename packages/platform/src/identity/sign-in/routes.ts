import type { App } from '../../kernel/index.ts';
import { accountRoutes } from './account-routes.ts';
import { browserRoutes } from './browser-routes.ts';
import type { Cookies } from './cookies.ts';
import { deviceRoutes } from './device-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import type { SignIn } from './sign-in.ts';

export type SignInRouteParts = {
  signIn: SignIn;
  cookies: Cookies;
  /** Address of the platform as browsers know it, without a path. */
  base: () => string;
};

export function signInRoutes(app: App, parts: SignInRouteParts): void {
  browserRoutes(app, parts);
  deviceRoutes(app, parts);
  sessionRoutes(app, parts);
  accountRoutes(app, parts);
}
