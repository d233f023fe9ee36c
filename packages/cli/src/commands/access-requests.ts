import { type Answer, type Body, dataOf } from '@genesis/client';
import { type Purpose, purposes } from '@genesis/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { declare, group, names, oneOf, type Registry, whole } from '../command.ts';
import { facts, table } from '../terminal/table.ts';
import { readJson } from '../work/json-input.ts';

const dataset = 'dst_01jd8x3k2v9q7r5t1w4y6z8abc';
const request = 'req_01jd8x3k2v9q7r5t1w4y6z8abc';
const grant = 'grn_01jd8x3k2v9q7r5t1w4y6z8abc';
const days = whole(1, 3650);

/** `14d` or `14`. */
const span = (text: string): number => days(text.replace(/d$/, ''));
const purposeList = (text: string): Purpose[] => names(text).map(oneOf(purposes));

/** `--answer where=here`; yes and no become true and false. */
function addAnswer(text: string, before: Record<string, string | boolean> = {}) {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('expected QUESTION=ANSWER');
  const value = text.slice(at + 1);
  const answer = value === 'yes' ? true : value === 'no' ? false : value;
  return { ...before, [text.slice(0, at)]: answer };
}

type Asked = {
  purpose: Purpose[];
  days: number;
  reason: string;
  people?: string[];
  project?: string;
  organisation?: string;
  agreement?: string;
  answer?: Record<string, string | boolean>;
  acceptTerms?: boolean;
};

function askCommands(registry: Registry, access: Command): void {
  declare<[string], Asked>(registry, access, 'request <dataset>', {
    summary: 'Ask for access to a dataset whose card you may see',
    options: (command) =>
      command
        .requiredOption('--purpose <list>', purposes.join(', '), purposeList)
        .requiredOption('--days <n>', 'how long', days)
        .requiredOption('--reason <text>', 'what it is for')
        .option('--people <ids>', 'for these people of your organisation (default: yourself)', names)
        .option('--project <id>', 'for whoever is in a project of yours')
        .option('--organisation <id>', 'for everybody of your organisation')
        .option('--agreement <id>', 'the agreement to rest on (default: the only one that covers it)')
        .option('--answer <question=answer>', 'an answer to the form; give it once for each', addAnswer)
        .option('--accept-terms', 'accept the terms of the form: genesis access form'),
    examples: [
      `genesis access request ${dataset} --purpose train --days 30 --reason "A model of alloys"`,
      `genesis access request ${dataset} --purpose explore,evaluate --days 7 --reason "Review" --answer aim="Compare" --accept-terms`,
    ],
    act: async (call, { purpose, answer, reason, ...asked }, of) => {
      const { api } = await call.client();
      const body = {
        ...{ dataset: of, purposes: purpose, days: asked.days, reason },
        ...{ answers: answer ?? {}, acceptTerms: asked.acceptTerms === true },
        ...(asked.people === undefined ? {} : { people: asked.people }),
        ...(asked.project === undefined ? {} : { project: asked.project }),
        ...(asked.organisation === undefined ? {} : { organisation: asked.organisation }),
        ...(asked.agreement === undefined ? {} : { agreement: asked.agreement }),
      };
      const made = dataOf(await api.POST('/v1/access/requests', { body, signal: call.signal }));
      return { text: `${made.id} waits for a steward of ${made.organisation}.`, json: { ...made } };
    },
  });

  declare<
    [string],
    { approve?: boolean; refuse?: boolean; reason: string; agreement?: string; days?: number }
  >(registry, access, 'decide <request>', {
    summary: 'Approve or refuse a request (stewards of the owner and of the second party)',
    options: (command) =>
      command
        .option('--approve', 'grant it')
        .option('--refuse', 'refuse it')
        .requiredOption('--reason <text>', 'why; the asker reads it')
        .option('--agreement <id>', 'the agreement that the grant rests on (default: as was asked)')
        .option('--days <n>', 'fewer days than were asked for', days),
    examples: [
      `genesis access decide ${request} --approve --reason "Covered by the agreement"`,
      `genesis access decide ${request} --refuse --reason "Not for this purpose"`,
    ],
    act: async (call, { approve, refuse, reason, agreement, days: fewer }, id) => {
      if ((approve === true) === (refuse === true))
        throw new InvalidArgumentError('give either --approve or --refuse');
      const { api } = await call.client();
      const body = {
        ...{ approve: approve === true, reason },
        ...(agreement === undefined ? {} : { agreement }),
        ...(fewer === undefined ? {} : { days: fewer }),
      };
      const params = { path: { id } };
      const made = dataOf(
        await api.POST('/v1/access/requests/{id}/decision', { params, body, signal: call.signal }),
      );
      const text =
        made.grant === null ? `${id} is ${made.state}.` : `${made.grant} opens it until ${made.expiresAt}.`;
      return { text, json: { ...made } };
    },
  });

  declare<[string]>(registry, access, 'withdraw <request>', {
    summary: 'Take back a request of your own',
    examples: [`genesis access withdraw ${request}`],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      const params = { path: { id } };
      const made = dataOf(
        await api.POST('/v1/access/requests/{id}/withdraw', { params, signal: call.signal }),
      );
      return { text: `${id} is ${made.state}.`, json: { ...made } };
    },
  });
}

