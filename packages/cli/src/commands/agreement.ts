import { writeFile } from 'node:fs/promises';
import { type Answer, dataOf } from '@genesis/client';
import { type AgreementState, type AgreementType, agreementStates, agreementTypes } from '@genesis/contracts';
import type { Command } from 'commander';
import { type Call, declare, group, oneOf, type Registry, whole } from '../command.ts';
import { facts, table } from '../terminal/table.ts';
import { addFill, exampleTerms, fetchText, readDraft, sha256Of } from '../work/agreement-text.ts';
import { askYes } from '../work/ask-yes.ts';

const example = 'agr_01jd8x3k2v9q7r5t1w4y6z8abc';
type Detail = Answer<'/v1/agreements/{id}', 'get'>;
type Impact = Answer<'/v1/agreements/{id}/impact', 'get'>;
type Moved = Answer<'/v1/agreements/{id}/review', 'post'>;

const movedText = ({ id, version, state, sha256 }: Moved): string =>
  facts([
    ['Agreement', id],
    ['Version', version],
    ['State', state],
    ['SHA-256', sha256],
  ]);

function describe({ agreement, version, proposed, signatures }: Detail): string {
  const { terms } = version;
  const heading = facts([
    ['Agreement', `${agreement.title} (${agreement.id})`],
    ['Type', `${agreement.type}, ${agreement.satisfies} in the words of data cards`],
    ['State', agreement.reason === null ? agreement.state : `${agreement.state}: ${agreement.reason}`],
    ['Version', version.inForceAt === null ? `${version.number}, not in force` : version.number],
    ['From, to', `${terms.startsAt}, ${terms.endsAt}`],
    ['Purposes', terms.purposes.join(', ')],
    ['Datasets', terms.datasets.join(', ') || '-'],
    ['People', terms.people.join(', ') || '-'],
    [
      'Derived',
      `owned by ${terms.derived.owner}; published by ${terms.derived.mayPublish.join(', ') || 'nobody'}`,
    ],
    [
      'Inventions',
      terms.inventions.disclosure ? `disclosed within ${terms.inventions.withinDays} days` : '-',
    ],
  ]);
  const shown = proposed ?? version;
  const rows = shown.terms.parties.map(({ organisation, representative, everybody }) => {
    const signed = signatures.find(
      (one) => one.version === shown.number && one.organisation === organisation,
    );
    return [
      organisation,
      everybody ? 'everybody' : 'people by name',
      representative,
      signed?.signedAt ?? null,
    ];
  });
  const waiting = proposed === null ? '' : `\n\nVersion ${proposed.number} waits for signatures.`;
  return `${heading}${waiting}\n\n${table(['Party', 'Covers', 'Representative', 'Signed'], rows)}`;
}

function readCommands(registry: Registry, agreement: Command): void {
  declare<[], { state?: AgreementState }>(registry, agreement, 'list', {
    summary: 'The agreements that you have a part in',
    options: (command) =>
      command.option('--state <state>', agreementStates.join(', '), oneOf(agreementStates)),
    examples: ['genesis agreement list', 'genesis agreement list --state active'],
    act: async (call, { state }) => {
      const { api } = await call.client();
      const query = state === undefined ? {} : { state };
      const { items } = dataOf(await api.GET('/v1/agreements', { params: { query }, signal: call.signal }));
      const rows = items.map((one) => [one.id, one.title, one.type, one.state, one.endsAt]);
      return { text: table(['Agreement', 'Title', 'Type', 'State', 'Until'], rows), json: { items } };
    },
  });

  declare<[string], { text?: boolean; output?: string; number?: number }>(registry, agreement, 'show <id>', {
    summary: 'An agreement: its state, terms and signatures, or the exact text with --text',
    options: (command) =>
      command
        .option('--text', 'print the text that is signed')
        .option('--output <file>', 'write that text, byte for byte, to a file')
        .option('--number <n>', 'which version of the text', whole(1, 10_000)),
    examples: [
      `genesis agreement show ${example}`,
      `genesis agreement show ${example} --output agreement.md --number 2`,
    ],
    act: async (call, { text: wanted, output, number }, id) => {
      const client = await call.client();
      if (wanted === true || output !== undefined) {
        const { text, sha256 } = await fetchText(client, id, number, call.signal);
        if (output === undefined) return { text, json: { id, text, sha256 } };
        await writeFile(output, text);
        return { text: `Written to ${output}, SHA-256 ${sha256}`, json: { id, file: output, sha256 } };
      }
      const params = { path: { id } };
      const found = dataOf(await client.api.GET('/v1/agreements/{id}', { params, signal: call.signal }));
      return { text: describe(found), json: { ...found } };
    },
  });

  declare<[string | undefined], { terms?: boolean }>(registry, agreement, 'templates [name]', {
    summary:
      'Texts to begin from (no legal advice), or the text of one; with --terms an example of the terms',
    options: (command) => command.option('--terms', 'print terms as a JSON file has them'),
    examples: [
      'genesis agreement templates',
      'genesis agreement templates crada',
      'genesis agreement templates --terms > terms.json',
    ],
    act: async (call, { terms }, name) => {
      if (terms === true)
        return { text: JSON.stringify(exampleTerms, null, 2), json: { terms: exampleTerms } };
      const { api } = await call.client();
      const { items } = dataOf(await api.GET('/v1/agreements/templates', { signal: call.signal }));
      const one = items.find((template) => template.name === name);
      if (one !== undefined) return { text: one.text, json: { ...one } };
      const rows = items.map(({ name: called, title, own, blanks }) => [
        ...[called, title, own ? 'own' : 'shipped', blanks.join(', ') || '-'],
      ]);
      return { text: table(['Template', 'Title', 'From', 'Blanks'], rows), json: { items } };
    },
  });
}

