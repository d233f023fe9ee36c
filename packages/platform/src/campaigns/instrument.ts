import { readFileSync } from 'node:fs';
import type { Design, ExperimentOutcome } from '@genesis/contracts';
import { createReplay, measureSilica, SILICA_SPACE, trueSilica } from '@genesis/instruments';
import type { Pool } from './pool.ts';

/** Which instrument, as plain data: it crosses to worker threads. */
export type InstrumentSpec =
  | { kind: 'silica' }
  /** `path` is a file of the platform with the explore part of a table; `sha256` names its contents. */
  | { kind: 'replay'; path: string; sha256: string };

export type Measurement = { outcome: ExperimentOutcome; details: unknown };

/** A trusted instrument that ships with Genesis. */
export interface Instrument {
  /** The designs that can be measured, where they are a list. */
  readonly pool: readonly Design[] | undefined;
  measure(design: Design, seed: string): Measurement;
  /** The value without noise, or null where the design gives none. For scoring arms, never shown to one. */
  truth(design: Design): number | null;
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
      return { outcome, details: { row: measured.row } };
    },
    truth: (design) => replay.truth(design).value,
  };
}

/** The last replayed tables of this thread, by their content. */
const opened = new Map<string, Instrument>();
const mostOpened = 4;

/** Opens an instrument; a table that this thread has opened before is not read again. */
export function openInstrument(spec: InstrumentSpec): Instrument {
  if (spec.kind === 'silica') return openSilica();
  const known = opened.get(spec.sha256);
  if (known !== undefined) return known;
  const fresh = openReplay(JSON.parse(readFileSync(spec.path, 'utf8')) as Pool);
  const oldest = opened.keys().next().value;
  if (opened.size >= mostOpened && oldest !== undefined) opened.delete(oldest);
  opened.set(spec.sha256, fresh);
  return fresh;
}
