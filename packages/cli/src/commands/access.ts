import { dataOf } from '@genesis/client';
import {
  type Label,
  type OrganisationKind,
  organisationKinds,
  type PrincipalKind,
  principalKindSchema,
  type Role,
  roles,
} from '@genesis/contracts';
import type { Command } from 'commander';
import { declare, group, names, oneOf, type Registry, whole } from '../command.ts';
import { facts } from '../terminal/table.ts';
import { formatLabel, parseLabel } from '../work/label.ts';

function whoami(registry: Registry, program: Command): void {
  declare(registry, program, 'whoami', {
    summary: 'Who you are to the server: roles, clearance, what your token may do',
    examples: ['genesis whoami'],
    act: async (call) => {
      const { api, url } = await call.client();
      const me = dataOf(await api.GET('/v1/me', { signal: call.signal }));
      const text = facts([
        ['Server', url],
        ['Id', me.id],
        ['Kind', me.kind],
        ['Organisation', me.organisation],
        ['Clearance', formatLabel(me.clearance)],
        [
          'Roles',
          me.roles.map(({ role, organisation }) => `${role} of ${organisation}`).join(', ') || 'none',
        ],
        ['Token scopes', me.tokenScopes.join(', ')],
      ]);
      return { text, json: { ...me } };
    },
  });
}

function organisationCommands(registry: Registry, program: Command): void {
  const organisation = group(program, 'organisation', 'Organisations (administrators)');
  declare<[string], { kind: OrganisationKind }>(registry, organisation, 'create <name>', {
    summary: 'Create an organisation',
    options: (command) =>
      command.option('--kind <kind>', organisationKinds.join(', '), oneOf(organisationKinds), 'other'),
    examples: [
      'genesis organisation create "Materials Laboratory" --kind laboratory',
      'genesis organisation create "Alloys Inc." --kind firm',
    ],
    act: async (call, { kind }, name) => {
      const { api } = await call.client();
      const made = dataOf(await api.POST('/v1/organisations', { body: { name, kind }, signal: call.signal }));
      return { text: `${made.id}  ${made.name}`, json: { ...made, kind } };
    },
  });
}

const principalKinds = principalKindSchema.options;

function principalCommands(registry: Registry, program: Command): void {
  const principal = group(program, 'principal', 'People, services and agents');

  declare<[string], { kind: PrincipalKind; organisation?: string }>(registry, principal, 'create <name>', {
    summary: 'Create a person, service or agent, without any role or clearance',
    options: (command) =>
      command
        .option('--kind <kind>', principalKinds.join(', '), oneOf(principalKinds), 'person')
        .option('--organisation <id>', 'where they belong (default: your own organisation)'),
    examples: [
      'genesis principal create "Ada Lovelace"',
      'genesis principal create beamline-7 --kind service',
    ],
    act: async (call, { kind, organisation }, name) => {
      const { api } = await call.client();
      const { signal } = call;
      const home = organisation ?? dataOf(await api.GET('/v1/me', { signal })).organisation;
      const body = { kind, name, organisation: home };
      const made = dataOf(await api.POST('/v1/principals', { body, signal }));
      return { text: `${made.id}  ${made.name}`, json: { ...made } };
    },
  });

  declare<[string, Role], { organisation?: string; until?: string }>(
    registry,
    principal,
    'grant <id> <role>',
    {
      summary: `Give a role in an organisation (${roles.join(', ')}); no role gives a clearance`,
      options: (command) =>
        command
          .option('--organisation <id>', 'where the role holds (default: your own organisation)')
          .option('--until <time>', 'when it ends, for example 2027-01-31T00:00:00Z'),
      examples: ['genesis principal grant prn_01jd8x3k2v9q7r5t1w4y6z8abc researcher'],
      act: async (call, { organisation, until }, id, role) => {
        const { api } = await call.client();
        const { signal } = call;
        const known = oneOf(roles)(role);
        const home = organisation ?? dataOf(await api.GET('/v1/me', { signal })).organisation;
        const body = {
          organisation: home,
          role: known,
          ...(until === undefined ? {} : { expiresAt: until }),
        };
        await api.POST('/v1/principals/{id}/roles', { params: { path: { id } }, body, signal });
        return { text: `${id} is ${known} of ${home}.`, json: { id, role: known, organisation: home } };
      },
    },
  );

  declare<[string, string]>(registry, principal, 'clear <id> <label>', {
    summary: 'Set what a member of your organisation may read (stewards, never for themselves)',
    examples: ['genesis principal clear prn_01jd8x3k2v9q7r5t1w4y6z8abc controlled+cui'],
    act: async (call, _options, id, given) => {
      const { api } = await call.client();
      const clearance: Label = parseLabel(given);
      const params = { path: { id } };
      await api.PUT('/v1/principals/{id}/clearance', { params, body: { clearance }, signal: call.signal });
      return { text: `${id} may read up to ${formatLabel(clearance)}.`, json: { id, clearance } };
    },
  });
}

function tokenCommands(registry: Registry, program: Command): void {
  const token = group(program, 'token', 'Bearer tokens');

  declare<[string], { name: string; scopes: string[]; days: number }>(registry, token, 'create <principal>', {
    summary: 'Make a bearer token; its secret is shown this once',
    details:
      'A token that an administrator makes for somebody else carries no clearance; one that a steward of their\norganisation makes does.',
    options: (command) =>
      command
        .option('--name <text>', 'what it is for', 'command line')
        .option('--scopes <list>', 'what it may do: "*", "dataset.*", "dataset.read", ...', names, ['*'])
        .option('--days <n>', 'how long it is valid', whole(1, 366), 30),
    examples: [
      'genesis token create prn_01jd8x3k2v9q7r5t1w4y6z8abc',
      'genesis token create prn_01jd8x3k2v9q7r5t1w4y6z8abc --name reader --scopes dataset.read,campaign.read --days 7',
    ],
    act: async (call, { name, scopes, days }, id) => {
      const { api } = await call.client();
      const params = { path: { id } };
      const body = { name, scopes, days };
      const made = dataOf(
        await api.POST('/v1/principals/{id}/tokens', { params, body, signal: call.signal }),
      );
      const text = facts([
        ['Token', made.id],
        ['Secret', made.secret],
        ['Valid until', made.expiresAt],
      ]);
      return { text: `${text}\nKeep the secret: it is shown this once.`, json: { ...made } };
    },
  });

  declare<[string, string]>(registry, token, 'revoke <principal> <token>', {
    summary: 'Make a token invalid at once',
    examples: ['genesis token revoke prn_01jd8x3k2v9q7r5t1w4y6z8abc tok_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, _options, id, which) => {
      const { api } = await call.client();
      const params = { path: { id, token: which } };
      await api.DELETE('/v1/principals/{id}/tokens/{token}', { params, signal: call.signal });
      return { text: `${which} is revoked.`, json: { token: which, revoked: true } };
    },
  });
}

export function accessCommands(registry: Registry, program: Command): void {
  whoami(registry, program);
  organisationCommands(registry, program);
  principalCommands(registry, program);
  tokenCommands(registry, program);
}