type Form = Answer<'/v1/access/forms/{dataset}', 'get'>;

const formText = ({ organisation, questions, terms, secondParty }: Form): string => {
  const rows = questions.map(({ id, text, type, choices, required }) => [
    ...[id, text, choices === undefined ? type : choices.join(' | '), required ? 'yes' : 'no'],
  ]);
  const heading = facts([
    ['Decides', secondParty === null ? organisation : `${organisation}, and ${secondParty}`],
    ['Terms', terms],
  ]);
  return `${heading}\n\n${table(['Question', 'Text', 'Answer', 'Required'], rows)}`;
};

function grantCommands(registry: Registry, access: Command): void {
  declare<[], { expiring?: number; requests?: boolean }>(registry, access, 'list', {
    summary: 'Requests and grants: yours, and those that you decide about',
    options: (command) =>
      command
        .option('--expiring <days>', 'only grants that end within so many days, for example 14d', span)
        .option('--requests', 'only requests'),
    examples: ['genesis access list', 'genesis access list --expiring 14d', 'genesis access list --requests'],
    act: async (call, { expiring, requests: only }) => {
      const { api } = await call.client();
      const { signal } = call;
      const query = expiring === undefined ? {} : { expiringDays: expiring };
      const grants =
        only === true ? [] : dataOf(await api.GET('/v1/access/grants', { params: { query }, signal })).items;
      const requests =
        expiring === undefined ? dataOf(await api.GET('/v1/access/requests', { signal })).items : [];
      const asked = requests.map((one) => [
        ...[one.id, one.dataset, one.purposes.join(', '), one.requestedBy, one.state],
      ]);
      const open = grants.map((one) => [
        ...[one.id, one.dataset, one.purposes.join(', '), one.holders.join(', ')],
        ...[one.expiresAt, one.ended ?? 'good'],
      ]);
      const text = [
        ...(expiring === undefined
          ? [table(['Request', 'Dataset', 'Purposes', 'Asked by', 'State'], asked)]
          : []),
        ...(only === true ? [] : [table(['Grant', 'Dataset', 'Purposes', 'For', 'Until', 'State'], open)]),
      ].join('\n\n');
      return { text, json: { requests, grants } };
    },
  });

  declare<[string], { reason: string }>(registry, access, 'revoke <grant>', {
    summary: 'End a grant at once (stewards)',
    options: (command) => command.requiredOption('--reason <text>', 'why; the holders read it'),
    examples: [`genesis access revoke ${grant} --reason "Used for something else"`],
    act: async (call, { reason }, id) => {
      const { api } = await call.client();
      const options = { params: { path: { id } }, body: { reason }, signal: call.signal };
      const made = dataOf(await api.POST('/v1/access/grants/{id}/revoke', options));
      return { text: `${id} is revoked.`, json: { ...made } };
    },
  });

  declare<[string], { days: number; reason: string }>(registry, access, 'renew <grant>', {
    summary: 'Let a grant end later: so many days from now, as far as its agreement reaches (stewards)',
    options: (command) =>
      command.requiredOption('--days <n>', 'from now', days).requiredOption('--reason <text>', 'why'),
    examples: [`genesis access renew ${grant} --days 90 --reason "The work goes on"`],
    act: async (call, body, id) => {
      const { api } = await call.client();
      const options = { params: { path: { id } }, body: { days: body.days, reason: body.reason } };
      const made = dataOf(
        await api.POST('/v1/access/grants/{id}/renew', { ...options, signal: call.signal }),
      );
      return { text: `${id} ends at ${made.expiresAt}.`, json: { ...made } };
    },
  });

  declare<[string | undefined], { set?: string }>(registry, access, 'form [dataset]', {
    summary: 'What has to be answered to ask for a dataset; with --set, sets the form (stewards)',
    details:
      'A form is a JSON object with "questions" (id, text, type: text, choice or yes-no, choices, required), and perhaps\n"terms" and "secondParty". Without a dataset, --set is for all of your organisation.',
    options: (command) => command.option('--set <json>', 'the form, or @FILE'),
    examples: [
      `genesis access form ${dataset}`,
      `genesis access form ${dataset} --set @form.json`,
      `genesis access form --set '{"questions": [{"id": "aim", "text": "What for?", "type": "text"}]}'`,
    ],
    act: async (call, { set }, of) => {
      const { api } = await call.client();
      const { signal } = call;
      if (set !== undefined) {
        const given = (await readJson(set, 'The form', call.input)) as Body<'/v1/access/forms', 'put'>;
        const body = of === undefined ? given : { ...given, dataset: of };
        dataOf(await api.PUT('/v1/access/forms', { body, signal }));
        return { text: 'The form is set.', json: { ...body } };
      }
      if (of === undefined) throw new InvalidArgumentError('name a dataset, or give --set');
      const params = { path: { dataset: of } };
      const found = dataOf(await api.GET('/v1/access/forms/{dataset}', { params, signal }));
      return { text: formText(found), json: { ...found } };
    },
  });
}

export function accessRequestCommands(registry: Registry, program: Command): void {
  const access = group(program, 'access', 'Requests for data, and what was granted');
  askCommands(registry, access);
  grantCommands(registry, access);
}
