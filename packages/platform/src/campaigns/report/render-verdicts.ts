import { differencesChart } from './charts/differences.ts';
import { isInside, predictionsChart } from './charts/predictions.ts';
import { html, type Markup } from './markup.ts';
import { metricInterval, metricName, metricValue } from './metrics.ts';
import type {
  CampaignReport,
  HypothesisReport,
  ObjectiveReport,
  RowsReport,
  VerdictReport,
} from './model.ts';
import { moment, number, percent, probability, quantity } from './numbers.ts';
import { table } from './table.ts';
import { counted, plain } from './text.ts';
import {
  estimateWords,
  independenceWords,
  intervalWords,
  type Standing,
  shortClaim,
  standingOf,
  withheldWords,
} from './words.ts';

const signs: Readonly<Record<Standing['shape'], string>> = {
  supported: 'M4 12.5l5 5L20 6.5',
  refuted: 'M6 6l12 12M18 6L6 18',
  inconclusive: 'M5 9c3-4 6 4 14 0M5 16c3-4 6 4 14 0',
  untested: 'M6 12h12',
};

export const badge = ({ shape, words }: Standing): Markup =>
  html`<span class="badge ${shape}"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="${signs[shape]}"/></svg>${words}</span>`;

/** All freezes with their verdicts, and what they spent. */
export function verdictSection(report: CampaignReport): Markup {
  const { hypotheses, objective } = report;
  if (hypotheses.length === 0) {
    return html`<section aria-labelledby="tested"><h2 id="tested">What was tested</h2><p>No hypothesis was frozen in this campaign. What the pictures show is a description, not a verdict.</p></section>`;
  }
  return html`<section aria-labelledby="tested"><h2 id="tested">What was tested</h2>
<p>Each claim was frozen, with every rule by which it is judged, before the data that tests it was opened or measured. All freezes are listed, the abandoned ones too.</p>
${hypotheses.map((hypothesis, i) => card(hypothesis, objective, i + 1))}
${budgets(report)}${elsewhere(report)}${confidences(report)}</section>`;
}

function card(hypothesis: HypothesisReport, objective: ObjectiveReport, place: number): Markup {
  const standing = standingOf(hypothesis);
  const { verdict } = hypothesis;
  const figure = evidence(hypothesis, objective, `claim-${place}`);
  const content = html`${verdict.shown ? verdict.value !== null && result(hypothesis, verdict.value, objective) : html`<p class="withheld">${withheldWords('The verdict', verdict)}</p>`}
${verdict.shown && verdict.value !== null && assumptions(verdict.value, objective, place)}${wording(hypothesis)}${provenance(hypothesis)}`;
  return html`<article class="verdict ${standing.shape}" aria-labelledby="claim-${place}"><div class="head">${badge(standing)}<h3 id="claim-${place}">${shortClaim(hypothesis, objective)}</h3></div>
<div class="body">${figure === null ? content : html`<div class="columns"><div>${content}</div>${figure}</div>`}</div></article>`;
}

function result(hypothesis: HypothesisReport, verdict: VerdictReport, objective: ObjectiveReport): Markup {
  const { pValue, pOpposite, n, missing, outside, brier } = verdict;
  const estimate = estimateWords(hypothesis, verdict, objective);
  const against =
    hypothesis.kind === 'arms'
      ? quantity(hypothesis.boundary, objective.unit, 3)
      : percent(hypothesis.boundary);
  const units = hypothesis.kind === 'arms' ? 'paired start' : 'design';
  const left = [
    ...(missing > 0 ? [`${counted(missing, 'without a result', 'without a result')}`] : []),
    ...(outside > 0 ? [`${counted(outside, 'outside the frozen sample', 'outside the frozen sample')}`] : []),
  ];
  return html`<dl class="facts"><dt>${hypothesis.estimand}</dt><dd><strong>${estimate}</strong>, must ${hypothesis.direction === 'greater' ? 'exceed' : 'stay below'} ${against}</dd>
<dt>${percent(verdict.interval.level)} interval</dt><dd>${intervalWords(hypothesis, verdict, objective)}</dd>
<dt>Test</dt><dd>${hypothesis.test}: p = ${probability(pValue)} for the claim, ${probability(pOpposite)} against it; alpha = ${probability(hypothesis.alpha)}</dd>
<dt>Sample</dt><dd>${counted(n, units)}${left.length > 0 && html` (${left.join(', ')})`}, fixed before and looked at once</dd>
<dt>Confidence stated</dt><dd>${percent(hypothesis.confidence)}${brier === null ? ', not scored because nothing was decided' : html`, Brier score ${number(brier, 2)} (0 is best, 1 worst)`}</dd>
<dt>Independence</dt><dd>${independenceWords[verdict.independence]}</dd></dl>`;
}

