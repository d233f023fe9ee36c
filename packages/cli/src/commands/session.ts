import { dataOf } from '@genesis/client';
import type { Command } from 'commander';
import { declare, group, type Registry } from '../command.ts';
import { plain } from '../terminal/plain.ts';
import { table } from '../terminal/table.ts';

const moment = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 16);

function sessionCommands(registry: Registry, program: Command): void {
  const session = group(program, 'session', 'Sessions of people who signed in');

  declare<[], { of?: string }>(registry, session, 'list', {
    summary: 'Your sessions, or those of somebody else (administrators)',
    options: (command) => command.option('--of <principal>', 'whose'),
    examples: ['genesis session list', 'genesis session list --of prn_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, { of }) => {
      const { api } = await call.client();
      const { signal } = call;
      const { sessions } = dataOf(
        of === undefined
          ? await api.GET('/v1/sessions', { signal })
          : await api.GET('/v1/principals/{id}/sessions', { params: { path: { id: of } }, signal }),
      );
      const rows = sessions.map((one) => [
        one.id,
        one.current ? `${one.kind} (this one)` : one.kind,
        moment(one.lastSeenAt),
        moment(one.endsAt),
        plain(one.agent).slice(0, 40),
      ]);
      const text =
        rows.length === 0 ? 'No sessions.' : table(['Id', 'Kind', 'Last seen', 'Ends', 'Client'], rows);
      return { text, json: { sessions } };
    },
  });

  declare<[string]>(registry, session, 'end <id>', {
    summary: 'End a session at once',
    examples: ['genesis session end ses_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      await api.DELETE('/v1/sessions/{id}', { params: { path: { id } }, signal: call.signal });
      return { text: `${id} has ended.`, json: { session: id, ended: true } };
    },
  });
}

function accountGroup(registry: Registry, program: Command): void {
  const account = group(program, 'account', 'Who is who at a sign-in provider');

  declare<[string], { provider: string; subject?: string; email?: string }>(
    registry,
    account,
    'link <principal>',
    {
      summary: 'Name who an existing person or service is at a provider; their next sign-in links it, once',
      details:
        'By the subject at the provider, or by an e-mail address that the provider must have verified. A link that an\n' +
        'administrator names carries no clearance; one that a steward of their organisation names does.',
      options: (command) =>
        command
          .requiredOption('--provider <name>', 'which provider')
          .option('--subject <text>', 'the "sub" that the provider knows them by')
          .option('--email <address>', 'their e-mail address there'),
      examples: [
        'genesis account link prn_01jd8x3k2v9q7r5t1w4y6z8abc --provider lab --email ada@example.org',
        'genesis account link prn_01jd8x3k2v9q7r5t1w4y6z8abc --provider lab --subject 248289761001',
      ],
      act: async (call, { provider, subject, email }, id) => {
        const { api } = await call.client();
        const params = { path: { id } };
        const body = {
          provider,
          ...(subject === undefined ? {} : { subject }),
          ...(email === undefined ? {} : { email }),
        };
        const made = dataOf(
          await api.POST('/v1/principals/{id}/account-links', { params, body, signal: call.signal }),
        );
        return { text: `${made.id} waits for the sign-in until ${made.expiresAt}.`, json: { ...made } };
      },
    },
  );

  declare<[string]>(registry, account, 'unlink <principal>', {
    summary: 'Take the account and its sessions away; the person stays',
    examples: ['genesis account unlink prn_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      await api.DELETE('/v1/principals/{id}/account', { params: { path: { id } }, signal: call.signal });
      return { text: `${id} has no account any more.`, json: { principal: id, unlinked: true } };
    },
  });

  for (const [verb, disabled, summary] of [
    ['disable', true, 'Shut somebody out: sessions end, tokens and delegations stand still'],
    ['enable', false, 'Let somebody in again; their sessions do not come back'],
  ] as const) {
    declare<[string]>(registry, account, `${verb} <principal>`, {
      summary,
      examples: [`genesis account ${verb} prn_01jd8x3k2v9q7r5t1w4y6z8abc`],
      act: async (call, _options, id) => {
        const { api } = await call.client();
        const params = { path: { id } };
        await api.PUT('/v1/principals/{id}/disabled', { params, body: { disabled }, signal: call.signal });
        return { text: `${id} is ${disabled ? 'shut out' : 'let in'}.`, json: { principal: id, disabled } };
      },
    });
  }
}

export function accountCommands(registry: Registry, program: Command): void {
  sessionCommands(registry, program);
  accountGroup(registry, program);
}