type Text = { text?: string; template?: string; fill?: Record<string, string> };
const textOptions = (command: Command): Command =>
  command
    .option('--text <file>', 'the whole text, in Markdown')
    .option('--template <name>', 'or a template: genesis agreement templates')
    .option('--fill <name=text>', 'fill a blank of the template; give it once for each', addFill);

function writeCommands(registry: Registry, agreement: Command): void {
  declare<[string], Text & { title: string; type: AgreementType }>(registry, agreement, 'draft <terms>', {
    summary: 'Draft an agreement from a JSON file of terms and a text or template (stewards)',
    details: 'Only your own organisation knows of it until it is put up for review.',
    options: (command) =>
      textOptions(
        command
          .requiredOption('--title <text>', 'what it is called')
          .requiredOption('--type <type>', agreementTypes.join(', '), oneOf(agreementTypes)),
      ),
    examples: [
      'genesis agreement draft terms.json --title "Alloys" --type crada --template crada --fill purpose-of-the-work="Alloys" --fill contributions="Data; time"',
      'genesis agreement draft terms.json --title "Alloys" --type data-use --text agreement.md',
    ],
    act: async (call, { title, type, ...text }, terms) => {
      const { api } = await call.client();
      const body = { title, type, ...(await readDraft(terms, text, call.input)) };
      const made = dataOf(await api.POST('/v1/agreements', { body, signal: call.signal }));
      const next = `Put it before the other parties: genesis agreement review ${made.id}`;
      return { text: `${movedText(made)}\n${next}`, json: { ...made } };
    },
  });

  declare<[string, string], Text>(registry, agreement, 'amend <id> <terms>', {
    summary: 'Propose a new version; the one in force stays until all have signed it (stewards of a party)',
    options: textOptions,
    examples: [`genesis agreement amend ${example} terms.json --text agreement.md`],
    act: async (call, text, id, terms) => {
      const { api } = await call.client();
      const body = await readDraft(terms, text, call.input);
      const params = { path: { id } };
      const made = dataOf(
        await api.POST('/v1/agreements/{id}/versions', { params, body, signal: call.signal }),
      );
      return { text: movedText(made), json: { ...made } };
    },
  });

  declare<[string]>(registry, agreement, 'review <id>', {
    summary: 'Put a draft before the other parties (stewards of the party that drafted it)',
    examples: [`genesis agreement review ${example}`],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      const params = { path: { id } };
      const moved = dataOf(await api.POST('/v1/agreements/{id}/review', { params, signal: call.signal }));
      return { text: movedText(moved), json: { ...moved } };
    },
  });

  declare<[string], { file?: string; yes?: boolean }>(registry, agreement, 'sign <id>', {
    summary: 'Sign the latest version for your organisation (its named representative)',
    details: 'Shows the text and asks. With --file, signs only if that file is the exact text.',
    options: (command) =>
      command
        .option('--file <path>', 'the text that you have read')
        .option('--yes', 'sign without being asked'),
    examples: [
      `genesis agreement sign ${example}`,
      `genesis agreement sign ${example} --file agreement.md --yes`,
    ],
    act: async (call, { file, yes }, id) => {
      const client = await call.client();
      const params = { path: { id } };
      const { agreement: found } = dataOf(
        await client.api.GET('/v1/agreements/{id}', { params, signal: call.signal }),
      );
      const version = found.latest;
      const { text, sha256 } = await fetchText(client, id, version, call.signal);
      if (file === undefined && yes !== true) call.say(text);
      await askYes(`Version ${version}, SHA-256 ${sha256}.`, { ...call, yes: yes === true });
      const body = { version, sha256: file === undefined ? sha256 : await sha256Of(file) };
      const made = dataOf(
        await client.api.POST('/v1/agreements/{id}/signatures', { params, body, signal: call.signal }),
      );
      const open =
        made.missing.length === 0 ? 'Everybody has signed.' : `Waits for ${made.missing.join(', ')}.`;
      return { text: `${movedText(made)}\n${open}`, json: { ...made } };
    },
  });
}

