import { type Body, dataOf } from '@genesis/client';
import type { Command } from 'commander';
import { decimal, declare, group, oneOf, type Registry, whole } from '../command.ts';
import { plain } from '../terminal/plain.ts';
import { facts, table } from '../terminal/table.ts';
import { describeVerdict, type Hypothesis, waitForVerdicts } from '../work/confirm.ts';

const example = 'hyp_01jd8x3k2v9q7r5t1w4y6z8abc';
const campaignExample = 'cmp_01jd8x3k2v9q7r5t1w4y6z8abc';
const kinds = ['prediction', 'arms'] as const;

type FreezeOptions = {
  kind: (typeof kinds)[number];
  confidence: number;
  alpha?: number;
  sampleSize?: number;
  threshold?: number;
  minimalEffect?: number;
  budget?: number;
};

const show = (one: Hypothesis): string => {
  const { claim } = one;
  const heading = facts([
    ['Hypothesis', one.id],
    ['Campaign', one.campaign],
    ['State', one.state],
    ['Frozen', `${one.frozenAt} (entry ${one.freezeEntry})`],
    ['Claim', `sha256 ${one.claimHash}`],
    ['Verdict', one.verdict === null ? 'none yet' : describeVerdict(one)],
  ]);
  const assumptions = one.verdict?.assumptions.map((line) => `  - ${plain(line)}`) ?? [];
  const below = assumptions.length === 0 ? [] : ['', 'It assumes:', ...assumptions];
  return [heading, '', plain(claim.statement), ...below].join('\n');
};

function freezeCommand(registry: Registry, hypothesis: Command): void {
  declare<[string], FreezeOptions>(registry, hypothesis, 'freeze <campaign>', {
    summary: 'Freeze a hypothesis: from now on nothing of it can change',
    details:
      'prediction: the newest model of the campaign predicts unseen designs better than the median of what was explored.\n' +
      'arms: the clever arm ends ahead of the random one. Opening it later spends alpha, which is never refunded.',
    options: (command) => {
      const number = decimal(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
      return command
        .requiredOption('--kind <kind>', kinds.join(' or '), oneOf(kinds))
        .requiredOption(
          '--confidence <share>',
          'how sure you are that it will be supported, between 0 and 1',
          decimal(0.001, 0.999),
        )
        .option(
          '--alpha <share>',
          'what opening it spends of the 0.05 of its family (default: 0.025)',
          decimal(0.000001, 0.05),
        )
        .option('--sample-size <n>', 'unseen designs, or fresh starts', whole(5, 100_000))
        .option('--threshold <value>', 'what the estimate must exceed', number)
        .option('--minimal-effect <value>', 'and by how much', number)
        .option('--budget <n>', 'arms: experiments of each arm from each fresh start', whole(2, 10_000));
    },
    examples: [
      `genesis hypothesis freeze ${campaignExample} --kind prediction --confidence 0.9`,
      `genesis hypothesis freeze ${campaignExample} --kind arms --confidence 0.7 --sample-size 24`,
    ],
    act: async (call, { kind, confidence, alpha, sampleSize, threshold, minimalEffect, budget }, id) => {
      const optional = { alpha, sampleSize, threshold, minimalEffect, budget };
      const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
      const body = { kind, confidence, ...given } as unknown as Body<'/v1/campaigns/{id}/hypotheses', 'post'>;
      const { api } = await call.client();
      const at = { params: { path: { id } }, body, signal: call.signal };
      const made = dataOf(await api.POST('/v1/campaigns/{id}/hypotheses', at));
      return { text: show(made), json: { ...made } };
    },
  });
}

export function hypothesisCommands(registry: Registry, program: Command): void {
  const hypothesis = group(program, 'hypothesis', 'Hypotheses: frozen before they are tested');
  freezeCommand(registry, hypothesis);

  declare<[string], { wait?: boolean }>(registry, hypothesis, 'open <id>', {
    summary: 'Open a frozen hypothesis: spends its alpha for good and tests it, once',
    options: (command) => command.option('--wait', 'wait for the verdict'),
    examples: [`genesis hypothesis open ${example} --wait`],
    act: async (call, { wait }, id) => {
      const client = await call.client();
      const at = { params: { path: { id } }, signal: call.signal };
      const opened = dataOf(await client.api.POST('/v1/hypotheses/{id}/open', at));
      if (wait !== true)
        return { text: `${id} is opened; see: genesis hypothesis show ${id}`, json: { ...opened } };
      const [concluded] = await waitForVerdicts(client, [id], call.signal);
      return { text: show(concluded!), json: { ...concluded! } };
    },
  });

  declare<[string]>(registry, hypothesis, 'list <campaign>', {
    summary: 'All freezes of a campaign, the abandoned ones too',
    examples: [`genesis hypothesis list ${campaignExample}`],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      const at = { params: { path: { id } }, signal: call.signal };
      const { items } = dataOf(await api.GET('/v1/campaigns/{id}/hypotheses', at));
      const rows = items.map((one) => [
        one.id,
        one.claim.kind,
        one.state,
        one.claim.confidence,
        describeVerdict(one),
      ]);
      return { text: table(['Hypothesis', 'Kind', 'State', 'Confidence', 'Verdict'], rows), json: { items } };
    },
  });

  declare<[string]>(registry, hypothesis, 'show <id>', {
    summary: 'A hypothesis in plain words, and its verdict',
    examples: [`genesis hypothesis show ${example}`],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      const found = dataOf(
        await api.GET('/v1/hypotheses/{id}', { params: { path: { id } }, signal: call.signal }),
      );
      return { text: show(found), json: { ...found } };
    },
  });

  declare<[string]>(registry, hypothesis, 'abandon <id>', {
    summary: 'Give a frozen hypothesis up, unopened; it stays on every report',
    examples: [`genesis hypothesis abandon ${example}`],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      await api.POST('/v1/hypotheses/{id}/abandon', { params: { path: { id } }, signal: call.signal });
      return { text: `${id} is abandoned.`, json: { id, state: 'abandoned' } };
    },
  });
}
