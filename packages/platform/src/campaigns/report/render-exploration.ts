import { progressChart } from './charts/progress.ts';
import { scatteringChart } from './charts/scattering.ts';
import { legend } from './charts/series.ts';
import { html, type Markup } from './markup.ts';
import type { ArmReport, CampaignReport, CurveReport, ExperimentReport, ExplorationReport } from './model.ts';
import { number, quantity, withUncertainty } from './numbers.ts';
import { table } from './table.ts';
import { counted, listed, named, plain, shortened } from './text.ts';
import { withheldWords } from './words.ts';

/** Widths in pixels at which pictures are drawn: for a page and for a telephone. The style sheet shows one. */
const widths = { wide: 860, narrow: 336 };

/** The longest table that a page carries; the crate holds every row. */
const mostRows = 2000;

/** How the arms fared, side by side. */
export function explorationSection(report: CampaignReport): Markup {
  const { exploration } = report;
  if (!exploration.shown) {
    return html`<section aria-labelledby="explored"><h2 id="explored">How the arms explored</h2><p class="withheld">${withheldWords('The exploration', exploration)}</p></section>`;
  }
  const { arms } = exploration.value;
  return html`<section aria-labelledby="explored"><h2 id="explored">How the arms explored</h2>
${progressFigure(report, arms)}${armsTable(report, arms)}</section>`;
}

function progressFigure({ objective, plan }: CampaignReport, arms: readonly ArmReport[]): Markup {
  if (arms.every(({ progress }) => progress.points.length === 0)) {
    return html`<p>There is nothing to draw yet: no experiment has given a value in every repeat.</p>`;
  }
  const repeats = Math.max(...arms.map(({ progress }) => progress.repeats));
  const spread =
    repeats < 2
      ? 'One repeat: a description of what happened, without a spread. Dots are single measured values.'
      : `Lines are medians over ${counted(repeats, 'repeat')}; bands hold ${repeats >= 4 ? 'the middle half of them' : 'all of them'}.`;
  const finals = arms.flatMap(({ name, final }) =>
    final === null ? [] : [`${plain(name)} ${quantity(final.median, objective.unit, 3)}`],
  );
  const failed = arms.reduce((sum, arm) => sum + arm.failed, 0);
  const censored = arms.reduce((sum, arm) => sum + arm.censored, 0);
  const misses = missesWords(failed, censored);
  const silent = arms.filter(({ progress, recorded }) => recorded > 0 && progress.repeats < plan.repeats);
  const absent = silent.length === 0 ? '' : ` Repeats without any value have no part in the lines.`;
  const title = `Best ${plain(objective.name)} against the number of experiments`;
  const description = `At the end: ${listed(finals)}. ${misses}`;
  const says = { title, description, starts: plan.starts };
  return html`<figure>${legend(arms)}${progressChart('progress-wide', widths.wide, objective, arms, says, 'wide')}${progressChart('progress-narrow', widths.narrow, objective, arms, says, 'narrow')}
<figcaption><strong>Progress of the arms</strong> at equal budgets; the shaded part on the left holds the starts that all arms share. ${spread} At the end: ${listed(finals)}. ${misses}${absent}</figcaption></figure>`;
}

function missesWords(failed: number, censored: number): string {
  if (failed + censored === 0) return 'Every experiment gave a value.';
  const parts = [
    ...(failed > 0
      ? [`${counted(failed, 'failed experiment')} (${failed === 1 ? 'cross' : 'crosses'})`]
      : []),
    ...(censored > 0
      ? [`${counted(censored, 'censored one')} (${censored === 1 ? 'triangle' : 'triangles'})`]
      : []),
  ];
  return `Below the plot: ${listed(parts)}; they count in every budget.`;
}

function armsTable({ objective, plan }: CampaignReport, arms: readonly ArmReport[]): Markup {
  const target = objective.goal.kind === 'target';
  const note = html`${counted(plan.budget, 'experiment')} for each arm in ${plan.repeats === 1 ? 'one repeat' : `each of ${number(plan.repeats)} repeats`}, of which ${counted(plan.starts, 'shared start')}${plan.batch > 1 && `, in batches of ${number(plan.batch)}`}.`;
  return table(
    'The arms',
    note,
    html`<thead><tr><th scope="col">Arm</th><th scope="col">Strategy</th><th scope="col" class="n">Measured</th><th scope="col" class="n">Failed</th><th scope="col" class="n">Censored</th><th scope="col" class="n">Best value</th><th scope="col" class="n">${`${target ? 'Final distance' : 'Final best'}${plan.repeats > 1 ? ', median' : ''}`}</th></tr></thead>
<tbody>${arms.map(
      (arm) =>
        html`<tr><th scope="row">${plain(arm.name)}</th><td>${plain(arm.strategy.replaceAll('-', ' '))}${arm.control && ' (control)'}</td><td class="n">${number(arm.measured)}</td><td class="n">${number(arm.failed)}</td><td class="n">${number(arm.censored)}</td><td class="n">${arm.best?.outcome.status === 'measured' ? quantity(arm.best.outcome.value, objective.unit) : 'none'}</td><td class="n">${arm.final === null ? 'none' : quantity(arm.final.median, objective.unit, 3)}</td></tr>`,
    )}</tbody>`,
  );
}