const count = (items: readonly { kind: string }[]): string => {
  const kinds = [...new Set(items.map(({ kind }) => kind))];
  return (
    kinds.map((kind) => `${items.filter((one) => one.kind === kind).length} ${kind}`).join(', ') || 'nothing'
  );
};

const closing = ({ affected, closes, covered, openDisclosures }: Impact): string =>
  facts([
    ['Rests on it, as far as you may see', count(affected)],
    ['Grants that would end', closes.length],
    ['Holders of those', [...new Set(closes.flatMap(({ holders }) => holders))].join(', ') || '-'],
    ['Covered', covered.join(', ') || '-'],
    ['Open disclosures', openDisclosures],
  ]);

const impactOf = async (call: Call, id: string): Promise<Impact> => {
  const { api } = await call.client();
  const params = { path: { id } };
  return dataOf(await api.GET('/v1/agreements/{id}/impact', { params, signal: call.signal }));
};

function endCommands(registry: Registry, agreement: Command): void {
  declare<[string]>(registry, agreement, 'impact <id>', {
    summary: 'What rests on it: datasets, runs, models, campaigns and crates; and what its end would close',
    examples: [`genesis agreement impact ${example}`],
    act: async (call, _options, id) => {
      const found = await impactOf(call, id);
      const rows = found.affected.map(({ kind, id: one, name, how }) => [kind, one, name, how]);
      const rest = found.complete ? '' : '\nThere is more than one answer holds.';
      const text = `${table(['Kind', 'Id', 'Name', 'How'], rows)}${rest}\n\n${closing(found)}`;
      return { text, json: { ...found } };
    },
  });

  declare<[string], { reason: string; yes?: boolean }>(registry, agreement, 'terminate <id>', {
    summary: 'End it for good; shows what that closes, and asks (stewards of a party)',
    options: (command) =>
      command
        .requiredOption('--reason <text>', 'why; it is kept in the ledger')
        .option('--yes', 'without being asked'),
    examples: [`genesis agreement terminate ${example} --reason "The work is done" --yes`],
    act: async (call, { reason, yes }, id) => {
      call.say(closing(await impactOf(call, id)));
      await askYes('This cannot be taken back.', { ...call, yes: yes === true });
      const { api } = await call.client();
      const params = { path: { id } };
      const moved = dataOf(
        await api.POST('/v1/agreements/{id}/terminate', { params, body: { reason }, signal: call.signal }),
      );
      return { text: movedText(moved), json: { ...moved } };
    },
  });

  const acts = {
    suspend: 'Close what rests on it until it is resumed (stewards of a party)',
    resume: 'Open again what a suspension closed (stewards of the party that suspended it)',
  } as const;
  for (const [act, summary] of Object.entries(acts) as [keyof typeof acts, string][]) {
    declare<[string], { reason: string }>(registry, agreement, `${act} <id>`, {
      summary,
      options: (command) => command.requiredOption('--reason <text>', 'why; it is kept in the ledger'),
      examples: [`genesis agreement ${act} ${example} --reason "A question is open"`],
      act: async (call, { reason }, id) => {
        const { api } = await call.client();
        const options = { params: { path: { id } }, body: { reason }, signal: call.signal };
        const moved = dataOf(
          act === 'suspend'
            ? await api.POST('/v1/agreements/{id}/suspend', options)
            : await api.POST('/v1/agreements/{id}/resume', options),
        );
        return { text: movedText(moved), json: { ...moved } };
      },
    });
  }
}

export function agreementCommands(registry: Registry, program: Command): void {
  const agreement = group(program, 'agreement', 'Agreements between organisations');
  readCommands(registry, agreement);
  writeCommands(registry, agreement);
  endCommands(registry, agreement);
}
