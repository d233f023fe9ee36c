import { createHash } from 'node:crypto';
import { shownValue } from './best.ts';
import { findingOf } from './finding.ts';
import { html, type Markup } from './markup.ts';
import { metricName, metricUnit } from './metrics.ts';
import type { CampaignReport } from './model.ts';
import { moment, number, probability, quantity } from './numbers.ts';
import { bestSection, experimentsSection, explorationSection } from './render-exploration.ts';
import { lineageSection } from './render-lineage.ts';
import { badge, verdictSection } from './render-verdicts.ts';
import { styles } from './styles.ts';
import { counted, listed, plain, shortened } from './text.ts';
import { goalWords, standingOf } from './words.ts';

const styleHash = createHash('sha256').update(styles, 'utf8').digest('base64');
/** Nothing may load or run; one style sheet is known by its hash. */
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
/** The style sheet is ours and goes in unescaped, so that its hash holds. */
const styleSheet = html(Object.assign([styles], { raw: [styles] }));

/**
 * The report of a campaign as one self-contained HTML page in UTF-8: no script, nothing loaded, every name escaped.
 * Pure: equal reports give equal pages.
 */
export function renderReport(report: CampaignReport): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${shortened(report.title, 120)} · Genesis campaign report</title>
<style>${styleSheet}</style>
</head>
<body>
${heading(report)}
<main>
${findingSection(report)}
${tiles(report)}
${verdictSection(report)}
${explorationSection(report)}
${bestSection(report)}
${modelsSection(report)}
${lineageSection(report)}
${experimentsSection(report)}
${verifySection(report)}
</main>
<footer><p>Written by Genesis on ${moment(report.madeAt)}. This file stands alone: it holds no script and loads nothing. It shows what its reader was cleared to see when it was made; treat it by the label of the campaign.</p></footer>
</body>
</html>
`.toString();
}

function findingSection(report: CampaignReport): Markup {
  const { found, verdicts, sure } = findingOf(report);
  return html`<section class="finding" aria-labelledby="finding"><h2 id="finding">Finding</h2><p>${found.join(' ')}</p>
${verdicts.length > 0 && html`<ul>${verdicts.map(({ standing, words }) => html`<li>${badge(standing)} ${words}</li>`)}</ul>`}
<p class="small">${sure.join(' ')}</p></section>`;
}

function heading(report: CampaignReport): Markup {
  const { challenge, objective, source, plan } = report;
  const made = { capability: 'Instrument', table: 'Table', people: 'Measured by' }[source.kind];
  return html`<header><p class="eyebrow">Genesis campaign report</p><h1>${plain(report.title)}</h1>
<dl class="meta">${challenge !== null && html`<div><dt>Challenge</dt><dd>${number(challenge.number)} · ${plain(challenge.name)}</dd></div>`}<div><dt>Aim</dt><dd>${plain(objective.name)} ${goalWords(objective)}</dd></div><div><dt>${made}</dt><dd>${plain(source.name)}</dd></div><div><dt>Plan</dt><dd>${counted(plan.arms, 'arm')} × ${counted(plan.repeats, 'repeat')} × ${counted(plan.budget, 'experiment')}</dd></div><div><dt>State</dt><dd>${plain(report.state)}</dd></div><div><dt>Started</dt><dd>${moment(report.createdAt)}</dd></div>${report.endedAt !== null && html`<div><dt>Ended</dt><dd>${moment(report.endedAt)}</dd></div>`}<div><dt>Campaign</dt><dd><code>${report.id}</code></dd></div></dl></header>`;
}

function tiles(report: CampaignReport): Markup {
  const { exploration, objective, hypotheses, families } = report;
  const verdicts = Map.groupBy(hypotheses, (one) => standingOf(one).words);
  return html`<dl class="tiles">${exploration.shown && experimentTiles(report, exploration.value)}
<div><dt>Hypotheses frozen</dt><dd>${number(hypotheses.length)}</dd><dd class="more">${listed([...verdicts].map(([words, { length }]) => `${number(length)} ${words.toLowerCase()}`))}</dd></div>
${families.length > 0 && html`<div><dt>Error budget left</dt><dd>${probability(families.reduce((sum, { left }) => sum + left, 0))}</dd><dd class="more">of ${probability(families.reduce((sum, { alpha }) => sum + alpha, 0))} that all tests share</dd></div>`}</dl>`;

  function experimentTiles(
    _: CampaignReport,
    { arms, best }: Extract<CampaignReport['exploration'], { shown: true }>['value'],
  ): Markup {
    const total = (of: 'recorded' | 'failed' | 'censored'): number =>
      arms.reduce((sum, arm) => sum + arm[of], 0);
    const value = best?.outcome.status === 'measured' ? best.outcome.value : null;
    const { goal, unit } = objective;
    return html`${
      value !== null &&
      html`<div><dt>Best ${shortened(objective.name, 30)}</dt><dd>${quantity(value, unit)}</dd><dd class="more">${goal.kind === 'target' ? `${quantity(shownValue(goal, value), unit, 2)} from the target of ${quantity(goal.value, unit)}` : `by ${plain(best!.arm)}, wanted ${goalWords(objective)}`}</dd></div>`
    }<div><dt>Experiments</dt><dd>${total('recorded').toLocaleString('en-US')}</dd><dd class="more">${number(total('failed'))} failed, ${number(total('censored'))} censored; all count</dd></div>`;
  }
}

function modelsSection({ models, objective }: CampaignReport): Markup | null {
  if (models.length === 0) return null;
  const one = (
    model: CampaignReport['models'][number],
  ): Markup => html`<dl class="facts"><dt>Model</dt><dd><strong>${shortened(model.name, 80)}</strong> <code>${model.id}</code></dd>
<dt>Trained on</dt><dd>${counted(model.measured, 'value')}, ${number(model.failed)} failed and ${number(model.censored)} censored experiments</dd>
${model.metrics.map(({ name, value, on, n }) => html`<dt>${metricName(name)}</dt><dd>${quantity(value, metricUnit(name, objective), 3)} on ${shortened(on, 120)} (n = ${number(n, 6)})</dd>`)}
<dt>Hash of the artifact</dt><dd><code>${model.artifactHash}</code></dd></dl>`;
  return html`<section aria-labelledby="models"><h2 id="models">${models.length === 1 ? 'The trained model' : 'The trained models'}</h2><p>Trained on what all arms tried. Figures on its own training data flatter a model; the tests above do not.</p>${models.map(one)}</section>`;
}

const verifySection = ({ id, planHash }: CampaignReport): Markup =>
  html`<section aria-labelledby="verify"><h2 id="verify">Check it yourself</h2>
<p>This page proves nothing by itself. The evidence crate of the campaign does: it holds the data that its label allows, the frozen claims, the verdicts and signed proofs that each freeze came before the opening. Anyone can check it on a machine without network, database or server:</p>
<pre><code>genesis campaign export ${id} crate.zip
genesis verify crate.zip --key FILE</code></pre>
<p>FILE holds the public key of the ledger. Take it from the operator by a way of its own, not from where the crate lies: without it the check says only "consistent, origin unproven". Every verdict whose rows are in the crate is computed again; what is not is listed with the reason.</p>
<dl class="facts"><dt>Hash of the plan</dt><dd><code>${planHash}</code></dd></dl></section>`;