/** The best experiment with its design, and its scattering curve when the instrument records one. */
export function bestSection({ exploration, objective }: CampaignReport): Markup | null {
  if (!exploration.shown || exploration.value.best === null) return null;
  const { best, parameters, curve } = exploration.value;
  const value = best.outcome.status === 'measured' ? quantity(best.outcome.value, objective.unit) : '';
  return html`<section aria-labelledby="best"><h2 id="best">The best experiment</h2>
<p>The best measured ${shortened(objective.name, 80)} is <strong>${value}</strong>, from the arm ${plain(best.arm)}, experiment ${number(best.experiment)} of repeat ${number(best.repeat)}. It is the best of many noisy values, so expect a repetition to do somewhat worse.</p>
<dl class="facts">${parameters.map(({ name, unit }) => html`<dt>${shortened(name, 60)}</dt><dd>${cell(best.design[name], unit)}</dd>`)}</dl>
${curve.shown ? curve.value !== null && curveFigure(curve.value) : html`<p class="withheld">${withheldWords('What the instrument recorded', curve)}</p>`}</section>`;
}

function curveFigure({
  points,
  diameterNm,
  uncertaintyNm,
  polydispersity,
  reducedChiSquare,
}: CurveReport): Markup {
  const found = [
    ...(diameterNm === null
      ? []
      : [
          `diameter ${uncertaintyNm === null ? number(diameterNm) : withUncertainty(diameterNm, uncertaintyNm)} nm`,
        ]),
    ...(polydispersity === null ? [] : [`polydispersity ${number(polydispersity, 2)}`]),
    ...(reducedChiSquare === null ? [] : [`reduced chi-square ${number(reducedChiSquare, 3)}`]),
  ];
  const fitted = found.length === 0 ? '' : `The fit gives ${listed(found)}.`;
  const says = {
    title: 'Small-angle scattering and its fit',
    description: `${counted(points.length, 'wave number')}, both axes in powers of ten. ${fitted}`,
  };
  return html`<figure>${scatteringChart('curve-wide', widths.wide, points, says, 'wide')}${scatteringChart('curve-narrow', widths.narrow, points, says, 'narrow')}
<figcaption><strong>Small-angle scattering</strong> of this batch: counts with their standard uncertainties, the fitted polydisperse spheres as a line, and below what the fit leaves over. ${fitted}</figcaption></figure>`;
}

const cell = (value: string | number | undefined, unit: string | null): string => {
  if (value === undefined) return '';
  return typeof value === 'number' ? quantity(value, unit) : shortened(value, 120);
};

/** Every experiment, folded away. */
export function experimentsSection({ exploration, objective }: CampaignReport): Markup | null {
  if (!exploration.shown) return null;
  const { experiments, parameters } = exploration.value;
  if (experiments.length === 0) return null;
  const shown = experiments.slice(0, mostRows);
  const note =
    shown.length < experiments.length
      ? ` The first ${number(mostRows, 6)} are listed; the evidence crate holds them all.`
      : '';
  return html`<section aria-labelledby="experiments"><h2 id="experiments">All experiments</h2>
<details><summary>${counted(experiments.length, 'experiment')} in order of arm, repeat and number</summary>${table(
    'Table of all experiments',
    html`Failed and censored experiments are listed with their reasons.${note}`,
    html`<thead><tr><th scope="col">Arm</th><th scope="col" class="n">Repeat</th><th scope="col" class="n">No.</th>${parameters.map(({ name, unit }) => html`<th scope="col">${named(name, unit, 50)}</th>`)}<th scope="col">${named(objective.name, objective.unit, 50)}</th></tr></thead>
<tbody>${shown.map((one) => experimentRow(one, parameters))}</tbody>`,
    'cells',
  )}</details></section>`;
}

const experimentRow = (one: ExperimentReport, parameters: ExplorationReport['parameters']): Markup =>
  html`<tr><th scope="row">${plain(one.arm)}</th><td class="n">${number(one.repeat)}</td><td class="n">${number(one.experiment, 6)}</td>${parameters.map(({ name }) => html`<td>${cell(one.design[name], null)}</td>`)}<td>${outcomeWords(one)}</td></tr>`;

function outcomeWords({ outcome }: ExperimentReport): string {
  switch (outcome.status) {
    case 'measured':
      return number(outcome.value, 5);
    case 'failed':
      return `failed: ${shortened(outcome.reason, 200)}`;
    case 'censored':
      return `${outcome.side} ${number(outcome.bound)}: ${shortened(outcome.reason, 200)}`;
  }
}
