import { access, constants, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createClient, dataOf, type GenesisClient } from '@genesis/client';
import type { Call, Result } from '../command.ts';
import { writeCredentials } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { StepError } from '../failure.ts';
import { startServer } from '../server/server-process.ts';
import { plainLines } from '../terminal/plain.ts';
import { describeVerdict, type Hypothesis, waitForVerdicts } from '../work/confirm.ts';
import { saveCrate, saveReport } from '../work/documents.ts';
import { trainModel } from '../work/train-model.ts';
import { describeReport, verifyFile } from '../work/verify-file.ts';
import { type CampaignProgress, watchCampaign } from '../work/watch-campaign.ts';
import { showChallenges } from './challenges.ts';
import { type DemoOptions, folderName, tableOf } from './options.ts';
import { makePeople } from './people.ts';
import { type Place, preparePlace } from './places.ts';
import { type DemoPlan, planDemo } from './plan.ts';
import { conclude } from './summary.ts';

/** The files that the demonstration leaves behind. */
type DemoFiles = {
  folder: string;
  data: string;
  log: string;
  crate: string;
  key: string;
  report: string;
  credentials: string;
};

const filesIn = (folder: string): DemoFiles => ({
  folder,
  data: join(folder, 'data'),
  log: join(folder, 'server.log'),
  crate: join(folder, 'crate.zip'),
  key: join(folder, 'ledger.key'),
  report: join(folder, 'report.html'),
  credentials: join(folder, 'credentials.json'),
});

/** Numbered headings, so that a person sees how far it is. */
const steps = (call: Call) => {
  let number = 0;
  return (text: string) => call.say(`\n${++number}. ${text}`);
};

async function confirm(
  call: Call,
  client: GenesisClient,
  campaign: string,
  plan: DemoPlan,
): Promise<Hypothesis[]> {
  const at = { params: { path: { id: campaign } }, signal: call.signal };
  const wanted = [
    {
      kind: 'prediction' as const,
      confidence: plan.confidence.prediction,
      ...(plan.predictionSample === undefined ? {} : { sampleSize: plan.predictionSample }),
    },
    { kind: 'arms' as const, confidence: plan.confidence.arms, sampleSize: plan.armsSample },
  ];
  const frozen: Hypothesis[] = [];
  for (const body of wanted) {
    const made = dataOf(
      await client.api.POST('/v1/campaigns/{id}/hypotheses', { ...at, body: body as never }),
    );
    call.say(`  frozen, ${plainLines(made.claim.statement)}`);
    frozen.push(made);
  }
  for (const { id } of frozen) {
    await client.api.POST('/v1/hypotheses/{id}/open', { params: { path: { id } }, signal: call.signal });
  }
  call.say('  opened; measuring what nobody has seen ...');
  const ids = frozen.map(({ id }) => id);
  return await waitForVerdicts(client, ids, call.signal, (one) => call.say(`  ${describeVerdict(one)}`));
}

/** What the demonstration found; see `conclude`. */
export type Found = {
  campaign: string;
  plan: DemoPlan;
  progress: CampaignProgress;
  hypotheses: Hypothesis[];
  model: { id: string; name: string };
  files: DemoFiles;
  seconds: number;
};

