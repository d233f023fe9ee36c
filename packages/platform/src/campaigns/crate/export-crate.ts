import { randomBytes } from 'node:crypto';
import { GenesisError, isRootHidden, type Label } from '@genesis/contracts';
import { formatVerifierKey, prepareContent, proveLedger, writeCrate } from '@genesis/evidence';
import { assertAllowed } from '../../door/index.ts';
import type { LedgerLog } from '../../ledger/index.ts';
import type { PrincipalFacts, ResourceFacts } from '../../policy/index.ts';
import type { CampaignParts } from '../parts.ts';
import { type ExperimentRow, findCampaign, listExperiments, listHypotheses, listOpenings } from '../store.ts';
import { withheldSalt } from '../tables.ts';
import { contentParts } from './content-parts.ts';
import { entriesOf } from './entries.ts';
import { partOpenings } from './openings.ts';

export type ExportRequest = {
  /** What the recipient may hold: nothing above it goes out. */
  destination: Label;
  /** Whether sealed rows that a claim was tested on go out too. That retires their split for good. */
  includeSealedRows: boolean;
};

const sealedReason =
  'the sealed rows of the split stay sealed: exporting them would retire it (see --include-sealed-rows)';

/**
 * Writes the evidence crate of a campaign: everything that its label and conditions let out, commitments to the rest,
 * and proofs from the ledger up to the entry of this very export.
 */
export async function exportCrate(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
  wanted: ExportRequest,
): Promise<Buffer> {
  const { door, ledger, clock, catalog } = parts;
  const { facts } = await door.use(principal, 'campaign.read', id, 'explore', { for: 'export' });
  const scope = door.authorize(principal, 'explore');
  const row = await findCampaign(scope, id);
  if (row.state === 'exploring') {
    throw new GenesisError({
      code: 'conflict',
      message: 'The campaign is still exploring: wait for it, or stop it first.',
    });
  }
  const leaving: ResourceFacts = { ...facts, destinationClearance: wanted.destination };
  const leave = {
    principal,
    action: 'campaign.export',
    resource: { about: leaving },
    purpose: 'publish',
  } as const;
  // Before anything is read into a file; the export's own entry is decided again, in its transaction.
  await assertAllowed(door, [leave]);
  const experiments = await listExperiments(scope, id);
  await assertComplete(ledger, id, experiments);
  const hypotheses = await listHypotheses(scope, id);
  if (hypotheses.some(({ state }) => state === 'opened')) {
    throw new GenesisError({
      code: 'conflict',
      message:
        'A hypothesis is being confirmed: wait for its verdict, or open it again where its confirming run has failed.',
    });
  }
  const waiting = hypotheses.find(({ claim, state }) => isRootHidden(claim, state));
  if (waiting !== undefined) {
    throw new GenesisError({
      code: 'conflict',
      message: `Open or abandon ${waiting.id} first: a crate would tell which fresh measurements will test it.`,
    });
  }
  const models = await parts.models.ofCampaign(scope, id);
  const { source } = row.plan;
  if (wanted.includeSealedRows && source.kind === 'table') await catalog.retireSplit(principal, source.split);

  const sealedClaims = hypotheses.filter(({ claim, rows }) => claim.source.kind === 'split' && rows !== null);
  const withheld = new Map(
    (wanted.includeSealedRows ? [] : sealedClaims).map(({ id: hypothesis }) => [
      `hypotheses/${hypothesis}/rows.jsonl`,
      { salt: new Uint8Array(randomBytes(32)), reason: sealedReason },
    ]),
  );
  const openings = await listOpenings(scope, hypotheses);
  const { named, unnamed } = await partOpenings(door, principal, id, openings, wanted.destination);
  const content = prepareContent({
    ...(await contentParts(parts, principal, {
      row,
      facts,
      experiments,
      hypotheses,
      models,
      unnamed,
      destination: wanted.destination,
    })),
    exportedAt: clock.now().toISOString(),
    withhold: withheld,
  });
  const { entry } = await door.perform(leave, async (tx, _facts, exportEntry) => {
    for (const [path, { salt }] of withheld) {
      await tx.insert(withheldSalt).values({ entry: exportEntry, path, salt: Buffer.from(salt) });
    }
    return {
      result: undefined,
      details: { kind: 'export', campaignId: id, contentHash: content.contentHash },
    };
  });
  const last = await ledger.checkpoint();
  const entries = await entriesOf(
    ledger,
    { campaignEntry: row.entry, experiments, hypotheses, models, openings: named, exported: entry },
    last.size,
  );
  const sizes = [...new Set(hypotheses.flatMap(({ checkpointSize }) => checkpointSize ?? []))];
  const notes = await Promise.all(sizes.map((size) => ledger.checkpointAt(size)));
  const proven = await proveLedger({
    entries,
    checkpoints: [...notes.filter((note) => note !== undefined), last.note],
    verifierKey: formatVerifierKey(ledger.key),
    readNodes: (nodes) => ledger.readNodes(nodes),
  });
  return Buffer.from(writeCrate(content, proven));
}

/** Every result that the ledger says was recorded is there: one that was taken out of the tables cannot be left out. */
async function assertComplete(
  ledger: LedgerLog,
  id: string,
  experiments: readonly ExperimentRow[],
): Promise<void> {
  const recorded = experiments.filter(({ outcome }) => outcome !== null).length;
  const entered = await ledger.countAllowed('campaign.record', id);
  if (recorded === entered) return;
  throw new GenesisError({
    code: 'conflict',
    message: `The ledger has ${entered} results of this campaign and its tables have ${recorded}: no crate is written.`,
  });
}
