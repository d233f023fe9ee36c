import type { Considered, PlacementPlan } from '@genesis/contracts';
import { figure, plain } from '../terminal/plain.ts';
import { table } from '../terminal/table.ts';

/** More is for programs, which take the plan as JSON. */
const most = 20;

/** Two of a unit at least, so that 90 seconds stay seconds: "90 s", "2.5 h". */
function time(seconds: number): string {
  const units = [['days', 86_400] as const, ['h', 3_600] as const, ['min', 60] as const];
  const [name, size] = units.find(([, least]) => seconds >= 2 * least) ?? (['s', 1] as const);
  return `${figure(Number((seconds / size).toFixed(1)))} ${name}`;
}

type Score = NonNullable<Considered['score']>;
const cost = ({ units, cost: seconds }: Score): string =>
  units === 0 ? 'nothing' : `${time(seconds)} (${figure(units)} ${units === 1 ? 'unit' : 'units'})`;

const more = (left: number): string[] => (left > 0 ? [`  and ${left} more`] : []);

function accepted(plan: PlacementPlan): string[] {
  const fit = plan.considered.flatMap((one) => (one.score === null ? [] : [{ ...one, score: one.score }]));
  if (fit.length === 0) return [];
  const rows = fit
    .slice(0, most)
    .map(({ resource, name, score }) => [
      resource === plan.chosen ? '*' : ' ',
      name,
      time(score.total),
      time(score.waiting),
      `${time(score.waitingLow)} to ${time(score.waitingHigh)}`,
      time(score.movement),
      cost(score),
    ]);
  const head = [' ', 'resource', 'score', 'waits', 'in 8 of 10 cases', 'data', 'costs, as time'];
  const warnings = fit
    .slice(0, most)
    .flatMap(({ name, warnings: all }) => all.map((warning) => `  ${plain(name)}: ${plain(warning)}`));
  return [
    table(head, rows),
    ...more(fit.length - most),
    ...(warnings.length > 0 ? ['', 'To be careful about:', ...warnings] : []),
    '',
  ];
}

function rejected(plan: PlacementPlan): string[] {
  const unfit = plan.considered.filter((one) => !one.accepted);
  if (unfit.length === 0) return [];
  const lines = unfit
    .slice(0, most)
    .flatMap(({ name, rejections }) => [
      `  ${plain(name)}`,
      ...rejections.map(({ code, message }) => `    ${code}: ${plain(message)}`),
    ]);
  return ['Rejected:', ...lines, ...more(unfit.length - most), ''];
}

/** A plan for people: the chosen resource with a star, what the others would take, and every reason against the rest. */
export function explainPlan(plan: PlacementPlan): string {
  const chosen = plan.considered.find(({ resource }) => resource === plan.chosen);
  const first =
    chosen === undefined ? 'No resource can take this run.' : `The run goes to ${plain(chosen.name)}.`;
  return [first, '', ...accepted(plan), ...rejected(plan)].join('\n').trimEnd();
}
