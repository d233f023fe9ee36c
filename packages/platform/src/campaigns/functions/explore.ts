import type { Design } from '@genesis/contracts';
import { type Exploration, nextBlock, noiseSeed, recommended, type Tried } from '../exploration.ts';
import { type InstrumentSpec, type Measurement, openInstrument } from '../instrument.ts';

/** Runs in a worker thread: the next designs of an arm. */
export function propose(input: {
  exploration: Exploration;
  tried: Tried[];
  instrument: InstrumentSpec | null;
}): Design[] {
  const { instrument } = input;
  const pool = instrument?.kind === 'replay' ? openInstrument(instrument).pool : undefined;
  return nextBlock(input.exploration, input.tried, pool);
}

/** Runs in a worker thread: one experiment. */
export function measure(input: { instrument: InstrumentSpec; design: Design; seed: string }): Measurement {
  return openInstrument(input.instrument).measure(input.design, input.seed);
}

/**
 * Runs in a worker thread: a whole arm on a trusted instrument, by the same rules as a campaign, and the noiseless
 * value of the design that it recommends. Null where it found nothing to recommend.
 */
export function exploreOnce(input: { exploration: Exploration; arm: string; instrument: InstrumentSpec }): {
  truth: number | null;
} {
  const { exploration, arm } = input;
  const instrument = openInstrument(input.instrument);
  const tried: Tried[] = [];
  const measurements: Measurement[] = [];
  while (tried.length < exploration.budget) {
    const designs = nextBlock(exploration, tried, instrument.pool);
    if (designs.length === 0) break;
    const block = designs.map((design, i): Tried => {
      const seed = noiseSeed(exploration, arm, tried.length + i);
      const measured = instrument.measure(design, seed);
      measurements.push(measured);
      return { design, outcome: measured.outcome };
    });
    tried.push(...block);
  }
  const best = recommended(exploration, tried);
  if (best === undefined) return { truth: null };
  const seen = measurements.filter((_, i) => tried[i]!.design === best);
  return { truth: instrument.truth(best, seen) };
}

/** Runs in a worker thread: the capability `stober-silica` as a run of its own. */
export function measureSilicaRun(input: { design: Design; seed: string }): Measurement {
  return openInstrument({ kind: 'silica' }).measure(input.design, input.seed);
}
