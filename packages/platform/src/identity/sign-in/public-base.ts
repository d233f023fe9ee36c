import type { AddressInfo } from 'node:net';
import { invalidField } from '@genesis/contracts';
import type { App } from '../../kernel/index.ts';
import type { SignInSettings } from './settings.ts';

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Where browsers reach the platform: as the file says, else where it listens on this machine. What a request says of
 * its own host is never believed.
 *
 * @throws GenesisError `invalid-input` where providers are to send browsers back and nobody says whereto
 */
export function publicBase({ publicUrl, providers }: SignInSettings, host: string): (app: App) => string {
  if (publicUrl === undefined && providers.length > 0 && !loopback.has(host)) {
    throw invalidField(
      'signInFile',
      `publicUrl is missing: the server listens on ${host}, so say at which https address browsers reach it`,
    );
  }
  return (app) => {
    const address = app.server.address() as AddressInfo | null;
    return publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${address?.port ?? 0}`;
  };
}
