// Takes one picture out of a campaign report (genesis campaign report ID report.html) as an SVG file that stands alone.
//
//   node scripts/report-picture.mjs report.html progress docs/images/progress.svg
//
// Pictures have names: progress, curve and lineage. The style sheet of the report goes with it, so it follows light and
// dark; its title and description stay inside, for those who do not see it.
import { readFileSync, writeFileSync } from 'node:fs';

const [report, name, target] = process.argv.slice(2);
if (target === undefined || !/^[a-z]+$/.test(name)) {
  process.stderr.write('usage: node scripts/report-picture.mjs REPORT.html NAME OUTPUT.svg\n');
  process.exit(2);
}
const page = readFileSync(report, 'utf8');
const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1];
const found = new RegExp(
  `<svg class="wide" (viewBox="0 0 (\\d+) (\\d+)" role="img" aria-labelledby="${name}-wide-t [\\s\\S]*?)</svg>`,
).exec(page);
if (style === undefined || found === null) {
  process.stderr.write(`${report} has no picture "${name}"\n`);
  process.exit(1);
}
const [, inner, width, height] = found;
const opened = inner.replace(
  '>',
  `>\n<style>${style.trim()}</style>\n<rect width="${width}" height="${height}" style="fill:var(--paper)"/>`,
);
writeFileSync(
  target,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ${opened}</svg>\n`,
);
