import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pythonWith } from '../test/python-environment.ts';

/*
 * The tabular kit beside plain LightGBM, scikit-learn's histogram boosting and FLAML on five measured tables: same features, same
 * folds, same seconds of the processor. Makes the two Python environments from their locks, once, and runs
 * kits/tabular/bench/compare.py, whose exit status says whether every figure holds. GENESIS_DATA names the folder of the data.
 */

const help = `Usage: npm run bench:models -- [--quick] [--json] [--tables steels,gaps,esol,alloys,oer] [--repeats N]

  --quick    three tables, five folds, few seconds for each fit
  --json     one JSON object on the last line
  --tables   only these tables
  --repeats  this many repeats of the five folds, instead of one to three by table

Examples:
  npm run bench:models
  npm run bench:models -- --quick --json
  GENESIS_DATA=/data npm run bench:models -- --tables steels
`;

const kit = fileURLToPath(new URL('../../../kits/tabular/', import.meta.url));

async function programs(): Promise<{ own: string; peer: string }> {
  const found: string[] = [];
  for (const lock of ['requirements.txt', 'bench/requirements.txt']) {
    process.stderr.write(`Python packages of kits/tabular/${lock}: kept from before, or installed now\n`);
    const environment = await pythonWith(`${kit}${lock}`);
    if ('missing' in environment) throw new Error(`This needs ${environment.missing}`);
    found.push(environment.program);
  }
  const [own = '', peer = ''] = found;
  return { own, peer };
}

const given = process.argv.slice(2);
if (given.includes('--help')) {
  process.stdout.write(help);
} else {
  const { own, peer } = await programs();
  const script = `${kit}bench/compare.py`;
  const child = spawn(own, [script, peer, ...given], { stdio: 'inherit' });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
