export type { ContinuousParameter } from './design.ts';
export { InstrumentError, type InstrumentErrorCode } from './errors.ts';
export { type CountedCurve, type Estimate, type FittedSpheres, fitSpheres, type SphereFit } from './fit.ts';
export {
  createReplay,
  type Replay,
  type ReplayDesign,
  type ReplayMeasurement,
  type ReplayTable,
  type ReplayTruth,
  type ReplayValue,
} from './replay.ts';
export type { ScatteringCurve } from './saxs.ts';
export {
  type FittedCurve,
  measureSilica,
  SILICA_SPACE,
  type SilicaMeasurement,
  type SilicaTruth,
  trueSilica,
} from './silica.ts';