async function work(
  call: Call,
  options: DemoOptions,
  files: DemoFiles,
  client: GenesisClient,
  token: string,
  place: Place,
) {
  const { signal } = call;
  const step = steps(call);
  step('The 26 challenges that this platform serves');
  call.say(await showChallenges(client, signal));

  const table = tableOf(options);
  const people = await makePeople(client.url, token, table === undefined ? 'public' : 'internal', signal);
  const { researcher } = people;
  await writeCredentials(files.credentials, { url: 'http://127.0.0.1:7470', token: people.token });

  if (table !== undefined) step(`Importing ${table.path} and sealing a quarter of its designs`);
  const plan = await planDemo(call, researcher, options, place.compute);
  const { budget, repeats = 1, title } = plan.campaign;
  if (options.resource !== 'platform') call.say(`  The experiments run on: ${options.resource}`);
  step(`Campaign "${title}": two arms, ${budget} experiments each, ${repeats} times`);
  const created = dataOf(
    await researcher.api.POST('/v1/campaigns', { body: plan.campaign as never, signal }),
  );
  const { name, goal, unit = null } = plan.campaign.objective;
  const progress = await watchCampaign(call, researcher, created.id, { name, goal, unit });
  if (progress.state !== 'explored')
    throw new StepError(`The campaign is ${progress.state}, but should be explored.`);

  step('Training a model on everything that was measured');
  const model = await trainModel(researcher, created.id, 'surrogate', signal);
  const fit = model.metrics.map(({ name, value, on }) => `${name} ${Number(value.toPrecision(3))} on ${on}`);
  call.say(`  ${model.id}: ${fit.join(', ')}`);

  step('Freezing two hypotheses, then testing them');
  const hypotheses = await confirm(call, researcher, created.id, plan);

  step('Exporting the evidence, and checking it as an outsider would');
  const { verifierKey } = dataOf(await researcher.api.GET('/v1/ledger/key', { signal }));
  await writeFile(files.key, `${verifierKey}\n`);
  const destination = {
    level: table === undefined ? ('public' as const) : ('internal' as const),
    categories: [],
  };
  await saveCrate(researcher, created.id, files.crate, { destination, includeSealedRows: false }, signal);
  const report = await verifyFile(files.crate, { key: files.key });
  if (report.exitCode !== exitCodes.ok)
    throw new StepError(`The crate does not verify.\n${describeReport(report)}`);
  const passed = report.findings.filter(({ ok }) => ok).length;
  call.say(
    `  ${files.crate}: verified offline, ${passed} checks passed, ${report.notRecomputed.length} not recomputed`,
  );
  await saveReport(researcher, created.id, files.report, signal);
  return { campaign: created.id, plan, progress, hypotheses, model, files };
}

/** The last lines of the server's log, where a failure has its reason. */
async function tailOf(path: string): Promise<string> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-5).join('\n');
  return lines === '' ? '' : `\nThe log of the server (${path}) ends with:\n${plainLines(lines)}`;
}

/** Starts a platform in a folder of its own and goes the whole way from a question to checked evidence. */
export async function runDemo(call: Call, options: DemoOptions): Promise<Result> {
  const started = performance.now();
  const table = tableOf(options);
  // Told at once, and not after a server was started for it.
  if (table !== undefined) await access(resolve(call.folder, table.path), constants.R_OK);
  const files = filesIn(resolve(call.folder, options.folder ?? folderName(new Date())));
  await mkdir(files.folder, { recursive: options.folder === undefined });
  const log = await open(files.log, 'a', 0o600);
  try {
    call.say(`Genesis starts in ${files.folder}`);
    const server = await startServer({
      flags: ['--data-folder', files.data, '--port', '0', '--host', '127.0.0.1', '--log-level', 'warn'],
      env: call.env,
      log: log.fd,
      signal: call.signal,
    });
    try {
      const token = (await readFile(server.tokenFile, 'utf8')).trim();
      const at = { call, folder: files.folder, dataFolder: files.data, url: server.url, adminToken: token };
      const place = await preparePlace(options.resource, at);
      try {
        const client = createClient({ url: server.url, token });
        const found = await work(call, options, files, client, token, place);
        return conclude({ ...found, seconds: (performance.now() - started) / 1000 });
      } finally {
        await place.stop();
      }
    } finally {
      const status = await server.stop();
      if (status !== 0) call.say(`The server ended with status ${status}; see ${files.log}.`);
    }
  } catch (error) {
    if (call.signal.aborted) throw error;
    throw new StepError(`The demonstration stopped.${await tailOf(files.log)}`, { cause: error });
  } finally {
    await log.close();
  }
}