function assumptions(
  { assumptions: stated, metrics }: VerdictReport,
  objective: ObjectiveReport,
  place: number,
): Markup {
  return html`<details><summary>What the verdict assumes, and other figures</summary><ul class="plain">${stated.map((one) => html`<li>${plain(one)}</li>`)}</ul>
${
  metrics.length > 0 &&
  table(
    `Other figures of claim ${place}`,
    'These describe and decide nothing; intervals by the bootstrap.',
    html`<thead><tr><th scope="col">Figure</th><th scope="col" class="n">Value</th><th scope="col" class="n">95 % interval</th></tr></thead><tbody>${metrics.map(
      ({ name, value: figure, lo, hi }) =>
        html`<tr><th scope="row">${metricName(name)}</th><td class="n">${metricValue(name, figure, objective)}</td><td class="n">${metricInterval(name, lo, hi)}</td></tr>`,
    )}</tbody>`,
  )
}</details>`;
}

/** The claim as it was frozen, to the letter. */
const wording = ({ statement }: HypothesisReport): Markup =>
  html`<p class="label">As it was frozen</p><blockquote>${plain(statement)}</blockquote>`;

function provenance(hypothesis: HypothesisReport): Markup {
  const { frozenAt, openedAt, concludedAt, checkpointSize, freezeEntry, claimHash, family, id } = hypothesis;
  return html`<details><summary>When it was frozen and opened</summary><dl class="facts"><dt>Frozen</dt><dd>${moment(frozenAt)}, ledger entry <code>${freezeEntry}</code></dd>
<dt>Opened</dt><dd>${openedAt === null ? 'never' : html`${moment(openedAt)}${checkpointSize !== null && html`, after the signed checkpoint of ${counted(checkpointSize, 'entry', 'entries')}`}`}</dd>
<dt>Concluded</dt><dd>${concludedAt === null ? 'not' : moment(concludedAt)}</dd>
<dt>Hypothesis</dt><dd><code>${id}</code></dd><dt>Hash of the claim</dt><dd><code>${claimHash}</code></dd><dt>Family</dt><dd><code>${plain(family)}</code></dd></dl></details>`;
}

function evidence(hypothesis: HypothesisReport, objective: ObjectiveReport, id: string): Markup | null {
  const { rows } = hypothesis;
  if (!rows.shown)
    return html`<p class="withheld">${withheldWords('The data behind this verdict', rows)}</p>`;
  if (rows.value === null) return null;
  return rows.value.kind === 'prediction'
    ? predictionFigure(hypothesis, rows.value, objective, id)
    : armsFigure(hypothesis, rows.value, objective, id);
}

