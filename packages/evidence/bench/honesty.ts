/**
 * `npm run bench:honesty [-- --quick] [-- --json]`: are false claims supported no more often than alpha allows, do true
 * ones come through nearly as often as an oracle could bring them, and are cheats caught? Exits 1 when one of these
 * does not hold.
 */
import { brierScore, calibrationTable, planTest } from '../src/index.ts';
import { armsWorlds } from './arms-worlds.ts';
import { type Caught, cheatingChecks } from './cheating.ts';
import { oraclePower } from './oracle.ts';
import { type PredictionReport, predictionWorlds } from './prediction-worlds.ts';
import { alpha, type PowerRow, type Tally } from './tally.ts';

const quick = process.argv.includes('--quick');
const json = process.argv.includes('--json');
const sizes = quick
  ? { campaigns: 30, hypotheses: 120, runs: 41, tricks: 20 }
  : { campaigns: 250, hypotheses: 1000, runs: 301, tricks: 200 };

const share = (part: number, whole: number): string => (part / whole).toFixed(4);
const yes = (holds: boolean): string => (holds ? 'yes' : 'NO');

function print(title: string, header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  console.log(`\n${title}\n${line(header)}\n${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  for (const row of rows) console.log(line(row));
}

function printTallies(tallies: readonly Tally[]): void {
  print(
    'False claims (alpha 0.05): supported no more often than alpha plus three standard errors',
    ['kind', 'world', 'false claims', 'supported', 'refuted', 'allowed', 'holds', 'without the rules'],
    tallies.map((tally) => [
      tally.kind,
      tally.world,
      String(tally.hypotheses),
      share(tally.supported, tally.hypotheses),
      share(tally.refuted, tally.hypotheses),
      tally.allowed.toFixed(4),
      yes(tally.holds),
      tally.naive === undefined ? '' : `${tally.naive.share.toFixed(3)} ${tally.naive.what}`,
    ]),
  );
}

function printPowers(powers: readonly PowerRow[]): void {
  print(
    'True claims: power against the most powerful level-0.05 test of the same indicators or signs',
    ['kind', 'effect', 'n', 'claims', 'power', 'oracle', 'ratio', '+-', 'holds', 'for comparison'],
    powers.map((row) => [
      row.kind,
      row.effect.toFixed(3),
      row.sampleSize,
      String(row.hypotheses),
      row.power.toFixed(3),
      row.oracle.toFixed(3),
      row.ratio.toFixed(3),
      row.error.toFixed(3),
      yes(row.holds),
      row.note,
    ]),
  );
}

/** Exact, no simulation: what discreteness costs the sign test against the randomised oracle, size by size. */
function printDiscreteness(): void {
  const sizes = [20, 21, 23, 25, 28, 30, 40, 60, 100];
  print(
    'Sign test at alpha 0.05 by number of starts (exact): attained level, and power over oracle power at P(ahead)',
    ['starts', 'level', '0.70', '0.80', '0.90'],
    sizes.map((n) => [
      String(n),
      planTest({ boundary: 0.5, truth: 0.5, alpha }, n).attainedAlpha.toFixed(4),
      ...[0.7, 0.8, 0.9].map((truth) => {
        const question = { boundary: 0.5, truth, alpha };
        return (planTest(question, n).power / oraclePower(question, n)).toFixed(3);
      }),
    ]),
  );
}

function printCalibration(researchers: PredictionReport['researchers']): void {
  for (const { name, stated } of researchers) {
    const { score, scored, inconclusive } = brierScore(stated);
    print(
      `Stated confidence of the ${name} researcher: Brier score ${score?.toFixed(4) ?? 'none'} over ${scored}, ${inconclusive} inconclusive`,
      ['confidence', 'scored', 'inconclusive', 'mean stated', 'came true', '95 % interval'],
      calibrationTable(stated)
        .filter((bin) => bin.scored + bin.inconclusive > 0)
        .map((bin) => [
          `${bin.from.toFixed(1)}-${bin.to.toFixed(1)}`,
          String(bin.scored),
          String(bin.inconclusive),
          bin.meanConfidence?.toFixed(3) ?? '',
          bin.shareSupported?.toFixed(3) ?? '',
          bin.interval === null ? '' : `${bin.interval.lo.toFixed(3)}-${bin.interval.hi.toFixed(3)}`,
        ]),
    );
  }
}

function printCheating(caught: readonly Caught[]): void {
  print(
    'Cheats against the pure checks',
    ['trick', 'tried', 'caught'],
    caught.map((row) => [row.trick, String(row.tried), String(row.caught)]),
  );
}

const began = performance.now();
const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
const progress = (step: string): void => {
  process.stderr.write(`${seconds().toFixed(1).padStart(6)} s  ${step}\n`);
};

const prediction = predictionWorlds(sizes.campaigns, progress);
const arms = armsWorlds(sizes.hypotheses, sizes.runs, progress);
progress('cheats');
const cheating = cheatingChecks(sizes.tricks);
const tallies = [...prediction.tallies, ...arms.tallies];
const powers = [...prediction.powers, ...arms.powers];
const holds =
  tallies.every((tally) => tally.holds) &&
  powers.every((row) => row.holds) &&
  cheating.every((row) => row.caught === row.tried);

printTallies(tallies);
printPowers(powers);
printDiscreteness();
printCalibration(prediction.researchers);
printCheating(cheating);
console.log(
  `\nThe explorer ended ahead of random by ${arms.explorer.medianAhead.toFixed(3)} (median of ${arms.explorer.runs} paired runs).`,
);
console.log(`${holds ? 'All figures hold' : 'SOME FIGURES DO NOT HOLD'}; ${seconds()} s.`);
if (json) {
  const calibration = prediction.researchers.map(({ name, stated }) => ({
    name,
    brier: brierScore(stated),
    bins: calibrationTable(stated),
  }));
  console.log(JSON.stringify({ quick, holds, seconds: seconds(), tallies, powers, calibration, cheating }));
}
process.exitCode = holds ? 0 : 1;
