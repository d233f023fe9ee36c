import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Design, ExperimentOutcome } from '@genesis/contracts';
import { createReplay, measureSilica, SILICA_SPACE, trueSilica } from '@genesis/instruments';
import type { BlobStore } from '../kernel/index.ts';
import type { Pool } from './pool.ts';

/** Which instrument, as plain data. */
export type StoredInstrument =
  | {
      kind: 'silica';
      /** The capability whose jobs measure, where the campaign says where its experiments run. */
      through?: string;
    }
  /** A command of the user's own, which runs in the sandbox and never in this process. */
  | { kind: 'command'; capability: string }
  /** The explore part of a table, in the blob store; `sha256` names its contents. */
  | { kind: 'replay'; address: string; sha256: string };

/** The same with the file that a worker thread opens: where blobs lie is not stored, so that a restore may move them. */
export type InstrumentSpec =
  | Exclude<StoredInstrument, { kind: 'replay' }>
  | { kind: 'replay'; path: string; sha256: string };

/** Has an instrument used with the file that it needs, which is there until the use ends. */
export async function withInstrument<Stored extends StoredInstrument | null, Result>(
  blobs: Pick<BlobStore, 'lend'>,
  stored: Stored,
  use: (spec: InstrumentSpec | Extract<Stored, null>) => Promise<Result>,
): Promise<Result> {
  if (stored === null) return await use(null as Extract<Stored, null>);
  if (stored.kind !== 'replay') return await use(stored as InstrumentSpec);
  await using file = await blobs.lend(stored.address);
  return await use({ kind: 'replay', path: file.path, sha256: stored.sha256 });
}

/** Ids of what a worker must reach to use an instrument. */
export const neededBy = (spec: StoredInstrument | null): string[] => {
  const capability = spec === null ? undefined : measuredBy(spec);
  return capability === undefined ? [] : [capability];
};

/** The capability whose jobs measure; undefined where the platform itself does. */
export const measuredBy = (spec: StoredInstrument): string | undefined =>
  spec.kind === 'command' ? spec.capability : spec.kind === 'silica' ? spec.through : undefined;

export type Measurement = { outcome: ExperimentOutcome; details: unknown };

/** A trusted instrument that ships with Genesis. */
export interface Instrument {
  /** The designs that can be measured, where they are a list. */
  readonly pool: readonly Design[] | undefined;
  measure(design: Design, seed: string): Measurement;
  /**
   * What the design is really worth, or null where it gives nothing: the value without noise, or for a table the mean
   * of the replicates that are not among `seen` (of all of them where every one was seen). Never shown to an arm.
   */
  truth(design: Design, seen: readonly Measurement[]): number | null;
}

/** Space and objective of the silica synthesis. */
export const silica = {
  capability: 'stober-silica',
  space: { parameters: SILICA_SPACE.map((parameter) => ({ ...parameter })) },
  objective: { name: 'diameter', unit: 'nm' },
} as const;

const openSilica = (): Instrument => ({
  pool: undefined,
  measure(design, seed) {
    const measured = measureSilica(design, seed);
    switch (measured.status) {
      case 'measured':
        return { outcome: { status: 'measured', value: measured.diameterNm }, details: measured };
      case 'failed':
        return { outcome: { status: 'failed', reason: measured.reason }, details: measured };
      case 'censored': {
        const { bound, side, reason } = measured;
        return { outcome: { status: 'censored', bound, side, reason }, details: measured };
      }
    }
  },
  truth: (design) => trueSilica(design).diameterNm,
});

/** Which replicate answered, by its place in the table. */
type ReplayDetails = { row: number };

/** The replicates of a design that have a value. */
const rowsOf = (pool: Pool, design: Design): { row: number; value: number }[] =>
  pool.rows.flatMap((cells, row) => {
    const value = cells[pool.objective];
    return typeof value === 'number' && pool.inputs.every((name) => cells[name] === design[name])
      ? [{ row, value }]
      : [];
  });

function openReplay(pool: Pool): Instrument {
  const replay = createReplay(pool);
  return {
    pool: replay.pool.map((design) => ({ ...design })),
    measure(design, seed) {
      const measured = replay.measure(design, seed);
      const outcome: ExperimentOutcome =
        measured.status === 'measured'
          ? { status: 'measured', value: measured.value }
          : { status: 'failed', reason: measured.reason };
      const details: ReplayDetails = { row: measured.row };
      return { outcome, details };
    },
    truth(design, seen) {
      const known = new Set(seen.map(({ details }) => (details as ReplayDetails).row));
      const own = rowsOf(pool, design);
      const unseen = own.filter(({ row }) => !known.has(row));
      const counted = unseen.length > 0 ? unseen : own;
      return counted.length === 0
        ? null
        : counted.reduce((sum, { value }) => sum + value, 0) / counted.length;
    },
  };
}

/** The last replayed tables of this thread, by their content. */
const opened = new Map<string, Instrument>();
const mostOpened = 4;

/** Opens an instrument; a table that this thread has opened before is not read again. */
export function openInstrument(spec: InstrumentSpec): Instrument {
  if (spec.kind === 'silica') return openSilica();
  if (spec.kind === 'command') throw new Error('a command is measured by its runs');
  const known = opened.get(spec.sha256);
  if (known !== undefined) return known;
  const bytes = readFileSync(spec.path);
  if (createHash('sha256').update(bytes).digest('hex') !== spec.sha256) {
    throw new Error('the replayed table is not the one that the campaign was opened on');
  }
  const fresh = openReplay(JSON.parse(bytes.toString('utf8')) as Pool);
  const oldest = opened.keys().next().value;
  if (opened.size >= mostOpened && oldest !== undefined) opened.delete(oldest);
  opened.set(spec.sha256, fresh);
  return fresh;
}