function predictionFigure(
  { baseline }: HypothesisReport,
  { units, missing }: Extract<RowsReport, { kind: 'prediction' }>,
  objective: ObjectiveReport,
  id: string,
): Markup {
  if (units.length === 0)
    return html`<p class="withheld">No design has both a prediction and a measurement: there is nothing to draw.</p>`;
  const judged = units.map(isInside).filter((inside) => inside !== null);
  const inside = judged.filter(Boolean).length;
  const covered =
    judged.length === 0
      ? 'The predictions came without intervals.'
      : `The 95 % interval of the prediction holds the measurement for ${number(inside)} of ${counted(judged.length, 'design')} (${percent(inside / judged.length)}).`;
  const absent =
    missing > 0
      ? ` ${counted(missing, 'design')} without a result ${missing === 1 ? 'is' : 'are'} not drawn.`
      : '';
  const title = `Predicted against measured ${plain(objective.name)}`;
  const chart = predictionsChart(`${id}-figure`, objective, units, {
    title,
    description: `${counted(units.length, 'design')}. ${covered}${absent}`,
    baseline,
  });
  return html`<figure>${chart}<figcaption><strong>Predicted against measured</strong> on data that no arm had seen. ${covered} Circles: inside; diamonds: outside. On the dashed diagonal both agree.${absent}</figcaption></figure>`;
}

function armsFigure(
  hypothesis: HypothesisReport,
  { differences, missing }: Extract<RowsReport, { kind: 'arms' }>,
  objective: ObjectiveReport,
  id: string,
): Markup {
  if (differences.length === 0)
    return html`<p class="withheld">No start has a result of both arms: there is nothing to draw.</p>`;
  const verdict = hypothesis.verdict.shown ? hypothesis.verdict.value : null;
  const ahead = differences.filter((value) => value > 0).length;
  const summary = `The clever arm ended ahead in ${number(ahead)} of ${counted(differences.length, 'start')}.`;
  const absent =
    missing > 0
      ? ` ${counted(missing, 'start')} without a result of both arms ${missing === 1 ? 'is' : 'are'} not drawn.`
      : '';
  const chart = differencesChart(`${id}-figure`, objective, differences, hypothesis, verdict, {
    title: 'Lead of the clever arm from each fresh start',
    description: `${summary} The threshold is ${quantity(hypothesis.boundary, objective.unit, 3)}.${absent}`,
  });
  return html`<figure>${chart}<figcaption><strong>Paired differences</strong>, one mark for each fresh start, in order of size. ${summary} Filled marks lie beyond the dashed threshold; the line and the shaded area are the median and its interval.${absent}</figcaption></figure>`;
}

function budgets({ families, hypotheses }: CampaignReport): Markup | null {
  if (families.length === 0) return null;
  const own = (family: string): number =>
    hypotheses.filter((one) => one.family === family && one.openedAt !== null).length;
  return table(
    'Error budget',
    'Error budget: each opening spends alpha, whatever it finds, and nothing is ever refunded.',
    html`<thead><tr><th scope="col">Family</th><th scope="col" class="n">Budget</th><th scope="col" class="n">Spent</th><th scope="col" class="n">Left</th><th scope="col" class="n">Openings in this campaign</th></tr></thead><tbody>${families.map(
      ({ id, alpha, spent, left }) =>
        html`<tr><th scope="row"><code>${plain(id)}</code></th><td class="n">${probability(alpha)}</td><td class="n">${probability(spent)}</td><td class="n">${left === 0 ? '0 (exhausted)' : probability(left)}</td><td class="n">${number(own(id))}</td></tr>`,
    )}</tbody>`,
  );
}

const elsewhere = ({ elsewhere: { campaigns, freezes, openings } }: CampaignReport): Markup | null =>
  campaigns === 0
    ? null
    : html`<p>The same was asked elsewhere: ${counted(campaigns, 'other campaign')} with these measurements, this objective and this space froze ${counted(freezes, 'claim')} and opened ${number(openings)}. Campaigns that measure afresh have an error budget each, so the more of them there are, the more likely one supports a false claim.</p>`;

const confidences = ({ brier }: CampaignReport): Markup | null =>
  brier.score === null
    ? null
    : html`<p>The stated confidences have a mean Brier score of <strong>${number(brier.score, 2)}</strong> over ${counted(brier.scored, 'decided claim')} (0 is best; always saying 50 % gives 0.25).${brier.inconclusive > 0 && html` ${counted(brier.inconclusive, 'inconclusive verdict')} ${brier.inconclusive === 1 ? 'is' : 'are'} not scored.`}</p>`;
