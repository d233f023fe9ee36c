import { GenesisError } from '@genesis/contracts';
import type { Door, PrincipalDirectory } from '../../door/index.ts';
import type { Clock, Database, Ids, Keyring, Log } from '../../kernel/index.ts';
import { firstOf } from '../authenticate.ts';
import { createAccounts } from './accounts.ts';
import { createAccountAdministration } from './administer-accounts.ts';
import { createAttempts } from './attempts.ts';
import type { FetchLimits } from './bounded-fetch.ts';
import { createBrowserFlow } from './browser-flow.ts';
import { createDeviceFlow } from './device-flow.ts';
import { createProvider, type Provider } from './provider.ts';
import { createServiceAuthenticator } from './services.ts';
import { createSessions } from './sessions.ts';
import type { SignInSettings } from './settings.ts';

/** Sign-in as the platform has it: providers, ways in, accounts and sessions. It works without any provider too. */
export async function createSignIn(parts: {
  settings: SignInSettings;
  database: Database;
  door: Door;
  directory: PrincipalDirectory;
  keyring: Keyring;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** Limits of what providers answer. */
  limits?: FetchLimits;
}) {
  const { settings, keyring, clock, directory } = parts;
  const providers = settings.providers.map((one) => createProvider(one, parts));
  const accounts = createAccounts(parts);
  const sessions = createSessions({ ...parts, limits: settings.sessions });
  const attempts = createAttempts(parts);
  const key = await keyring.secret('sign-in', 32);

  return {
    publicUrl: settings.publicUrl,
    providers,
    sessions,
    administration: createAccountAdministration({ ...parts, providers: settings.providers }),
    browser: createBrowserFlow({ accounts, sessions, attempts, key }),
    device: createDeviceFlow({ accounts, sessions, attempts }),
    /** Sessions, and access tokens of mapped services. */
    authenticator: firstOf(sessions, createServiceAuthenticator({ providers, accounts, directory, clock })),
    /** @throws GenesisError `not-found` */
    provider(name: string): Provider {
      const found = providers.find(({ settings: { name: known } }) => known === name);
      if (found !== undefined) return found;
      const message = 'There is no sign-in provider of this name. GET /v1/sign-in lists them.';
      throw new GenesisError({ code: 'not-found', message });
    },
  };
}
export type SignIn = Awaited<ReturnType<typeof createSignIn>>;
