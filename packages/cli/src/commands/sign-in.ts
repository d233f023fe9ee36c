import { createClient, dataOf, ProblemError } from '@genesis/client';
import type { Command } from 'commander';
import { declare, type GlobalOptions, type Registry } from '../command.ts';
import { credentialsPath, readCredentials, resolveConnection, writeCredentials } from '../connection.ts';
import { StepError, UsageError } from '../failure.ts';
import { plain } from '../terminal/plain.ts';
import { waitForDevice } from '../work/device-sign-in.ts';

/** Where the token goes and comes from; without a home folder a file must be named. */
function fileOf(options: GlobalOptions, env: Parameters<typeof credentialsPath>[0]): string {
  const path = options.credentials ?? credentialsPath(env);
  if (path === undefined) throw new UsageError('There is no home folder: name a file with --credentials.');
  return path;
}

function chosen(all: readonly { name: string; title: string }[], wanted: string | undefined): string {
  const names = all.map(({ name }) => name).join(', ');
  if (all.length === 0)
    throw new StepError('This platform has no sign-in provider. Use a token: --token or GENESIS_TOKEN.');
  if (wanted === undefined && all.length > 1) throw new UsageError(`Choose one: --provider ${names}`);
  const found = wanted === undefined ? all[0] : all.find(({ name }) => name === wanted);
  if (found === undefined) throw new UsageError(`There is no provider "${wanted}"; there are: ${names}`);
  return found.name;
}

export function signInCommands(registry: Registry, program: Command): void {
  declare<[], GlobalOptions & { provider?: string }>(registry, program, 'login', {
    summary: 'Sign in with a provider: shows a code to enter in any browser, and waits',
    details:
      'The session that begins is kept in your credentials file (mode 0600), so that the other commands act as you.\n' +
      'It ends by itself when it is not used for long, and by "genesis logout".',
    options: (command) =>
      command.option('--provider <name>', 'which provider (needed where there are several)'),
    examples: ['genesis login', 'genesis login --provider lab --url https://genesis.example.org'],
    act: async (call, options) => {
      const { env, signal } = call;
      const path = fileOf(options, env);
      const { url } = await resolveConnection({ ...options, token: '' }, env);
      const client = createClient({ url });
      const { providers } = dataOf(await client.api.GET('/v1/sign-in', { signal }));
      const provider = chosen(providers, options.provider);
      const done = await waitForDevice(call, client, provider);
      await writeCredentials(path, { url: client.url, token: done.token });
      const ends = new Date(done.endsAt).toISOString();
      if (env['GENESIS_TOKEN']) call.say('GENESIS_TOKEN is set and goes before this session: unset it.');
      return {
        text: `You are signed in as ${plain(done.name)}, until ${ends} at the latest. The session is kept in ${path}.`,
        json: { name: done.name, url: client.url, provider, endsAt: ends, credentials: path },
      };
    },
  });

  declare<[], GlobalOptions>(registry, program, 'logout', {
    summary: 'End your session, here and on the server',
    examples: ['genesis logout'],
    act: async (call, options) => {
      const path = fileOf(options, call.env);
      const stored = await readCredentials(path, options.credentials !== undefined);
      const { token, url } = await resolveConnection(options, call.env);
      if (token === undefined) return { text: 'You are not signed in.', json: { ended: null } };
      const { api } = createClient({ url, token });
      const forget = async () => {
        if (stored.token === token) await writeCredentials(path, { url });
      };
      let out: { ended: string; providerSignOut: string | null };
      try {
        out = dataOf(await api.POST('/v1/sign-out', { signal: call.signal }));
      } catch (error) {
        if (!(error instanceof ProblemError && error.problem.code === 'unauthenticated')) throw error;
        await forget();
        return { text: 'The session had ended already.', json: { ended: null } };
      }
      await forget();
      const further =
        out.providerSignOut === null
          ? ''
          : `\nTo sign out at the provider too, open ${plain(out.providerSignOut)}`;
      return { text: `The session has ended.${further}`, json: { ...out } };
    },
  });
}
